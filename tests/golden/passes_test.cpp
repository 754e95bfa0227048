// What differentiation and each pass make of small programs, to be verified by eye:
//
//   autodiff/NAME.td       the graph of one sample in NAME.before, all entry points in NAME.after
//   opt/PASS/NAME.td       the module before the pass and after it
//   schedule/PASS/NAME.td  the schedule before the pass and after it
//   lora/NAME.td           the same for `lora::attach_adapters`
//
// Both texts are what `--dump=STAGE` prints, of the stage itself and of the one before it.
// TDC_UPDATE_GOLDEN=1 rewrites; a missing expectation fails.

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>

#include "diag/render.h"
#include "driver/pipeline.h"
#include "support/files.h"

namespace tdc {
namespace {

const std::filesystem::path kGolden = std::filesystem::path(TDC_SOURCE_DIR) / "tests/golden";

std::string read(const std::filesystem::path& path) {
  Result<std::string> text = read_file(path.string());
  REQUIRE_MESSAGE(text.ok(), path.string(), " is missing");
  return std::move(text.value());
}

/// What the compiler prints of `stage`, and the names of all stages.
driver::Dump dump(const std::filesystem::path& program, const std::string& stage) {
  SourceFiles files;
  const FileId file = files.add(program.filename().string(), read(program));
  Diagnostics diagnostics;
  driver::Dump result = {.stage = stage};
  driver::compile(files, file, {}, driver::DefaultDeploy::first_of_file, diagnostics, result);
  INFO(render(diagnostics, files));
  REQUIRE_FALSE(diagnostics.has_errors());
  return result;
}

void check_golden(std::filesystem::path path, const std::string& kind, const std::string& text) {
  path.replace_extension(kind);
  CAPTURE(path.string());
  if (std::getenv("TDC_UPDATE_GOLDEN") != nullptr) std::ofstream(path) << text;
  CHECK(read(path) == text);
}

/// Compares both texts of every program in `folder`.
void check_folder(const std::filesystem::path& folder, const std::string& before,
                  const std::string& after) {
  int programs = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".td") continue;
    const std::string result = *dump(entry.path(), after).text;
    const std::string source = *dump(entry.path(), before).text;
    CHECK_MESSAGE(source != result, entry.path().string(), " shows nothing");
    check_golden(entry.path(), "before", source);
    check_golden(entry.path(), "after", result);
    ++programs;
  }
  CHECK_MESSAGE(programs > 0, "no program in ", folder.string());
}

TEST_CASE("golden: differentiation") {
  check_folder(kGolden / "autodiff", "ir", "entry_points");
}

TEST_CASE("golden: adapters") {
  check_folder(kGolden / "lora", "fold_transpose", "ir");
}

/// Checks the passes that the `passes.h` of a folder declares; gives their number.
int check_passes(const std::string& stage_folder, const std::regex& declaration) {
  const std::string declarations =
      read(std::filesystem::path(TDC_SOURCE_DIR) / "compiler" / stage_folder / "passes.h");
  const std::vector<std::string> stages = dump(kGolden / "stages/tiny.td", "").names;
  int passes = 0;
  for (std::sregex_iterator at(declarations.begin(), declarations.end(), declaration), end;
       at != end; ++at) {
    const std::string pass = (*at)[1];
    CAPTURE(pass);
    ++passes;
    const auto stage = std::find(stages.begin(), stages.end(), pass);
    REQUIRE_MESSAGE(stage != stages.end(), "the pass does not run");
    check_folder(kGolden / stage_folder / pass, *(stage - 1), pass);
  }
  return passes;
}

TEST_CASE("golden: every pass over modules") {
  CHECK(check_passes("opt", std::regex(R"(ir::Module (\w+)\(ir::Module module\);)")) >= 4);
}

TEST_CASE("golden: every pass over schedules") {
  CHECK(check_passes("schedule", std::regex(R"(Schedule (\w+)\(Schedule schedule[^)]*\);)")) >= 8);
}

}  // namespace
}  // namespace tdc
