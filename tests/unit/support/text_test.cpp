#include "support/text.h"

#include <doctest/doctest.h>

#include "support/result.h"

namespace tdc {
namespace {

TEST_CASE("printable: nothing acts on a terminal, nothing forges a line") {
  CHECK(printable("fc1.weight, [3] \\ `x` gr\u00fc\u00df \u6f22\u5b57 \U0001F600") ==
        "fc1.weight, [3] \\ `x` gr\u00fc\u00df \u6f22\u5b57 \U0001F600");
  CHECK(printable("a\nb\tc\rd\x1b[2J\x7f") == "a\\nb\\tc\\x0dd\\x1b[2J\\x7f");
  CHECK(printable(std::string_view("\0", 1)) == "\\x00");
  // C1's CSI, line separator, right-to-left override, isolate.
  CHECK(printable("\u009b \u2028 \u202e \u2066") ==
        "\\xc2\\x9b \\xe2\\x80\\xa8 \\xe2\\x80\\xae \\xe2\\x81\\xa6");
  CHECK(printable("\u00a0\u2030\u2065") == "\u00a0\u2030\u2065");
  // No UTF-8: a byte alone, an overlong slash, a surrogate, one cut short.
  CHECK(printable("\xff"
                  "a") == "\\xffa");
  CHECK(printable("\xc0\xaf") == "\\xc0\\xaf");
  CHECK(printable("\xed\xa0\x80") == "\\xed\\xa0\\x80");
  CHECK(printable("\xe2\x82") == "\\xe2\\x82");
  for (const char* text : {"a\nb", "\xff\x1b", "\\x1b"})
    CHECK(printable(printable(text)) == printable(text));
}

TEST_CASE("failures show texts printable, and what programs say in its lines") {
  CHECK(fail("`{}` is {}", std::string("a\nb"), "\x1b").messages.front() == "`a\\nb` is \\x1b");
  CHECK(fail("{}:\n{}", 3, Verbatim{"a\nb"}).messages.front() == "3:\na\nb");
}

TEST_CASE("real numbers: the fewest digits, and never those of an integer") {
  CHECK(real_text(2000) == "2000.0");
  CHECK(real_text(-1) == "-1.0");
  CHECK(real_text(0.1) == "0.1");
  CHECK(real_text(1e-5) == "1e-05");
  CHECK(real_text(1e30) == "1e+30");
}

TEST_CASE("plain names mean nothing but themselves") {
  for (const char* name : {"board", "_b", "2nd", "a-b.c", "A1"}) CHECK(is_plain_name(name));
  for (const char* name : {"", ".", "..", ".hidden", "-o", "a b", "a/b", "a$b", "a#b", "a\nb",
                           "a:b", "a%b", "a~", "a;b", "a'b", "a\"b", "a\\b", "gr\u00fcn"})
    CHECK(!is_plain_name(name));
}

}  // namespace
}  // namespace tdc
