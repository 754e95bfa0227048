#include "graph/rewrite.h"

#include <doctest/doctest.h>

#include "graph/verify.h"
#include "ops/builder.h"
#include "ops/op.h"

namespace tdc::ir {
namespace {

std::vector<std::string_view> op_names(const Graph& graph) {
  std::vector<std::string_view> names;
  for (const Node& node : graph.nodes) names.push_back(node.op->name);
  return names;
}

TEST_CASE("graph::remove_dead keeps what outputs need and every input") {
  Module module;
  Graph graph = {.name = "g"};
  ops::Builder builder(graph);
  const ValueId x = builder.add_input("x", InputKind::sample, {.dims = {3}}, false);
  builder.add_input("unused", InputKind::sample, {.dims = {2}}, false);
  builder.emit("add", {x, x});  // dead
  const ValueId y = builder.emit("relu", {x});
  graph.outputs.push_back({.name = "y", .kind = OutputKind::result, .value = y});
  graph::remove_dead(graph);
  CHECK(op_names(graph) == std::vector<std::string_view>{"relu"});
  CHECK(graph.inputs.size() == 2);
  module.graphs.push_back(graph);
  CHECK(graph::find_violations(module).empty());
}

TEST_CASE("graph::sort_topologically puts appended producers before their users") {
  Module module;
  Graph graph = {.name = "g"};
  ops::Builder builder(graph);
  const ValueId x = builder.add_input("x", InputKind::sample, {.dims = {3}}, false);
  const ValueId y = builder.emit("relu", {x});
  const ValueId z = builder.emit("add", {x, x});
  graph.nodes[graph.values[y].producer].inputs = {z};  // relu now comes too early
  graph.outputs.push_back({.name = "y", .kind = OutputKind::result, .value = y});
  module.graphs.push_back(graph);
  CHECK_FALSE(graph::find_violations(module).empty());
  graph::sort_topologically(module.graphs[0]);
  CHECK(op_names(module.graphs[0]) == std::vector<std::string_view>{"add", "relu"});
  CHECK(graph::find_violations(module).empty());
}

TEST_CASE("replacements spare the node that makes what stands for its operand") {
  Graph graph = {.name = "g"};
  ops::Builder builder(graph);
  const ValueId x = builder.add_input("x", InputKind::sample, {.dims = {3}}, false);
  const ValueId y = builder.emit("relu", {x});
  const ValueId z = builder.emit("add", {y, y});
  graph.outputs.push_back({.name = "y", .kind = OutputKind::result, .value = y});
  graph::Replacements replacements(graph);
  replacements.add(y, z);
  replacements.apply(graph);
  CHECK(graph.outputs[0].value == z);
  CHECK(graph.nodes[graph.values[z].producer].inputs == ValueIds{y, y});
}

}  // namespace
}  // namespace tdc::ir
