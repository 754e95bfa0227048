// The manual's tables of ops and layers say what the records and the library say.
// TDC_UPDATE_GOLDEN=1 rewrites them.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cstdlib>
#include <regex>
#include <string>

#include "ops/registry.h"
#include "support/files.h"
#include "unit/ops/attributes_text.h"

namespace tdc::ops {
namespace {

/// The text as one cell of a table.
std::string cell(std::string text) {
  for (size_t at = text.find('|'); at != std::string::npos; at = text.find('|', at + 2))
    text.insert(at, "\\");
  return text;
}

std::string table_of_ops() {
  std::string text = "| op | shapes | result | attributes |\n|---|---|---|---|\n";
  for (const OpDef* op : all_ops()) {
    if (op->visibility != Visibility::user) continue;
    text += fmt::format("| `{}` | `{}` | {} | {} |\n", op->name, cell(std::string(op->signature)),
                        cell(std::string(op->summary)), cell(attributes_text(*op)));
  }
  return text;
}

std::string table_of_layers() {
  const std::string library = read_file(std::string(TDC_SOURCE_DIR) + "/stdlib/nn.td").value();
  static const std::regex kBlock(R"(((?:/// [^\n]*\n)+)block ([^{]*)\{)");
  std::string text = "| layer | what it is |\n|---|---|\n";
  for (std::sregex_iterator match(library.begin(), library.end(), kBlock), end; match != end;
       ++match) {
    std::string comment = std::regex_replace((*match)[1].str(), std::regex("\n/// "), " ");
    comment = comment.substr(4, comment.size() - 5);
    std::string head = std::regex_replace((*match)[2].str(), std::regex(R"(\s+)"), " ");
    head = std::regex_replace(head, std::regex(R"(,? \))"), ")");
    head = std::regex_replace(head, std::regex(R"(\( )"), "(");
    head.erase(head.find_last_not_of(' ') + 1);
    text += fmt::format("| `{}` | {} |\n", cell(head), cell(comment));
  }
  return text;
}

/// Puts the text between the lines that frame it in the manual.
void replace_between(std::string& manual, const std::string& name, const std::string& text) {
  const std::string begin = fmt::format("<!-- {}: from the records and the library -->\n", name);
  const std::string end = fmt::format("<!-- end of {} -->\n", name);
  const size_t from = manual.find(begin), to = manual.find(end);
  REQUIRE_MESSAGE(from != std::string::npos, begin);
  REQUIRE_MESSAGE(to != std::string::npos, end);
  manual.replace(from + begin.size(), to - from - begin.size(), text);
}

TEST_CASE("manual: its tables of ops and layers are those that there are") {
  const std::string path = std::string(TDC_SOURCE_DIR) + "/grammar/language.md";
  const std::string manual = read_file(path).value();
  std::string expected = manual;
  replace_between(expected, "ops", table_of_ops());
  replace_between(expected, "layers", table_of_layers());
  if (std::getenv("TDC_UPDATE_GOLDEN") != nullptr)
    REQUIRE(write_file_atomically(path, expected).ok());
  else
    CHECK_MESSAGE(manual == expected, "TDC_UPDATE_GOLDEN=1 writes the tables of the manual anew");
}

}  // namespace
}  // namespace tdc::ops
