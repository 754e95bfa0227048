// The front end takes n log n in the size of the program: ratios of processor times, since seconds
// depend on the machine. What grows as the square takes a hundred times as long for ten times as
// much. `bench/front_end` prints the table.

#include <doctest/doctest.h>

#include <algorithm>
#include <ctime>

#include "bench/large_programs.h"
#include "diag/render.h"
#include "driver/pipeline.h"

namespace tdc::driver {
namespace {

/// Processor time from the text to the graph of one sample.
std::clock_t time_to_ir(const std::string& text) {
  SourceFiles files;
  Diagnostics diagnostics;
  Dump none;
  const FileId file = files.add("large.td", text);
  const std::clock_t start = std::clock();
  const auto program = check_program(files, file, {}, DefaultDeploy::host, diagnostics, none);
  const std::clock_t time = std::clock() - start;
  REQUIRE_MESSAGE(program.has_value(), render(diagnostics, files));
  return time;
}

TEST_CASE("growth of the front end: ten times as large a program takes about 13 times as long up to its graph") {
  for (const large_programs::LargeProgram& program : large_programs::kLargePrograms) {
    CAPTURE(program.name);
    const std::string small = program.text(2'000);
    const std::clock_t once = std::max(time_to_ir(small), time_to_ir(small));
    CHECK(time_to_ir(program.text(20'000)) < 30 * once);
  }
}

}  // namespace
}  // namespace tdc::driver
