// Values that nothing reads, drawn by hand: each `!` marks a binding that draws a warning.

#include <doctest/doctest.h>

#include "rules.h"

namespace tdc::rules {
namespace {

/// The places `line:name` of all warnings for the body of a net, whose first line is 1.
Texts unread(const std::string& body) {
  Texts result;
  for (const Said& each : all_said(net(body)))
    if (each.code == "unused-binding")
      result.push_back(each.text + "@" + std::to_string(each.line - 3));
    else
      result.push_back(each.code);
  return result;
}

TEST_CASE("scope-5: a value that is bound anew before anything reads it") {
  CHECK(unread("h = relu(x)\nh = tanh(x)\nreturn h") == Texts{"h@1"});
  CHECK(unread("h = relu(x)\nh = tanh(h)\nreturn h") == Texts{});
  CHECK(unread("h = relu(x)\nh = tanh(h)\nreturn x") == Texts{"h@2"});
  CHECK(unread("_h = relu(x)\n_h = tanh(x)\nreturn x") == Texts{});
  CHECK(unread("h = relu(x)\nh = tanh(x)\nreturn x") == Texts{"h@1"});  // read nowhere: once
  CHECK(unread("let a = 2\nlet b = a + 1\nreturn x") == Texts{"b@2"});
}

TEST_CASE("scope-5: values and branches") {
  const auto branch = [](const std::string& statements) {
    return unread("let k = 1\n" + statements + "\nreturn h");
  };
  CHECK(branch("h = relu(x)\nif k == 1 { h = tanh(x) }") == Texts{});
  CHECK(branch("h = relu(x)\nif k == 1 { h = tanh(x) } else { h = exp(x) }") == Texts{"h@2"});
  CHECK(branch("h = relu(x)\nif k == 1 { h = tanh(x) } else { h = exp(h) }") == Texts{});
  CHECK(branch("h = relu(x)\nif k == 1 { h = tanh(x)\nh = exp(x) }") == Texts{"h@3"});
  CHECK(branch("h = relu(x)\nif k == 1 { g = tanh(x)\nh = exp(g) }") == Texts{});
  CHECK(branch("h = relu(x)\nif k == 1 { g = tanh(h) }") == Texts{"g@3"});
  CHECK(branch("if k == 1 { h = x\ng = x } else { h = x\ng = x }") == Texts{"g@3"});
}

TEST_CASE("scope-5: values and turns of a loop") {
  CHECK(unread("h = x\nrepeat i in 0..3 { h = relu(h) }\nreturn h") == Texts{});
  // With no turn the first value is the result.
  CHECK(unread("h = x\nrepeat i in 0..3 { h = x * i }\nreturn h") == Texts{});
  CHECK(unread("repeat i in 0..3 { h = x * i\nx = tanh(x) }\nreturn x") == Texts{"h@1"});
  // The next turn reads it.
  CHECK(unread("h = x\nrepeat i in 0..3 { x = x + h\nh = x * i }\nreturn x") == Texts{});
  CHECK(unread("h = x\nrepeat i in 0..3 { h = x * i\nx = x + h\nh = x }\nreturn x") ==
        Texts{"h@1"});
}

TEST_CASE("scope-5: an argument that is bound anew before it is read is not used") {
  CHECK(said("block B(x: f32[..], y: f32[..]) -> f32[..] {\nx = relu(y)\nreturn x\n}\n" +
             net("return B(x, x)")) == "unused-argument");
  CHECK(said("block B(x: f32[..], y: f32[..]) -> f32[..] {\nx = relu(x) * y\nreturn x\n}\n" +
             net("return B(x, x)")) == "");
}

TEST_CASE("scope-5: what a body reads is looked for everywhere") {
  for (const char* use :
       {"require k == 1", "require 1 == 1, \"{k}\"", "x = x * k", "x: f32[2, 3 * k] = x",
        "x = x[0..2 * k]", "x = concat([x, x], axis: k - 1)", "x = Linear(x, 3) as l[k]",
        "x = x |> sum(axis: k) |> relu", "if k == 1 { x = relu(x) }",
        "repeat i in 0..k { x = x * i }", "repeat i in [1, -k] { x = x * i }"}) {
    CAPTURE(use);
    CHECK(unread(std::string("let k = 1\n") + use + "\nreturn x") == Texts{});
  }
}

}  // namespace
}  // namespace tdc::rules
