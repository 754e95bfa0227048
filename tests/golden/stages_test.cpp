// What each stage gives for one small program, beside it: golden/stages/tiny.STAGE. A change of a
// stage shows here as a diff to read. `TDC_UPDATE_GOLDEN=1` rewrites; a missing expectation fails.

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>

#include "driver/pipeline.h"
#include "support/files.h"

namespace tdc {
namespace {

const std::string kProgram = std::string(TDC_SOURCE_DIR) + "/tests/golden/stages/tiny.td";

void check_golden(const std::string& stage, const std::string& text) {
  CAPTURE(stage);
  const std::string path = std::string(TDC_SOURCE_DIR) + "/tests/golden/stages/tiny." + stage;
  if (std::getenv("TDC_UPDATE_GOLDEN") != nullptr) std::ofstream(path) << text;
  const Result<std::string> expected = read_file(path);
  REQUIRE_MESSAGE(expected.ok(), path, " is missing");
  CHECK(text == expected.value());
}

/// The program compiled as far as `stage`; all the way if it is empty.
std::optional<driver::Compilation> compile_tiny(driver::Dump& dump) {
  SourceFiles files;
  Result<std::string> text = read_file(kProgram);
  REQUIRE(text.ok());
  const FileId file = files.add("tiny.td", text.value());
  Diagnostics diagnostics;
  std::optional<driver::Compilation> result = driver::compile(
      files, file, {.file = "tiny.td"}, driver::DefaultDeploy::host, diagnostics, dump);
  CHECK_FALSE(diagnostics.has_errors());
  return result;
}

TEST_CASE("golden: every stage of a small program") {
  for (const std::string stage : {"ast", "ir", "entry_points", "schedule", "plan"}) {
    driver::Dump dump = {.stage = stage};
    compile_tiny(dump);
    REQUIRE_MESSAGE(dump.text.has_value(), stage);
    check_golden(stage, *dump.text);
  }
}

TEST_CASE("golden: the C of a small program") {
  driver::Dump none;
  const std::optional<driver::Compilation> compilation = compile_tiny(none);
  REQUIRE(compilation.has_value());
  for (const OutputFile& file : compilation->files) {
    if (file.path == "tiny.c") check_golden("c", file.text);
    if (file.path == "include/tdc/tiny.h") check_golden("h", file.text);
  }
}

}  // namespace
}  // namespace tdc
