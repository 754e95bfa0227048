#include "graph/verify.h"

#include <doctest/doctest.h>

#include "ops/builder.h"
#include "ops/op.h"

namespace tdc::ir {
namespace {

/// x, w -> y = x w; w is written back as w + w.
Module sound_module() {
  Module module;
  const VariableId w = module.variables.push_back({.path = "w", .type = {.dims = {4, 2}}});
  Graph graph = {.name = "g", .batch = 3};
  ops::Builder builder(graph);
  const ValueId x = builder.add_input("x", InputKind::sample, {.dims = {3, 4}}, true);
  const ValueId y = builder.emit("matmul", {x, builder.read(module, w)});
  builder.set_phase(Phase::update);
  builder.write(w, builder.emit("add", {builder.read(module, w), builder.read(module, w)}));
  graph.outputs.push_back({.name = "y", .kind = OutputKind::result, .value = y});
  module.graphs.push_back(std::move(graph));
  return module;
}

/// The number of the first invariant that `module` breaks, or 0.
int broken(const Module& module) {
  const std::vector<std::string> violations = graph::find_violations(module);
  return violations.empty() ? 0 : violations[0].at(std::string("invariant ").size()) - '0';
}

constexpr NodeId kProduct = {0};
constexpr NodeId kSum = {1};

TEST_CASE("a sound module has no violations") {
  CHECK(graph::find_violations(sound_module()).empty());
}

TEST_CASE("invariant 1: use before definition") {
  Module module = sound_module();
  Graph& graph = module.graphs[0];
  graph.nodes[kProduct].inputs[0] = graph.nodes[kSum].outputs[0];
  CHECK(broken(module) == 1);
}

TEST_CASE("invariant 2: two sources of a value") {
  Module module = sound_module();
  Graph& graph = module.graphs[0];
  graph.nodes[kSum].outputs[0] = graph.nodes[kProduct].outputs[0];
  CHECK(broken(module) == 2);
}

TEST_CASE("invariant 3: another type than the record infers") {
  Module module = sound_module();
  Graph& graph = module.graphs[0];
  graph.values[graph.nodes[kProduct].outputs[0]].type.dims = {3, 3};
  CHECK(broken(module) == 3);
}

TEST_CASE("invariant 4: a variable written twice, unread, or as another type") {
  Module twice = sound_module();
  twice.graphs[0].writes.push_back(twice.graphs[0].writes[0]);
  CHECK(broken(twice) == 4);

  Module unread = sound_module();
  unread.variables.push_back({.path = "v", .type = {.dims = {4, 2}}});
  unread.graphs[0].writes.push_back({.variable = {1}, .value = unread.graphs[0].writes[0].value});
  CHECK(broken(unread) == 4);

  Module other_type = sound_module();
  other_type.graphs[0].writes[0].value = other_type.graphs[0].nodes[kProduct].outputs[0];
  CHECK(broken(other_type) == 4);
}

TEST_CASE("invariant 5: a batched value without the batch as leading axis") {
  Module module = sound_module();
  module.graphs[0].batch = 5;
  CHECK(broken(module) == 5);
}

TEST_CASE("invariant 6: a forward node that uses an update") {
  Module module = sound_module();
  Graph& graph = module.graphs[0];
  ops::Builder builder(graph);
  builder.emit("relu", {graph.nodes[kSum].outputs[0]});
  CHECK(broken(module) == 6);
}

}  // namespace
}  // namespace tdc::ir
