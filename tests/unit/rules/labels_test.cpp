// The labels of the manual against the compiler and the tests: each is cited where it is enforced
// and where it is tested, and nobody cites one that the manual does not have.

#include <doctest/doctest.h>

#include <cctype>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>

namespace tdc {
namespace {

namespace fs = std::filesystem;
const fs::path kSource = TDC_SOURCE_DIR;

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  REQUIRE_MESSAGE(file, path.string());
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// The labels that the manual gives, in bold: `**lex-1**`.
std::set<std::string> labels_of(const std::string& manual) {
  static const std::regex bold(R"(\*\*([a-z]+-\d+)\*\*)");
  std::set<std::string> labels;
  for (std::sregex_iterator match(manual.begin(), manual.end(), bold), end; match != end; ++match)
    CHECK_MESSAGE(labels.insert((*match)[1]).second, (*match)[1].str(), " is given twice");
  return labels;
}

/// `shape` of `shape-3`.
std::string family_of(const std::string& label) {
  return label.substr(0, label.find('-'));
}

/// Every word of `text` that looks like a label of one of the families.
std::set<std::string> cited_in(const std::string& text, const std::set<std::string>& families) {
  std::set<std::string> cited;
  const auto is_part = [&](size_t at) {
    return at < text.size() && (std::isalnum(static_cast<unsigned char>(text[at])) != 0 ||
                                text[at] == '_' || text[at] == '-');
  };
  for (size_t dash = text.find('-'); dash != std::string::npos; dash = text.find('-', dash + 1)) {
    size_t begin = dash, end = dash + 1;
    while (begin > 0 && is_part(begin - 1)) --begin;
    while (end < text.size() && text[end] >= '0' && text[end] <= '9') ++end;
    if (end == dash + 1 || is_part(end) || !families.contains(text.substr(begin, dash - begin)))
      continue;
    cited.insert(text.substr(begin, end - begin));
  }
  return cited;
}

/// Every label that the files below `folder` cite, with one of the files.
std::map<std::string, std::string> cited_below(const fs::path& folder,
                                               const std::set<std::string>& extensions,
                                               const std::set<std::string>& families) {
  std::map<std::string, std::string> cited;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file() || !extensions.contains(entry.path().extension().string()))
      continue;
    if (entry.path().filename() == "labels_test.cpp") continue;
    for (const std::string& label : cited_in(read_file(entry.path()), families))
      cited.emplace(label, fs::relative(entry.path(), kSource).string());
  }
  return cited;
}

TEST_CASE("labels: a label is a whole word of a family") {
  const std::set<std::string> families = {"shape", "lex"};
  CHECK(cited_in("shape-3, (lex-12), `lex-1`.", families) ==
        std::set<std::string>{"shape-3", "lex-12", "lex-1"});
  CHECK(
      cited_in("shape-extent net-shape-3 shape-3a shapes-3 lex-1-2 x-1 shape-", families).empty());
  CHECK(family_of("shape-3") == "shape");
}

TEST_CASE("labels: every rule of the manual is cited where it is enforced and where it is tested") {
  const std::set<std::string> labels = labels_of(read_file(kSource / "grammar/language.md"));
  CHECK(labels.size() > 90);
  std::set<std::string> families;
  for (const std::string& label : labels) families.insert(family_of(label));
  const auto compiler = cited_below(kSource / "compiler", {".h", ".cpp"}, families);
  const auto tests = cited_below(kSource / "tests", {".h", ".cpp", ".td", ".sh", ".py"}, families);
  for (const std::string& label : labels) {
    CHECK_MESSAGE(compiler.contains(label), label, " is cited nowhere in compiler/");
    CHECK_MESSAGE(tests.contains(label), label, " is cited nowhere in tests/");
  }
  for (const auto* cited : {&compiler, &tests})
    for (const auto& [label, file] : *cited)
      CHECK_MESSAGE(labels.contains(label), file, " cites ", label, ", which the manual lacks");
  // What explains the compiler and the grammar cites labels that there are.
  for (const std::string text : {"compiler/README.md", "compiler/diag/diagnostics.def",
                                 "compiler/diag/explanations.txt", "grammar/Td.g4"})
    for (const std::string& label : cited_in(read_file(kSource / text), families))
      CHECK_MESSAGE(labels.contains(label), text, " cites ", label, ", which the manual lacks");
}

}  // namespace
}  // namespace tdc
