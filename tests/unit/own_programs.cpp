#include "unit/own_programs.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <variant>

#include "support/files.h"
#include "syntax/parse.h"

namespace tdc::test {

std::vector<std::filesystem::path> programs_in(const char* folder) {
  std::vector<std::filesystem::path> result;
  const std::filesystem::path root = TDC_SOURCE_DIR;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root / folder))
    if (entry.path().extension() == ".td" &&
        read_file(entry.path().string()).value().find("\nnet ") != std::string::npos)
      result.push_back(entry.path());
  std::ranges::sort(result);
  return result;
}

std::vector<std::string> trains_of(const std::string& text) {
  SourceFiles files;
  Diagnostics diagnostics;
  const std::optional<ast::File> tree = parse(files, files.add("t.td", text), diagnostics);
  REQUIRE(tree.has_value());
  std::vector<std::string> names;
  for (const ast::Declaration& declaration : tree->declarations)
    if (const auto* train = std::get_if<ast::Train>(&declaration.kind))
      names.push_back(train->name.text);
  if (names.empty()) names.emplace_back();
  return names;
}

uint64_t turn() {
  const char* number = std::getenv("TDC_TURN");
  return number == nullptr ? 0 : std::strtoull(number, nullptr, 10);
}

}  // namespace tdc::test
