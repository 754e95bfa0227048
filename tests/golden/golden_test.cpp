// Golden tests: an input and what is expected of it side by side, with the same stem.
//
//   ast/NAME.td       the syntax tree, as --dump=ast prints it, in NAME.expected
//   errors/CODE.td    the rendered messages in CODE.expected, or CODE-variant.td; besides, every
//   message is
//                     announced by a line `// expect: code @ line:column`, written by hand
//
// TDC_UPDATE_GOLDEN=1 rewrites the .expected files; the announcements are never rewritten.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "diag/render.h"
#include "driver/pipeline.h"
#include "syntax/parse.h"
#include "syntax/print_ast.h"

namespace tdc {
namespace {

const std::filesystem::path kGolden = std::filesystem::path(TDC_SOURCE_DIR) / "tests/golden";

/// The inputs of a stage, in the order of their names.
std::vector<std::filesystem::path> cases(const std::string& stage) {
  std::vector<std::filesystem::path> result;
  for (const auto& entry : std::filesystem::directory_iterator(kGolden / stage))
    if (entry.path().extension() == ".td") result.push_back(entry.path());
  std::sort(result.begin(), result.end());
  return result;
}

std::string read(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

/// Compares with the .expected file beside `input`, or writes it.
void check_golden(const std::filesystem::path& input, const std::string& actual) {
  std::filesystem::path expected = input;
  expected.replace_extension(".expected");
  if (std::getenv("TDC_UPDATE_GOLDEN") != nullptr)
    std::ofstream(expected, std::ios::binary) << actual;
  REQUIRE_MESSAGE(std::filesystem::exists(expected), "no expectation for ", input.string());
  INFO(input.string());
  CHECK(read(expected) == actual);
}

/// Everything the compiler says about a program, from reading it to the finished C.
void diagnose(SourceFiles& files, FileId file, Diagnostics& diagnostics) {
  driver::Dump none;
  static_cast<void>(
      driver::compile(files, file, {}, driver::DefaultDeploy::first_of_file, diagnostics, none));
}

/// The `code @ line:column` of the lines that announce messages.
std::vector<std::string> announced(const std::string& text) {
  constexpr std::string_view kMark = "// expect: ";
  std::vector<std::string> result;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with(kMark)) result.push_back(line.substr(kMark.size()));
  return result;
}

TEST_CASE("golden: syntax trees") {
  for (const std::filesystem::path& input : cases("ast")) {
    SourceFiles files;
    const FileId file = files.add(input.filename().string(), read(input));
    Diagnostics diagnostics;
    const auto tree = parse(files, file, diagnostics);
    INFO(input.string(), "\n", render(diagnostics, files));
    REQUIRE(tree.has_value());
    check_golden(input, print_ast(*tree));
    // Exact ambiguity detection: no program can be read in two ways.
    CHECK(find_ambiguities(files, file) == std::vector<std::string>{});
  }
}

TEST_CASE("golden: errors") {
  for (const std::filesystem::path& input : cases("errors")) {
    SourceFiles files;
    const std::string text = read(input);
    const FileId file = files.add(input.filename().string(), text);
    Diagnostics diagnostics;
    diagnose(files, file, diagnostics);
    std::vector<std::string> found;
    for (const Diagnostic& diagnostic : diagnostics.sorted()) {
      const LineColumn at = files.line_column(diagnostic.range.file, diagnostic.range.begin);
      found.push_back(fmt::format("{} @ {}:{}", diagnostic.code, at.line, at.column));
    }
    INFO(input.string());
    CHECK(announced(text) == found);
    check_golden(input, render(diagnostics, files));
  }
}

/// Whether a unit test names `code`, in quotes or brackets: for what needs large files, several, or
/// options.
bool is_in_unit_tests(const std::string& code) {
  static const std::string texts = [] {
    std::string all;
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(kGolden.parent_path() / "unit"))
      if (entry.path().extension() == ".cpp") all += read(entry.path());
    return all;
  }();
  return texts.find(fmt::format("\"{}\"", code)) != std::string::npos ||
         texts.find(fmt::format("[{}]", code)) != std::string::npos;
}

TEST_CASE("golden: every code has a test, and every test a code") {
  std::set<std::string> codes;
  for (const CatalogueEntry& entry : catalogue())
    if (entry.severity == Severity::kError || entry.severity == Severity::kWarning)
      codes.insert(entry.code);
  std::set<std::string> tested;
  for (const std::filesystem::path& input : cases("errors")) {
    // The longest code that the name is or continues with a variant.
    const std::string stem = input.stem().string();
    std::string code = stem;
    while (!codes.contains(code) && code.find('-') != std::string::npos)
      code.resize(code.rfind('-'));
    INFO(input.string());
    CHECK(codes.contains(code));
    bool is_provoked = false;
    for (const std::string& line : announced(read(input)))
      is_provoked = is_provoked || line.starts_with(code + " @");
    CHECK(is_provoked);
    tested.insert(code);
  }
  // What one small file can provoke is provoked by one; the rest stands in unit tests.
  for (const std::string& code : codes) {
    INFO(code);
    CHECK((tested.contains(code) || is_in_unit_tests(code)));
  }
}

}  // namespace
}  // namespace tdc
