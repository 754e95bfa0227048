#include "autodiff/entry_points.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "graph/interpret.h"
#include "graph/verify.h"
#include "ops/builder.h"
#include "ops/op.h"

namespace tdc::autodiff {
namespace {

using ir::InputKind;
using ir::OutputKind;
using ir::ValueId;
using ops::Tensor;

/// loss = mean((f(w) x - target)^2), where f(w) is w, or exp(w) if `is_indirect`; w [2, 3]. With
/// `uses` 2 the prediction is f(w) x + f(w) (x + x).
check::Program program(bool is_indirect, int uses, int64_t batch, int64_t accumulate) {
  check::Program result;
  result.net = "Test";
  result.prefix = "test";
  const ir::VariableId w = result.module.variables.push_back(
      {.path = "w", .type = {.dims = {2, 3}}, .is_trained = true});
  ir::Graph sample = {.name = "sample"};
  ops::Builder builder(sample);
  const ValueId x = builder.add_input("x", InputKind::sample, {.dims = {3, 1}}, false);
  const ValueId target = builder.add_input("t", InputKind::target, {.dims = {2, 1}}, false);
  ValueId matrix = builder.read(result.module, w);
  if (is_indirect) matrix = builder.emit("exp", {matrix});
  ValueId y = builder.emit("matmul", {matrix, x});
  if (uses == 2)
    y = builder.emit("add", {y, builder.emit("matmul", {matrix, builder.emit("add", {x, x})})});
  sample.outputs.push_back({.name = "y", .kind = OutputKind::result, .value = y});
  builder.set_phase(ir::Phase::loss);
  const ValueId loss = builder.emit("mse", {y, target});
  sample.outputs.push_back({.name = "loss", .kind = OutputKind::loss, .value = loss});
  result.module.graphs.push_back(std::move(sample));
  result.training = check::Training{.name = "test", .batch = batch, .accumulate = accumulate};
  return result;
}

ir::Module entry_points(const check::Program& from) {
  Diagnostics diagnostics;
  std::optional<ir::Module> module = make_entry_points(from, diagnostics);
  REQUIRE(module.has_value());
  CHECK(graph::find_violations(*module) == std::vector<std::string>{});
  for (const ir::Graph& graph : module->graphs) {
    CHECK(graph.kind != ir::GraphKind::sample);
    CHECK(graph.name == ir::to_text(graph.kind));
  }
  return *std::move(module);
}

/// Some numbers that are no pattern.
std::vector<double> numbers(size_t count, double start) {
  std::vector<double> values;
  for (size_t i = 0; i < count; ++i)
    values.push_back(start + 0.37 * static_cast<double>(i * i % 7));
  return values;
}

struct Step {
  std::vector<double> w;
  std::vector<double> losses;
};

/// One update from three samples, in one batch of three or three micro-batches of one.
Step one_update(const ir::Module& module, bool accumulates) {
  const ir::VariableId w = {0};
  std::map<ir::VariableId, Tensor> state;
  for (const ir::VariableId id : module.variables.ids())
    state[id] = Tensor(module.variables[id].type);
  state[w].data = numbers(6, -0.5);
  const std::vector<double> x = numbers(9, -1), t = numbers(6, 0.25);
  const Tensor rate({}, {0.1}), inverse_count({}, {1.0 / 3});
  Step result;
  const int64_t calls = accumulates ? 3 : 1, batch = accumulates ? 1 : 3;
  for (int64_t call = 0; call < calls; ++call) {
    const auto part = [&](const std::vector<double>& all, int64_t each) {
      return std::vector<double>(all.begin() + call * each * batch,
                                 all.begin() + (call + 1) * each * batch);
    };
    graph::InterpreterInputs inputs = {
        .arguments = {{"x", Tensor({.dims = {batch, 3, 1}}, part(x, 3))},
                      {"t", Tensor({.dims = {batch, 2, 1}}, part(t, 2))},
                      {"learning rate", rate},
                      {"inverse count", inverse_count}},
        .variables = state};
    const graph::InterpreterResults results =
        graph::interpret(*module.find_graph(ir::GraphKind::train_step), inputs);
    result.losses.push_back(results.outputs.at("loss").data.at(0));
    for (const auto& [variable, value] : results.written) state[variable] = value;
  }
  if (accumulates) {
    graph::InterpreterInputs inputs = {
        .arguments = {{"learning rate", rate}, {"inverse count", inverse_count}},
        .variables = state};
    const graph::InterpreterResults results =
        graph::interpret(*module.find_graph(ir::GraphKind::apply), inputs);
    for (const auto& [variable, value] : results.written) state[variable] = value;
    for (const ir::VariableId id : module.variables.ids())
      if (module.variables[id].kind == ir::VariableKind::accumulator)
        CHECK(state[id].data == std::vector<double>(state[id].data.size(), 0.0));
  }
  result.w = state[w].data;
  return result;
}

/// The mean loss as a function of w, written out by hand.
double loss_of(const std::vector<double>& w, bool is_indirect, int uses) {
  const std::vector<double> x = numbers(9, -1), t = numbers(6, 0.25);
  double total = 0;
  for (size_t n = 0; n < 3; ++n)
    for (size_t i = 0; i < 2; ++i) {
      double y = 0;
      for (size_t k = 0; k < 3; ++k)
        y += (is_indirect ? std::exp(w[i * 3 + k]) : w[i * 3 + k]) * x[n * 3 + k] *
             (uses == 2 ? 3 : 1);
      total += (y - t[n * 2 + i]) * (y - t[n * 2 + i]) / 2;
    }
  return total / 3;
}

TEST_CASE("a step follows the finite difference of the mean loss, batched or accumulated") {
  for (const bool is_indirect : {false, true})
    for (const int uses : {1, 2})
      for (const bool accumulates : {false, true}) {
        CAPTURE(is_indirect);
        CAPTURE(uses);
        CAPTURE(accumulates);
        const Step step = one_update(
            entry_points(program(is_indirect, uses, accumulates ? 1 : 3, accumulates ? 3 : 1)),
            accumulates);
        const std::vector<double> before = numbers(6, -0.5);
        for (size_t i = 0; i < before.size(); ++i) {
          std::vector<double> up = before, down = before;
          constexpr double kStep = 1e-5;
          up[i] += kStep;
          down[i] -= kStep;
          const double slope =
              (loss_of(up, is_indirect, uses) - loss_of(down, is_indirect, uses)) / (2 * kStep);
          CHECK((before[i] - step.w[i]) / 0.1 == doctest::Approx(slope).epsilon(1e-6));
        }
      }
}

TEST_CASE("three micro-batches are the same chain as one batch of three") {
  // Weights of one use: the same operations in the same order, so the same bits even in double.
  for (const bool is_indirect : {false, true}) {
    const Step batched = one_update(entry_points(program(is_indirect, 1, 3, 1)), false);
    const Step accumulated = one_update(entry_points(program(is_indirect, 1, 1, 3)), true);
    CHECK(batched.w == accumulated.w);
    const double mean = (accumulated.losses[0] + accumulated.losses[1] + accumulated.losses[2]) / 3;
    CHECK(batched.losses[0] == doctest::Approx(mean).epsilon(1e-12));
  }
}

TEST_CASE("nothing is computed for what is frozen") {
  check::Program frozen = program(false, 1, 3, 1);
  frozen.module.variables[{0}].is_trained = false;
  const ir::Module module = entry_points(frozen);
  for (const ir::Node& node : module.find_graph(ir::GraphKind::train_step)->nodes)
    CHECK(node.phase != ir::Phase::backward);
  CHECK(module.find_graph(ir::GraphKind::train_step)->writes.empty());
}

TEST_CASE("an accumulator stands where the batch is summed, not at the parameter") {
  const ir::Module module = entry_points(program(true, 1, 1, 3));
  const ir::Graph& step = *module.find_graph(ir::GraphKind::train_step);
  REQUIRE(step.writes.size() == 1);
  CHECK(module.variables[step.writes[0].variable].kind == ir::VariableKind::accumulator);
  // exp's gradient is taken once per update, in `apply`.
  const auto multiplies = [](const ir::Graph& graph) {
    return std::count_if(graph.nodes.begin(), graph.nodes.end(),
                         [](const ir::Node& node) { return node.op->name == "mul"; });
  };
  CHECK(multiplies(step) == 0);
  CHECK(multiplies(*module.find_graph(ir::GraphKind::apply)) == 1);
}

TEST_CASE("a trained parameter that the loss does not see is reported") {
  check::Program unused = program(false, 1, 1, 1);
  unused.module.variables.push_back({.path = "v", .type = {.dims = {2}}, .is_trained = true});
  Diagnostics diagnostics;
  CHECK_FALSE(make_entry_points(unused, diagnostics).has_value());
  CHECK(diagnostics.has_errors());
}

}  // namespace
}  // namespace tdc::autodiff
