// What `tdc explain` says: every message is explained, by programs that do what is said of them;
// every op and layer, and every rule of the manual, is found.

#include "driver/explain.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "diag/diagnostic.h"
#include "diag/explanations.h"
#include "driver/pipeline.h"
#include "ops/registry.h"
#include "support/source.h"

namespace tdc::driver {
namespace {

/// The codes of all that compiling `program` reports.
std::set<std::string> codes_of(const std::string& program) {
  SourceFiles files;
  const FileId file = files.add("program.td", program);
  Diagnostics diagnostics;
  Dump none;
  static_cast<void>(compile(files, file, {}, DefaultDeploy::first_of_file, diagnostics, none));
  std::set<std::string> codes;
  for (const Diagnostic& diagnostic : diagnostics.all()) codes.insert(diagnostic.code);
  return codes;
}

bool stands_alone(const CatalogueEntry& entry) {
  return entry.severity != Severity::kHint && !entry.code.starts_with("note-");
}

/// What no short file provokes: it takes large ones, bytes that nobody can read, words of the
/// command line, other files.
const std::set<std::string> kWithoutExample = {
    "source-size",    "source-tokens",     "source-encoding",   "source-control",
    "nesting-limit",  "too-many-errors",   "elaboration-depth", "no-such-train",
    "no-such-deploy", "platform-folder",   "platform-other",    "pair-does-not-fit",
    "weights-file",   "weights-missing",   "weights-extra",     "weights-unused",
    "weights-shape",  "weights-not-finite"};

TEST_CASE("explain: every message that can stand alone, in the order of the catalogue") {
  std::vector<std::string> codes, explained;
  for (const CatalogueEntry& entry : catalogue())
    if (stands_alone(entry)) codes.push_back(entry.code);
  for (const Explanation& each : explanations()) explained.push_back(each.code);
  CHECK(explained == codes);
}

TEST_CASE("explain: wrong examples provoke their message and no other, right ones none") {
  std::set<std::string> without;
  for (const Explanation& each : explanations()) {
    INFO(each.code, "\n", each.right);
    CHECK(each.text.size() > 20);
    if (each.wrong.empty()) {
      without.insert(each.code);
      continue;
    }
    CHECK(codes_of(each.wrong) == std::set<std::string>{each.code});
    CHECK(codes_of(each.right).empty());
  }
  CHECK(without == kWithoutExample);
}

TEST_CASE("explain: a message says what it means, what it looks like and what is right") {
  const std::string text = explanation_text("matmul-inner-dim").value_or("");
  for (const std::string part :
       {"error: `matmul` inner dimensions differ: {left} and {right} [matmul-inner-dim]\n",
        "\nWrong:\n\n    tdl 1\n", "    net N(x: f32[4, 5], w: f32[3, 4])",
        "wrong.td:2:64: error: `matmul` inner dimensions differ: 5 and 3 [matmul-inner-dim]\n",
        "\nRight:\n\n    tdl 1\n", "    net N(x: f32[4, 5], w: f32[5, 4])"})
    CHECK_MESSAGE(text.find(part) != std::string::npos, text);
  CHECK(text.find("// expect") == std::string::npos);
  CHECK(explanation_text("unused-binding").value_or("").starts_with("warning: "));
  CHECK(explanation_text("pair-does-not-fit").value_or("").starts_with("note: "));
}

TEST_CASE("explain: ops, layers and rules") {
  for (const ops::OpDef* op : ops::all_ops()) {
    const std::string text = explanation_text(op->name).value_or("");
    CAPTURE(std::string(op->name));
    CHECK(text.starts_with(fmt::format("### `{}`\n", op->name)) ==
          (op->visibility == ops::Visibility::user));
  }
  CHECK(explanation_text("Linear").value_or("").find("block Linear(") != std::string::npos);
  CHECK(explanation_text("CctEncoder").value_or("").find("block GruStep(") == std::string::npos);
  CHECK(explanation_text("lex-8") ==
        "- **lex-8** `//` starts a comment up to the end of its line.\n");
  const std::string rule = explanation_text("limit-6").value_or("");
  CHECK(rule.find("**limit-6**") != std::string::npos);
  CHECK_FALSE(explanation_text("lexis-1").has_value());
}

TEST_CASE("explain: words of programs that are no ops, by the rules that name them") {
  const auto text = [](const std::string& word) { return explanation_text(word).value_or(""); };
  CHECK(text("zeros").find("- **op-9** `zeros([n, m])`") != std::string::npos);
  CHECK(text("freeze").starts_with("- **train-3** `freeze selection`"));
  CHECK(text("rearrange").find("[rearrange]\n") != std::string::npos);
  CHECK(text("rearrange").find("\nRules that name it:\n\n") < text("rearrange").find("- **op-6**"));
  CHECK(text("matmul-inner-dim").find("Rules that name it") == std::string::npos);
  CHECK_FALSE(explanation_text("xyzzy").has_value());
  CHECK_FALSE(explanation_text("`").has_value());
}

TEST_CASE("explain: all names, and what is near to one that is none") {
  const std::string names = names_text();
  for (const std::string name : {" softmax", " Linear", " matmul-inner-dim"})
    CHECK(names.find(name) != std::string::npos);
  CHECK(unknown_name_text("sofmax") ==
        "no op, layer, message, rule or word of programs is called `sofmax`; did you mean "
        "`softmax`?");
  CHECK(unknown_name_text("x") ==
        "no op, layer, message, rule or word of programs is called `x`; `tdc explain` lists what "
        "there is");
}

}  // namespace
}  // namespace tdc::driver
