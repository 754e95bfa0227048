#include "schedule/lower.h"

#include <doctest/doctest.h>

#include "memory/plan_memory.h"
#include "memory/validate.h"
#include "ops/builder.h"
#include "schedule/order.h"
#include "schedule/passes.h"

namespace tdc::schedule {
namespace {

using ir::InputKind;
using ir::OutputKind;
using ir::ValueId;

chip::Chip chip() {
  chip::Chip result = {.name = "test"};
  result.levels.push_back({.name = "RAM", .capacity = {1 << 20}});
  result.tensors = result.constants = result.image = {0};
  return result;
}

/// The buffer a launch writes.
BufferId output_of(const EntryPoint& entry_point, size_t step) {
  return std::get<Launch>(entry_point.steps.at(step)).outputs.at(0).buffer;
}

TEST_CASE("results are made in the caller's memory, dying operands give theirs") {
  ir::Module module;
  ir::Graph graph = {.kind = ir::GraphKind::infer, .name = "infer", .batch = 1};
  ops::Builder builder(graph);
  const ValueId x = builder.add_input("x", InputKind::sample, {.dims = {1, 4}}, true);
  const ValueId a = builder.emit("add", {x, x});
  const ValueId b = builder.emit("relu", {a});
  const ValueId c = builder.emit("relu", {b});
  graph.outputs.push_back({.name = "y", .kind = OutputKind::result, .value = c});
  module.graphs.push_back(graph);

  const Schedule schedule = take_over_memory(lower(module, chip()));
  const EntryPoint& infer = schedule.entry_points.at(0);
  REQUIRE(infer.steps.size() == 3);
  CHECK(schedule.buffers[output_of(infer, 0)].kind == BufferKind::temporary);
  CHECK(schedule.buffers[output_of(infer, 1)].alias.value().of == output_of(infer, 0));
  CHECK(schedule.buffers[output_of(infer, 2)].kind == BufferKind::argument);
}

TEST_CASE("an operand that is needed later keeps its memory") {
  ir::Module module;
  ir::Graph graph = {.kind = ir::GraphKind::infer, .name = "infer", .batch = 1};
  ops::Builder builder(graph);
  const ValueId x = builder.add_input("x", InputKind::sample, {.dims = {1, 4}}, true);
  const ValueId a = builder.emit("add", {x, x});
  const ValueId b = builder.emit("relu", {a});
  const ValueId c = builder.emit("add", {a, b});
  graph.outputs.push_back({.name = "y", .kind = OutputKind::result, .value = c});
  module.graphs.push_back(graph);

  const Schedule schedule = take_over_memory(lower(module, chip()));
  CHECK_FALSE(schedule.buffers[output_of(schedule.entry_points.at(0), 1)].alias.has_value());
}

TEST_CASE("an input that is a result is copied") {
  ir::Module module;
  ir::Graph graph = {.kind = ir::GraphKind::infer, .name = "infer", .batch = 1};
  ops::Builder builder(graph);
  const ValueId x = builder.add_input("x", InputKind::sample, {.dims = {1, 4}}, true);
  graph.outputs.push_back({.name = "y", .kind = OutputKind::result, .value = x});
  module.graphs.push_back(graph);

  const Schedule schedule = take_over_memory(lower(module, chip()));
  REQUIRE(schedule.entry_points.at(0).steps.size() == 1);
  CHECK(std::holds_alternative<Copy>(schedule.entry_points.at(0).steps[0]));
}

/// w is updated by adding g = x x; `reads_after` says whether relu(w) is the result.
ir::Module update_module(bool reads_old) {
  ir::Module module;
  const ir::VariableId w = module.variables.push_back({.path = "w", .type = {.dims = {4}}});
  ir::Graph graph = {.kind = ir::GraphKind::train_step, .name = "train_step", .batch = 1};
  ops::Builder builder(graph);
  const ValueId x = builder.add_input("x", InputKind::sample, {.dims = {4}}, false);
  const ValueId old = builder.read(module, w);
  const ValueId updated = builder.emit("add", {old, x});
  builder.write(w, updated);
  const ValueId y = builder.emit("relu", {reads_old ? old : updated});
  graph.outputs.push_back({.name = "y", .kind = OutputKind::result, .value = y});
  module.graphs.push_back(graph);
  return module;
}

TEST_CASE("an update in place comes after the readers of the old version") {
  const Schedule schedule = take_over_memory(lower(update_module(true), chip()));
  const EntryPoint& step = schedule.entry_points.at(0);
  REQUIRE(step.steps.size() == 2);
  CHECK(std::get<Launch>(step.steps[0]).op->name == "relu");
  CHECK(std::get<Launch>(step.steps[1]).op->name == "add");
  CHECK(schedule.buffers[output_of(step, 1)].kind == BufferKind::variable);
}

TEST_CASE("an update that others read is still made in place") {
  const ir::Module module = update_module(false);
  CHECK(in_place_updates(module.graphs[0]).at(0).size() == 1);
  const Schedule schedule = take_over_memory(lower(module, chip()));
  CHECK(schedule.entry_points.at(0).steps.size() == 2);
}

TEST_CASE("an update whose result meets the old version is copied at the end") {
  ir::Module module = update_module(false);
  ir::Graph& graph = module.graphs[0];
  ops::Builder builder(graph);
  // y = old + relu(new): the old version is needed after the new one exists.
  graph.outputs[0].value = builder.emit("add", {graph.reads[0].value, graph.outputs[0].value});
  CHECK(in_place_updates(graph).at(0).empty());
  const Schedule schedule = take_over_memory(lower(module, chip()));
  CHECK(std::holds_alternative<Copy>(schedule.entry_points.at(0).steps.back()));
}

TEST_CASE("a sum that continues an accumulator variable stands in its memory") {
  ir::Module module;
  const ir::VariableId sum = module.variables.push_back(
      {.path = "sum", .type = {.dims = {4, 2}}, .kind = ir::VariableKind::accumulator});
  ir::Graph graph = {.kind = ir::GraphKind::train_step, .name = "train_step", .batch = 3};
  ops::Builder builder(graph);
  const ValueId a = builder.add_input("a", InputKind::sample, {.dims = {3, 4}}, true);
  const ValueId b = builder.add_input("b", InputKind::sample, {.dims = {3, 2}}, true);
  const ValueId total =
      builder.emit_reduced("matmul", {a, b, builder.read(module, sum)}, {{"transpose_a", true}});
  builder.write(sum, total);
  module.graphs.push_back(graph);

  const Schedule schedule = take_over_memory(lower(module, chip()));
  const EntryPoint& step = schedule.entry_points.at(0);
  REQUIRE(step.steps.size() == 1);
  const Launch& launch = std::get<Launch>(step.steps[0]);
  CHECK(launch.outputs[0].buffer == launch.inputs[2]->buffer);
  CHECK(schedule.buffers[launch.outputs[0].buffer].variable == sum);
}

// ---- memory that was once reused too early -----------------------------------------------------

/// `C` a copy, `m` a matrix product, otherwise the first letter of the op.
std::string step_letters(const EntryPoint& entry_point) {
  std::string letters;
  for (const Step& step : entry_point.steps) {
    const auto* launch = std::get_if<Launch>(&step);
    letters += launch != nullptr ? launch->op->name[0] : 'C';
  }
  return letters;
}

/// A graph over `variable_count` variables and an input, all of [2, 2]; checks what is common to
/// the cases below: that the plan is sound.
struct SquareCase {
  ir::Module module;
  ir::Graph graph = {.kind = ir::GraphKind::train_step, .name = "train_step", .batch = 1};
  ops::Builder builder{graph};
  ValueId x;
  std::vector<ValueId> v;

