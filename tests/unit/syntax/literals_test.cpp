#include "syntax/literals.h"

#include <doctest/doctest.h>

#include <cmath>
#include <string>

namespace tdc {
namespace {

struct Decoded {
  SourceFiles files;
  Diagnostics diagnostics;
  SourceRange range;

  explicit Decoded(const std::string& text)
      : range{.file = files.add("t.td", text),
              .begin = 0,
              .end = static_cast<uint32_t>(text.size())} {}
  [[nodiscard]] ast::Number number() {
    return decode_number(files.text(range), range, diagnostics);
  }
};

TEST_CASE("lex-5: numbers have the value that is written") {
  CHECK(std::get<int64_t>(Decoded("1_000").number().value) == 1000);
  CHECK(std::get<int64_t>(Decoded("9223372036854775807").number().value) == INT64_MAX);
  CHECK(std::get<double>(Decoded("1e-3").number().value) == 1e-3);
  CHECK(std::get<double>(Decoded("0.1").number().value) == 0.1);  // the nearest double
  Decoded too_large("9223372036854775808");
  static_cast<void>(too_large.number());
  CHECK(too_large.diagnostics.error_count() == 1);
}

TEST_CASE("lex-6: a unit is kept beside its number") {
  const ast::Number size = Decoded("64 KiB").number();
  CHECK(std::get<int64_t>(size.value) == 64);
  CHECK(size.unit == ast::Unit::kKib);
  const ast::Number clock = Decoded("1.5GHz").number();
  CHECK(std::get<double>(clock.value) == 1.5);
  CHECK(clock.unit == ast::Unit::kGigahertz);
  CHECK(Decoded("150 ms").number().unit == ast::Unit::kMillisecond);
}

TEST_CASE("lex-5: underscores stand singly between digits") {
  CHECK(is_well_grouped("1_000.000_1"));
  for (const char* wrong : {"1_", "1__0", "1_.5", "1.5_"}) CHECK_FALSE(is_well_grouped(wrong));
}

TEST_CASE("lex-7: a piece of a string is found in the source behind its escapes") {
  //                    0123456 7
  const std::string text = R"("a\nb\"cd")";  // decodes to a, newline, b, quote, c, d
  Decoded source(text);
  const ast::String string = decode_string(text, source.range, source.diagnostics);
  CHECK(string.value == "a\nb\"cd");
  CHECK(source.files.text(string.place(0, 1)) == "a");
  CHECK(source.files.text(string.place(1, 2)) == "\\n");
  CHECK(source.files.text(string.place(2, 3)) == "b");
  CHECK(source.files.text(string.place(3, 4)) == "\\\"");
  CHECK(source.files.text(string.place(4, 6)) == "cd");
}

TEST_CASE("lex-7: a message is cut at its braces") {
  const std::string text = R"("the {d} is \{odd\}, {d / 2}")";
  Decoded source(text);
  const std::vector<MessagePiece> pieces = split_message(text, source.range, source.diagnostics);
  REQUIRE(pieces.size() == 4);
  CHECK(std::get<std::string>(pieces[0]) == "the ");
  CHECK(source.files.text(std::get<SourceRange>(pieces[1])) == "d");
  CHECK(std::get<std::string>(pieces[2]) == " is {odd}, ");
  CHECK(source.files.text(std::get<SourceRange>(pieces[3])) == "d / 2");
}

}  // namespace
}  // namespace tdc
