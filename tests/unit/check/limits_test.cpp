// Small files with large costs (limit-1): what a file costs grows with what it says, not with what
// it could be made to mean.

#include <doctest/doctest.h>

#include <string>

#include "check_source.h"

namespace tdc::check {
namespace {

/// A net with one layer whose selection line is `line`.
Checked with_selection(const std::string& line) {
  return check_source(
      "use std.nn\nnet N(x: f32[4]) -> y: f32[3] { return Linear(x, 3) as a.b }\n"
      "train t of N {\n  target label: class(3)\n  loss cross_entropy(y, label)\n"
      "  optimizer sgd(lr: 0.1)\n  " +
      line + "\n}\n");
}

std::string repeated(const std::string& item, int times) {
  std::string text = item;
  for (int i = 1; i < times; ++i) text += "," + item;
  return text;
}

TEST_CASE("values that double soon reach the limit of what a net expands to (limit-1)") {
  std::string text = "let a0 = (1, 2)\n";
  for (int i = 1; i <= 60; ++i) {
    const std::string last = "a" + std::to_string(i - 1);
    text += "let a" + std::to_string(i) + " = (" + last + ", " + last + ")\n";
  }
  const Checked checked = check_source(text + "net N(x: f32[4]) -> y: f32[4] { return relu(x) }\n");
  CHECK(checked.messages().find("[expansion-limit]") != std::string::npos);
}

TEST_CASE("a list that is named again and again counts each time (limit-1)") {
  std::string text = "let many = [" + repeated("1", 1000) + "]\n";
  text +=
      "net N(x: f32[4]) -> y: f32[4] {\n  repeat i in 0..2000 { require many[i % 1000] == 1 }\n"
      "  return relu(x)\n}\n";
  CHECK(check_source(text).messages().find("[expansion-limit]") != std::string::npos);
}

TEST_CASE("selections of many alternatives are looked at once (match-4)") {
  // Copies of the pattern with one alternative each would take 20,000 times its length.
  const std::string many = "{" + repeated("a", 10'000) + "}.{" + repeated("*", 10'000) + "}";
  CHECK(with_selection("freeze " + many + ".weight").messages().empty());
}

TEST_CASE("each alternative and each entry of a pattern has to match something (match-4)") {
  CHECK(with_selection("freeze {a,c}.b.weight").messages().find("with `c`") != std::string::npos);
  CHECK(with_selection("freeze a.{b.{weight,wait}}").messages().find("with `wait`") !=
        std::string::npos);
  CHECK(with_selection("freeze {a,a.b}.{b,*}.{weight,**}").messages().empty() == false);
  CHECK(with_selection("freeze {a.b,a}.{weight,*.weight}").messages().empty());
}

}  // namespace
}  // namespace tdc::check