  explicit SquareCase(int variable_count) {
    x = builder.add_input("x", InputKind::sample, {.dims = {2, 2}}, false);
    for (int i = 0; i < variable_count; ++i)
      v.push_back(builder.read(module, module.variables.push_back({.path = "v" + std::to_string(i),
                                                                   .type = {.dims = {2, 2}}})));
  }
  void result(ValueId value) {
    graph.outputs.push_back({.name = "y", .kind = OutputKind::result, .value = value});
  }
  Schedule lowered() {
    module.graphs.push_back(graph);
    Schedule schedule = take_over_memory(lower(module, chip()));
    const auto plan = std::get<memory::MemoryPlan>(memory::plan_memory(schedule, chip()));
    CHECK(memory::validate(schedule, plan) == std::vector<std::string>{});
    return schedule;
  }
};

TEST_CASE("readers of a variable come before the first part of the sum that replaces it") {
  SquareCase c(1);
  const ValueId first = c.builder.emit("matmul", {c.x, c.x, {}});
  const ValueId read = c.builder.emit("relu", {c.v[0]});
  c.builder.write({0}, c.builder.emit("matmul", {read, c.x, first}));
  CHECK(in_place_updates(c.graph) ==
        std::vector<std::vector<ir::NodeId>>{{ir::NodeId{0}, ir::NodeId{2}}});
  CHECK(step_letters(c.lowered().entry_points[0]) == "rmm");
}

TEST_CASE("a sum that reads the variable late is not collected in its memory") {
  SquareCase c(1);
  const ValueId first = c.builder.emit("matmul", {c.x, c.x, {}});
  c.builder.write({0}, c.builder.emit("matmul", {c.v[0], c.x, first}));
  CHECK(in_place_updates(c.graph)[0].empty());
  CHECK(step_letters(c.lowered().entry_points[0]) == "mmC");
}

TEST_CASE("a sum that is needed later is copied before it is continued") {
  SquareCase c(0);
  const ValueId first = c.builder.emit("matmul", {c.x, c.x, {}});
  const ValueId second = c.builder.emit("matmul", {c.x, c.x, first});
  c.result(c.builder.emit("add", {first, second}));
  CHECK(step_letters(c.lowered().entry_points[0]) == "mCma");
}

TEST_CASE("a sum that is also a factor is copied before it is continued") {
  SquareCase c(0);
  const ValueId first = c.builder.emit("matmul", {c.x, c.x, {}});
  const ValueId second = c.builder.emit("matmul", {first, c.x, first});
  c.result(c.builder.emit("add", {second, second}));
  CHECK(step_letters(c.lowered().entry_points[0]) == "mCma");
}

TEST_CASE("an old version that is a result is saved before the update") {
  SquareCase c(1);
  c.builder.write({0}, c.builder.emit("add", {c.v[0], c.x}));
  c.result(c.v[0]);
  CHECK(step_letters(c.lowered().entry_points[0]) == "CaC");
}

TEST_CASE("of two updates that read each other's old version one is made elsewhere") {
  SquareCase c(2);
  c.builder.write({0}, c.builder.emit("add", {c.v[0], c.v[1]}));
  c.builder.write({1}, c.builder.emit("add", {c.v[1], c.v[0]}));
  CHECK(in_place_updates(c.graph) == std::vector<std::vector<ir::NodeId>>{{ir::NodeId{0}}, {}});
  CHECK(step_letters(c.lowered().entry_points[0]) == "aaC");
}

//     second -> reader_of_0 -> first -> reader_of_1
//
// The arrow in the middle is there because `first` overwrites what `reader_of_0` reads, against the
// order of the nodes. So `second` cannot overwrite what `reader_of_1` reads.
TEST_CASE("an update whose result meets the old version by way of another update is copied") {
  SquareCase c(2);
  const ValueId first = c.builder.emit("add", {c.x, c.x});
  const ValueId reader_of_1 = c.builder.emit("add", {first, c.v[1]});
  const ValueId second = c.builder.emit("mul", {c.x, c.x});
  const ValueId reader_of_0 = c.builder.emit("add", {second, c.v[0]});
  c.builder.write({0}, first);
  c.builder.write({1}, second);
  c.result(c.builder.emit("mul", {reader_of_0, reader_of_1}));
  CHECK(in_place_updates(c.graph) == std::vector<std::vector<ir::NodeId>>{{ir::NodeId{0}}, {}});
  CHECK(step_letters(c.lowered().entry_points[0]) == "maaamC");
}

}  // namespace
}  // namespace tdc::schedule
