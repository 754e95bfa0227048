// Arena painting of compiled programs: every `train` block of every example and of the programs of
// tests/diff, and the example of every op, with the C kernels. The examples in their full size.
// Sanitized builds, which take five times as long, paint one block of each file, another one with
// every commit (TDC_TURN).

#include <doctest/doctest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "arena_painting.h"
#include "diag/render.h"
#include "driver/pipeline.h"
#include "support/files.h"
#include "unit/kernels/library.h"
#include "unit/own_programs.h"

namespace tdc::memory {
namespace {

const std::filesystem::path kRoot = TDC_SOURCE_DIR;

/// Paints the program under each of its `train` blocks. Gives the number of those that can be
/// compiled: an op's example may take from the sample what must not depend on it.
int paint(const std::filesystem::path& path, const std::string& deploy = "") {
  static const kernels::Library library;
  Result<std::string> text = read_file(path.string());
  REQUIRE(text.ok());
  int painted = 0;
  std::vector<std::string> trains = test::trains_of(text.value());
#ifdef TDC_SANITIZED
  trains = {trains.at(test::turn() % trains.size())};
#endif
  for (const std::string& train : trains) {
    SourceFiles files;
    const FileId file = files.add(path.string(), text.value());
    Diagnostics diagnostics;
    driver::Dump none;
    const std::optional<driver::Planned> planned =
        driver::plan_program(files, file, {.train = train, .deploy = deploy},
                             driver::DefaultDeploy::first_of_file, diagnostics, none);
    INFO(path.string(), ", train `", train, "`\n", render(diagnostics, files));
    if (diagnostics.has_errors() && diagnostics.all().front().code == "operand-depends-on-sample")
      continue;
    REQUIRE(planned.has_value());
    CHECK(test::paint_arenas(planned->schedule, planned->plan, 1, &library) ==
          std::vector<std::string>{});
    ++painted;
  }
  return painted;
}

TEST_CASE("compiled examples stay in their memory, use it all and need nothing else") {
  int painted = 0;
  for (const std::filesystem::path& program : test::programs_in("examples"))
    painted += paint(program);
#ifdef TDC_SANITIZED
  CHECK(painted >= 1);  // one `train` block of each example, and that need not be a program
#else
  CHECK(painted >= 11);
#endif
  paint(kRoot / "examples/mlp_digits/mlp_digits.td", "mcu");
}

TEST_CASE("the same for the programs that are compared with JAX") {
  for (const std::filesystem::path& program : test::programs_in("tests/diff")) paint(program);
}

TEST_CASE("the same for the example of every op") {
  int painted = 0;
  for (const std::filesystem::path& program : test::programs_in("tests/ops"))
    painted += paint(program);
  CHECK(painted >= 24);
}

}  // namespace
}  // namespace tdc::memory
