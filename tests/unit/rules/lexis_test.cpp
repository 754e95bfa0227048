// Section 1 of the manual: what the words and signs of a file are.

#include <doctest/doctest.h>

#include "rules.h"

namespace tdc::rules {
namespace {

TEST_CASE("lex-1: UTF-8, and of the control characters tab and newline") {
  CHECK(tree("let a = \"\u00e9\"\t// \u00e9\r\n") == tree("let a = \"\u00e9\"\n"));
  CHECK(read("let a = \"\xc3\"") == "source-encoding");
  // Overlong forms, surrogates, what lies beyond U+10FFFF: the byte that cannot start a character.
  for (const char* text : {"// \xe0\x80\x80", "// \xed\xa0\x80", "// \xf4\x90\x80\x80"})
    CHECK(rendered(text).find(":1:4: error") != std::string::npos);
  CHECK(read("let a = 1\x01") == "source-control");
  CHECK(read("// a\rlet a = 1") == "source-control");
  CHECK(read("let \u00e9 = 1").starts_with("source-character"));
}

TEST_CASE("lex-2: blanks and newlines only separate words") {
  CHECK(tree("let a=f( 1 ,\n2\t)let b\n=\n3") == tree("let a = f(1, 2)\nlet b = 3"));
  CHECK(read("leta = 1") == "syntax");
}

TEST_CASE("lex-3: reserved words name nothing, but may be labels and segments") {
  for (const std::string word : {"and", "as", "else", "false", "if", "let", "not", "or", "param",
                                 "repeat", "require", "return", "state", "true"}) {
    CAPTURE(word);
    CHECK(read("let " + word + " = 1") == "reserved-word");
    CHECK(read("let a = f(" + word + ": 1) as b." + word) == "");
  }
  for (const std::string word : {"train", "of", "net", "block", "use", "tdl", "steps", "shared",
                                 "rank", "in", "_", "_a1", "A"}) {
    CAPTURE(word);
    CHECK(read("let " + word + " = 1\nlet b = " + word + " + 1") == "");
  }
  CHECK(read("let 1a = 1") == "number-suffix");
}

TEST_CASE("lex-4: the version comes first, if at all") {
  CHECK(tree("tdl 1 let a = 1") != tree("let a = 1"));
  CHECK(read("tdl 2\nlet a = 1") == "language-version");
  CHECK(read("let a = 1\ntdl 1") == "syntax");
}

TEST_CASE("lex-5: floats have digits on both sides of the point, and a minus is an operator") {
  CHECK(read("let a = 1.") == "float-form");
  CHECK(read("let a = .5") == "float-form");
  CHECK(read("let a = 2x") == "number-suffix");
  CHECK(tree("let a = -3") == tree("let a = - 3"));
  CHECK(tree("let a = 2.5E3") == tree("let a = 2_500.0"));
}

TEST_CASE("lex-8: a comment ends with its line, and is none in a string") {
  CHECK(tree("let a = 1 // + 2\n+ 3 // \"") == tree("let a = 1 + 3"));
  CHECK(tree("let a = \"b // c\"") != tree("let a = \"b \""));
}

TEST_CASE("lex-9: doc comments stand before what they describe, alone on their lines") {
  const std::string doc = tree("/// One.\n/// Two.\nlet a = 1");
  CHECK(doc.find("One.") != std::string::npos);
  CHECK(doc.find("Two.") != std::string::npos);
  CHECK(tree("//// plain\nlet a = 1") == tree("let a = 1"));
  CHECK(read("block B(\n/// An argument.\nx: f32[2]) -> f32[2] {\n/// A statement.\nreturn x\n}") ==
        "");
  CHECK(read("train t of N {\n/// A clause.\nseed 1 }") == "");
  CHECK(read("let a = 1 /// behind\n") == "doc-place");
  CHECK(read("let a =\n/// inside\n1") == "doc-place");
  CHECK(read("let a = 1\n/// at the end\n") == "doc-place");
}

TEST_CASE("lex-10: a bracket on a new line begins nothing, an operator goes on") {
  CHECK(read("let a = f\n(1)") == "bracket-line");
  CHECK(read("let a = b\n[1]") == "bracket-line");
  CHECK(read("let a = f(1\n)") == "");
  CHECK(tree("let a = b\n- c") == tree("let a = b - c"));
}

TEST_CASE("lex-11: where a trailing comma may stand") {
  CHECK(tree("let a = f(1,)") == tree("let a = f(1)"));
  CHECK(tree("let a = [1, 2,]") == tree("let a = [1, 2]"));
  CHECK(tree("block B(x: f32[n, 2,],) -> f32[n] { return x[0, 1,] }") ==
        tree("block B(x: f32[n, 2]) -> f32[n] { return x[0, 1] }"));
  CHECK(read("train t of N { freeze a, }") != "");
  CHECK(read("train t of N { freeze {a, b,} }") != "");
  CHECK(read("deploy d on c { allow recompute, }") != "");
  CHECK(read("block B(x: f32[n]) -> f32[n], { return x }") != "");
}

}  // namespace
}  // namespace tdc::rules
