// Which gradients are said to be always 0, held against the gradients themselves.

#include "autodiff/structural_zeros.h"

#include <doctest/doctest.h>

#include <cmath>
#include <set>

#include "autodiff/entry_points.h"
#include "graph/interpret.h"
#include "unit/check/check_source.h"

namespace tdc::autodiff {
namespace {

using Paths = std::set<std::string>;

/// What the warnings of a program name.
Paths warned_of(const check::Program& program) {
  Diagnostics diagnostics;
  warn_of_structural_zeros(program.module, program.module.graphs.at(0), diagnostics);
  Paths result;
  for (const Diagnostic& each : diagnostics.all()) {
    const std::string text = each.text;
    result.insert(text.substr(1, text.find('`', 1) - 1));
  }
  return result;
}

/// The variables whose updates in one step from irregular numbers are 0, but for rounding.
Paths not_updated(const check::Program& program) {
  Diagnostics diagnostics;
  const std::optional<ir::Module> module = make_entry_points(program, diagnostics);
  REQUIRE(module.has_value());
  const ir::Graph& step = *module->find_graph(ir::GraphKind::train_step);
  double next = 0.1;
  const auto fill = [&](const ir::TensorType& type) {
    ops::Tensor tensor(type);
    for (double& element : tensor.data) element = next = 1 - 1.7 * next * next;
    return tensor;
  };
  graph::InterpreterInputs at;
  for (const ir::Input& input : step.inputs) {
    ops::Tensor tensor = fill(step.type(input.value));
    if (input.classes > 0)
      for (double& element : tensor.data)
        element = std::floor((element + 1) / 2.001 * static_cast<double>(input.classes));
    at.arguments.emplace(input.name, std::move(tensor));
  }
  at.arguments.at("learning rate").data = {1};
  at.arguments.at("inverse count").data = {1};
  for (const ir::Read& read : step.reads) {
    ops::Tensor tensor = fill(step.type(read.value));
    if (module->variables[read.variable].kind == ir::VariableKind::state)
      for (double& element : tensor.data) element = 1.5 + element;  // variances, too
    at.variables.emplace(read.variable, std::move(tensor));
  }
  const graph::InterpreterResults results = graph::interpret(step, at);
  std::map<std::string, double> updates;
  double largest = 0;
  for (const auto& [variable, after] : results.written) {
    if (!module->variables[variable].is_trained) continue;
    double& update = updates[module->variables[variable].path];
    for (size_t i = 0; i < after.data.size(); ++i)
      update = std::max(update, std::abs(after.data[i] - at.variables.at(variable).data[i]));
    largest = std::max(largest, update);
  }
  Paths result;
  for (const auto& [path, update] : updates)
    if (update <= 1e-12 * largest) result.insert(path);
  return result;
}

struct Net {
  std::string body;
  Paths zeros;
};

TEST_CASE("learn-7: parameters whose gradient is always 0 are found, and no others") {
  const std::string before = R"(tdl 1
use std.nn
net N(x: f32[4, 6]) -> y: f32[3] {
)";
  const std::string behind = R"(
}
train t of N {
  target     label: class(3)
  loss       cross_entropy(y, label)
  optimizer  sgd(lr: 0.1)
  batch      3
}
)";
  const std::string end = "return mean(x, axis: -1) |> Linear(3) as fc";
  for (
      const Net& net : {
          Net{"x = Conv1d(x, 5, kernel: 3) as conv |> BatchNorm1d as norm |> tanh\n" + end,
              {"conv.bias"}},
          Net{"x = mean(x, axis: -1) |> Linear(5) as dense |> BatchNorm as norm |> tanh\n"
              "return Linear(x, 3) as fc",
              {"dense.bias"}},
          // The running statistics do not move with it, nor does a bend.
          Net{"x = Conv1d(x, 5, kernel: 3) as conv |> BatchNorm1d(statistics: \"running\") as norm "
              "|> tanh\n" +
                  end,
              {}},
          Net{"x = Conv1d(x, 5, kernel: 3) as conv |> tanh |> BatchNorm1d as norm |> tanh\n" + end,
              {}},
          // A bias of features differs along the rows that a layer norm takes, a number does not.
          Net{"x = Linear(x, 5) as dense |> LayerNorm as norm |> tanh\n" + end, {}},
          Net{"param b: f32[1] = zeros\nx = LayerNorm(2 * (x + b)) as norm |> tanh\n" + end, {"b"}},
          Net{"param b: f32[4, 1] = zeros\nx = LayerNorm(-(b - x)) as norm |> tanh\n" + end, {"b"}},
          // Beside the norm, x goes on as it is.
          Net{"x = Linear(x, 6) as dense\nparam b: f32[1] = zeros\nx = x + b\n"
              "x = x + tanh(LayerNorm(x) as norm)\n" +
                  end,
              {}},
          // Keys that all move by one vector move all scores of a query alike.
          Net{"k = Linear(x, 5) as k\nq = Linear(x, 5) as q\nv = Linear(x, 5) as v\n"
              "x = softmax(q @ transpose(k)) @ v\n" +
                  end,
              {"k.bias"}},
          Net{"k = Linear(x, 5) as k\nq = Linear(x, 5) as q\nv = Linear(x, 5) as v\n"
              "x = softmax(mask(q @ transpose(k), causal: true)) @ v\n" +
                  end,
              {"k.bias"}},
          Net{"k = Linear(x, 5) as k\nq = Linear(x, 5) as q\nv = Linear(x, 5) as v\n"
              "x = transpose(softmax(k @ transpose(q))) @ v\n" +
                  end,
              {"q.bias"}},
          // All logits of a sample move alike.
          Net{"param b: f32[1] = zeros\nreturn Linear(reshape(x, [24]), 3) as fc + b", {"b"}},
          Net{"param b: f32[1] = zeros\nreturn log_softmax(Linear(reshape(x, [24]), 3) as fc + b)",
              {"b"}},
          // Sums and means of what moves move; through a matrix each channel by a number of its
          // own.
          Net{"param b: f32[4, 1] = zeros\nx = x + b\nm = mean(x, axis: -1)\n"
              "return Linear(m, 3) as fc |> BatchNorm as norm",
              {"fc.bias", "b"}},
          Net{"param b: f32[6] = zeros\nx = x + b\nm = sum(x, axis: 0)\n"
              "return tanh(Linear(m, 3) as fc)",
              {}},
          // Of a slice the others go on.
          Net{"param b: f32[8, 1] = zeros\nx = x + b[2..6]\nx = LayerNorm(x) as norm |> tanh\n" +
                  end,
              {"b"}},
          // Reshaped, it differs along rows.
          Net{"param b: f32[4, 1] = zeros\nx = reshape(x + b, [2, 12])\n"
              "x = LayerNorm(x) as norm |> tanh\n" +
                  end,
              {}},
          Net{"param b: f32[4, 1] = zeros\nx = reshape(x + b, [4, 3, 2])\n"
              "x = rearrange(x, \"a b c -> a c b\") |> rearrange(\"a c b -> a (c b)\")\n"
              "x = LayerNorm(x) as norm |> tanh\n" +
                  end,
              {"b"}},
      }) {
    const check::Checked checked = check::check_source(before + net.body + behind);
    INFO(net.body);
    REQUIRE(checked.messages() == "");
    CHECK(warned_of(*checked.program) == net.zeros);
    CHECK(not_updated(*checked.program) == net.zeros);
  }
}

}  // namespace
}  // namespace tdc::autodiff
