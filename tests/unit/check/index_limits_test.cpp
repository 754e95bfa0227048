#include "check/index_limits.h"

#include <doctest/doctest.h>

#include <map>

#include "check_source.h"

namespace tdc::check {
namespace {

/// `Input::classes` of every input of the program, by name.
std::map<std::string, int64_t> limits(const std::string& body) {
  const Checked checked = check_source("tdl 1\nuse std.nn\n" + body);
  REQUIRE_MESSAGE(checked.program.has_value(), checked.messages());
  std::map<std::string, int64_t> result;
  for (const ir::Input& input : checked.program->module.find_graph(ir::GraphKind::sample)->inputs)
    result[input.name] = input.classes;
  return result;
}

TEST_CASE("index limits: an i32 input is below the extent of what it looks up") {
  CHECK(limits("net N(token: i32[5], x: f32[4]) -> y: f32[5, 4] {\n"
               "  return Embedding(token, 50, 4) + x\n}\n") ==
        std::map<std::string, int64_t>{{"token", 50}, {"x", 0}});
}

TEST_CASE("index limits: of several tables the shortest counts") {
  CHECK(
      limits("net N(token: i32[6]) -> y: f32[6, 4] {\n"
             "  return Embedding(token, 50, 4) as wide + Embedding(token, 7, 4) as narrow\n}\n") ==
      std::map<std::string, int64_t>{{"token", 7}});
}

TEST_CASE("index limits: plain targets that a loss compares have one, too") {
  CHECK(limits("net N(x: f32[3]) -> y: f32[4] {\n  return x |> Linear(4) as fc\n}\n"
               "train t of N {\n  target t: i32[]\n  loss cross_entropy(y, t)\n"
               "  optimizer sgd(lr: 0.1)\n}\n") ==
        std::map<std::string, int64_t>{{"t", 4}, {"x", 0}});
}

}  // namespace
}  // namespace tdc::check
