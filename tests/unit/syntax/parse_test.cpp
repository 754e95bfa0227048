#include "syntax/parse.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "syntax/print_ast.h"
#include "syntax/source_checks.h"
#include "syntax/tokens.h"

namespace tdc {
namespace {

struct Parsed {
  SourceFiles files;
  FileId file;
  Diagnostics diagnostics;
  std::optional<ast::File> tree;

  explicit Parsed(std::string text) : file(files.add("t.td", std::move(text))) {
    tree = parse(files, file, diagnostics);
  }
  [[nodiscard]] std::string code() const {
    return diagnostics.all().empty() ? "" : diagnostics.all().front().code;
  }
};

/// All programs in the source tree.
std::vector<std::string> programs() {
  std::vector<std::filesystem::path> paths;
  const std::filesystem::path root = TDC_SOURCE_DIR;
  for (const char* folder : {"examples", "stdlib", "tests/golden/ast", "tests/golden/errors"})
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root / folder))
      if (entry.path().extension() == ".td") paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> texts;
  for (const auto& path : paths) {
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    texts.push_back(text.str());
  }
  return texts;
}

TEST_CASE("every piece knows its place") {
  const Parsed parsed("net N(x: f32[3]) -> y: f32[3] {\n  return f(x + 1, k: [2]) as a[i].b\n}\n");
  REQUIRE(parsed.tree.has_value());
  const auto text = [&](SourceRange range) { return parsed.files.text(range); };
  const auto& net = std::get<ast::Block>(parsed.tree->declarations.at(0).kind);
  CHECK(text(net.parameters.at(0).range) == "x: f32[3]");
  CHECK(text(net.results.at(0).type.range) == "f32[3]");
  const ast::Statement& statement = net.body.statements.at(0);
  const auto& call = std::get<ast::Call>(std::get<ast::Return>(statement.kind).values.at(0)->kind);
  CHECK(text(call.range) == "f(x + 1, k: [2]) as a[i].b");
  CHECK(text(call.callee.range) == "f");
  CHECK(text(*call.brackets) == "(x + 1, k: [2])");
  CHECK(text(call.arguments.at(0).range) == "x + 1");
  CHECK(text(std::get<ast::Binary>(call.arguments.at(0).value->kind).op_range) == "+");
  CHECK(text(call.arguments.at(1).label->range) == "k");
  CHECK(text(call.path->range) == "a[i].b");
  CHECK(text(std::get<ast::Name>(call.path->pieces.at(2)).range) == "b");
}

TEST_CASE("lex-12: sizes are limited") {
  CHECK(Parsed(std::string((8 << 20) + 1, ' ')).code() == "source-size");
  CHECK(Parsed(std::string(8 << 20, ' ')).code() == "");
  std::string words;
  for (int64_t i = 0; i <= kMostTokens; ++i) words += "a ";
  CHECK(Parsed(words).code() == "source-tokens");
}

TEST_CASE("lex-12: nesting of every kind is limited before it can overflow") {
  const auto repeated = [](const std::string& text, int count) {
    std::string result;
    for (int i = 0; i < count; ++i) result += text;
    return result;
  };
  CHECK(Parsed("let a = " + repeated("(", 256) + "1" + repeated(")", 256)).code() == "");
  CHECK(Parsed("let a = 1" + repeated(" + 1", 256)).code() == "");
  for (const char* chain : {" + 1", " * 1", " or 1", " |> f", "[0]"})
    CHECK(Parsed("let a = 1" + repeated(chain, 20'000)).code() == "nesting-limit");
  for (const char* prefix : {"- ", "not "})
    CHECK(Parsed("let a = " + repeated(prefix, 100'000) + "1").code() == "nesting-limit");
  for (const char* open : {"(", "[", "f(", "a[", "{"})
    CHECK(Parsed("let a = " + repeated(open, 100'000)).code() == "nesting-limit");
  CHECK(Parsed("block A() -> " + repeated("block() -> ", 10'000) + "f32 {}").code() == "syntax");
}

TEST_CASE("lines end in \\n or \\r\\n") {
  const Parsed parsed("let a = 1\r\n/// doc\r\nlet b = 2\r\n");
  REQUIRE(parsed.tree.has_value());
  CHECK(parsed.tree->declarations.at(1).doc == "doc");
}

TEST_CASE("lex-9: a plain comment may stand between the lines of a doc comment") {
  const Parsed parsed("/// one\n// no doc\n/// two\nlet b = 2\n");
  REQUIRE(parsed.tree.has_value());
  CHECK(parsed.tree->declarations.at(0).doc == "one\ntwo");
}

TEST_CASE("every prefix of every program is answered") {
  for (const std::string& text : programs()) {
    if (text.size() > 20'000) continue;
    // Long programs in larger steps, so that the test stays quick.
    for (size_t length = 0; length < text.size(); length += 1 + text.size() / 200) {
      const Parsed parsed(text.substr(0, length));
      INFO("prefix of ", length, " bytes of:\n", text.substr(0, 200));
      CHECK(parsed.tree.has_value() == !parsed.diagnostics.has_errors());
    }
  }
}

/// One change: a piece cut out, doubled, replaced by a random byte or by a word that means
/// something.
std::string mutated(std::string text, std::mt19937& random) {
  static const std::vector<std::string> words = {
      "(",  ")",  "[",     "]",      "{",      "}",     ",",    ":",    "..",     "=",
      "|>", "as", "if",    "else",   "\"",     "//",    "///",  "\n",   "-",      "**",
      "!",  "1",  "1e999", "64 KiB", "repeat", "train", "\xff", "\xc3", "return", "."};
  const auto below = [&](size_t limit) { return limit == 0 ? 0 : random() % limit; };
  const int changes = 1 + static_cast<int>(below(3));
  for (int i = 0; i < changes; ++i) {
    const size_t at = below(text.size() + 1);
    const size_t length = std::min<size_t>(below(20), text.size() - at);
    switch (below(4)) {
      case 0:
        text.erase(at, length);
        break;
      case 1:
        text.insert(at, text.substr(at, length));
        break;
      case 2:
        text.insert(at, 1, static_cast<char>(below(256)));
        break;
      default:
        text.insert(at, words[below(words.size())]);
        break;
    }
  }
  return text;
}

TEST_CASE("10,000 damaged programs are answered") {
  const std::vector<std::string> texts = programs();
  for (uint32_t seed = 0; seed < 10'000; ++seed) {
    std::mt19937 random(seed);
    const std::string& text = texts[random() % texts.size()];
    // A window of a long program, so that the test stays quick.
    const size_t begin = text.size() > 600 ? random() % (text.size() - 600) : 0;
    const Parsed parsed(mutated(text.substr(begin, 600), random));
    INFO("seed ", seed);
    CHECK(parsed.tree.has_value() == !parsed.diagnostics.has_errors());
  }
}

}  // namespace
}  // namespace tdc
