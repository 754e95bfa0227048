// Marks of repeats: elaboration sets them, batching, gradients and passes keep them.

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

#include "diag/render.h"
#include "driver/pipeline.h"
#include "graph/text.h"
#include "ops/op.h"

namespace tdc::ir {
namespace {

const std::string kProgram =
    "tdl 1\nnet N(x: f32[4]) -> y: f32[4] {\n  param w: f32[4] = ones\n  h = x\n"
    "  repeat i in 3..5 {\n    h = tanh(h * w) + exp(w)\n  }\n  return h\n}\n"
    "train t of N {\n  target z: f32[4]\n  loss mse(y, z)\n  optimizer sgd(lr: 0.1)\n  batch "
    "2\n}\n";

struct Modules {
  Module sample, entry_points;
};

Modules modules_of(const std::string& text) {
  SourceFiles files;
  const FileId file = files.add("turns.td", text);
  Diagnostics diagnostics;
  driver::Dump none;
  std::optional<driver::Planned> planned =
      driver::plan_program(files, file, {}, driver::DefaultDeploy::host, diagnostics, none);
  REQUIRE_MESSAGE(planned.has_value(), render(diagnostics, files));
  return {planned->program.module, planned->module};
}

/// The turns of the nodes of an op, in order: `i@p` for position p of turn i.
std::vector<std::string> turns_of(const Graph& graph, std::string_view op) {
  std::vector<std::string> result;
  for (const Node& node : graph.nodes) {
    if (node.op->name != op) continue;
    std::string text;
    for (const Turn& turn : node.turns)
      text += std::to_string(turn.turn) + "@" + std::to_string(turn.position);
    result.push_back(text);
  }
  return result;
}

using Turns = std::vector<std::string>;

TEST_CASE("turns: nodes know the turn that made them and their place in it") {
  const Modules modules = modules_of(kProgram);
  const Graph& sample = *modules.sample.find_graph(GraphKind::sample);
  CHECK(turns_of(sample, "mul") == Turns{"0@0", "1@0"});
  CHECK(turns_of(sample, "tanh") == Turns{"0@1", "1@1"});
  CHECK(turns_of(sample, "exp") == Turns{"0@2", "1@2"});
  CHECK(turns_of(sample, "add") == Turns{"0@3", "1@3"});
  CHECK(turns_of(sample, "mse") == Turns{""});
  CHECK(modules.sample.repeats.size() == 1);
  CHECK(graph::to_text(modules.sample, sample).find("turn 1 of repeat 0 at 3") !=
        std::string::npos);
}

TEST_CASE("turns: what stands for a node has its turns, what several turns share has none") {
  const Modules modules = modules_of(kProgram);
  const Graph& step = *modules.entry_points.find_graph(GraphKind::train_step);
  CHECK(modules.entry_points.repeats.size() == 1);
  CHECK(turns_of(step, "tanh") == Turns{"0@1", "1@1"});
  CHECK(turns_of(step, "exp") == Turns{""});
  // The gradient of the last turn comes first.
  CHECK(turns_of(step, "tanh_grad") == Turns{"1@1", "0@1"});
  for (const Node& node : step.nodes)
    if (node.phase == Phase::update) CHECK(node.turns.empty());
}

TEST_CASE("turns: a repeat in another gives both, the outer one first") {
  const Modules modules = modules_of(
      "tdl 1\nnet N(x: f32[4]) -> y: f32[4] {\n  h = x\n  repeat i in 0..2 {\n    h = relu(h)\n"
      "    repeat j in 0..2 {\n      h = tanh(h)\n    }\n  }\n  return h\n}\n");
  const Graph& sample = *modules.sample.find_graph(GraphKind::sample);
  CHECK(turns_of(sample, "relu") == Turns{"0@0", "1@0"});
  CHECK(turns_of(sample, "tanh") == Turns{"0@10@0", "0@21@0", "1@10@0", "1@21@0"});
  // A repeat is counted each time that it is run.
  CHECK(modules.sample.repeats.size() == 3);
}

}  // namespace
}  // namespace tdc::ir
