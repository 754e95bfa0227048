// Batch and gradient rules of every op, held against reference evaluation of single samples: the
// batched graph gives each sample's result, and gradients are those of central differences.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "autodiff/batch.h"
#include "autodiff/differentiate.h"
#include "diag/diagnostic.h"
#include "graph/interpret.h"
#include "ops/builder.h"
#include "support/check.h"
#include "unit/ops/samples.h"

namespace tdc::ops {
namespace {

constexpr int64_t kBatch = 3;
/// In double precision: truncation of order h^2, rounding of order 1e-16 / h.
constexpr double kStep = 1e-5;
constexpr double kTolerance = 1e-6;

/// A net of one call, with operands that depend on the sample and others that are variables. The
/// former are input + variable (of zeros), so that every operand has a gradient to look at: the sum
/// over the batch. The loss is the sum of the results, weighted by an input of random numbers; in
/// training of those that are of the sample.
class CallNet {
 public:
  CallNet(const OpDef& op, const Sample& sample, const std::vector<bool>& is_batched,
          std::mt19937_64& random, bool is_training = false) {
    ir::Graph graph = {.name = "sample"};
    ops::Builder builder(graph);
    ir::ValueIds operands(sample.inputs.size());
    for (size_t i = 0; i < sample.inputs.size(); ++i) {
      if (!sample.inputs[i]) continue;
      const ir::TensorType& type = *sample.inputs[i];
      const bool is_real = type.dtype == ir::DType::f32;
      if (is_batched[i]) operands[i] = add_argument(builder, sample, i, random);
      if (!is_real) {
        TDC_CHECK(is_batched[i], "whole numbers depend on the sample");
        continue;
      }
      const ir::VariableId variable =
          module_.variables.push_back({.path = fmt::format("operand{}", i),
                                       .type = type,
                                       .init = {},
                                       .is_trained = true,
                                       .origin = {}});
      inputs_.variables[variable] = is_batched[i] ? Tensor(type) : draw(sample, i, random);
      const ir::ValueId read = builder.read(module_, variable);
      operands[i] = is_batched[i] ? builder.emit("add", {operands[i], read}) : read;
    }
    builder.set_phase(ir::Phase::forward);
    const ir::ValueIds results = builder.emit_all(op.name, operands, sample.attributes);
    ir::ValueId loss;
    for (size_t i = 0; i < results.size(); ++i) {
      if (is_training && op.is_of_batch(i)) continue;
      graph.outputs.push_back({.name = fmt::format("result{}", i),
                               .kind = ir::OutputKind::result,
                               .value = results[i]});
      const bool is_real = graph.type(results[i]).dtype == ir::DType::f32;
      const ir::ValueId result = is_real ? results[i] : builder.emit("to_f32", {results[i]});
      const Sample weight = {
          .inputs = {graph.type(result)}, .attributes = {}, .domains = {{-1, 1}}};
      weights_.push_back(fmt::format("argument{}", arguments_));
      const ir::ValueId weighted =
          builder.emit("mul", {result, add_argument(builder, weight, 0, random)});
      const ir::ValueId sum = builder.emit("sum", {weighted});
      loss = loss.is_valid() ? builder.emit("add", {loss, sum}) : sum;
    }
    graph.outputs.push_back({.name = "loss", .kind = ir::OutputKind::loss, .value = loss});
    sample_graph_ = std::move(graph);
    batched_graph_ = autodiff::batch_graph(module_, sample_graph_, kBatch, is_training);
  }

  /// The batched graph's results, sample by sample, are those of the one-sample graph.
  void check_batching() const {
    const graph::InterpreterResults batched = graph::interpret(batched_graph_, inputs_);
    for (int64_t b = 0; b < kBatch; ++b) {
      const graph::InterpreterResults single = graph::interpret(sample_graph_, of_sample(b));
      for (const auto& [name, expected] : single.outputs) {
        if (name == "loss") continue;
        const Tensor& all = batched.outputs.at(name);
        const size_t begin = static_cast<size_t>(b) * expected.data.size();
        REQUIRE(all.data.size() == kBatch * expected.data.size());
        double error = 0, scale = 1e-30;
        for (size_t i = 0; i < expected.data.size(); ++i) {
          if (all.data[begin + i] == expected.data[i]) continue;  // infinities too
          error = std::max(error, std::abs(all.data[begin + i] - expected.data[i]));
          scale = std::max(scale, std::abs(expected.data[i]));
        }
        CHECK(error <= 1e-12 * scale);
      }
    }
  }

  void check_gradients() {
    SourceFiles sources;
    Diagnostics diagnostics;
    ir::Graph graph = batched_graph_;
    const ir::ValueId loss = graph.outputs.back().value;
    const auto gradients = autodiff::differentiate(module_, graph, loss, diagnostics);
    REQUIRE(gradients.has_value());
    const graph::InterpreterResults results = graph::interpret(graph, inputs_);
    for (const auto& [variable, value] : gradients->of_variable) {
      CAPTURE(module_.variables[variable].path);
      const Tensor& gradient = results.values[value];
      Tensor& point = inputs_.variables.at(variable);
      REQUIRE(gradient.type == point.type);
      // Some elements of large operands, all of small ones.
      const size_t stride = 1 + point.data.size() / 24;
      double error = 0, scale = 1e-3;
      for (size_t i = 0; i < point.data.size(); i += stride) {
        const double at = point.data[i];
        point.data[i] = at + kStep;
        const double above = total_loss();
        point.data[i] = at - kStep;
        const double below = total_loss();
        point.data[i] = at;
        const double difference = (above - below) / (2 * kStep);
        // Written so that NaN is an error.
        if (!(std::abs(gradient.data[i] - difference) <= error))
          error = std::abs(gradient.data[i] - difference);
        scale = std::max(scale, std::abs(difference));
      }
      CHECK(error <= kTolerance * scale);
    }
  }

 private:
  ir::ValueId add_argument(ops::Builder& builder, const Sample& sample, size_t operand,
                           std::mt19937_64& random) {
    const std::string name = fmt::format("argument{}", arguments_++);
    ir::TensorType type = sample.inputs[operand].value();
    const ir::ValueId value = builder.add_input(name, ir::InputKind::sample, type, false);
    type.dims.insert(type.dims.begin(), kBatch);
    Sample batched = sample;
    batched.inputs[operand] = type;
    inputs_.arguments.emplace(name, draw(batched, operand, random));
    return value;
  }

  /// The inputs of one sample.
  graph::InterpreterInputs of_sample(int64_t b) const {
    graph::InterpreterInputs result = inputs_;
    for (auto& [name, tensor] : result.arguments) {
      tensor.type.dims.erase(tensor.type.dims.begin());
      const auto count = static_cast<ptrdiff_t>(tensor.data.size()) / kBatch;
      const auto begin = tensor.data.begin() + b * count;
      tensor.data = std::vector<double>(begin, begin + count);
    }
    return result;
  }

  /// Over all samples, of what is finite: masks give infinities, which move with nothing.
  double total_loss() const {
    const graph::InterpreterResults results = graph::interpret(batched_graph_, inputs_);
    double total = 0;
    for (size_t i = 0; i < weights_.size(); ++i) {
      const Tensor& result = results.outputs.at(fmt::format("result{}", i));
      const Tensor& weight = inputs_.arguments.at(weights_[i]);
      for (size_t k = 0; k < result.data.size(); ++k)
        if (std::isfinite(result.data[k])) total += result.data[k] * weight.data[k];
    }
    return total;
  }

  ir::Module module_;
  ir::Graph sample_graph_;
  ir::Graph batched_graph_;
  graph::InterpreterInputs inputs_;
  int arguments_ = 0;
  std::vector<std::string> weights_;  ///< the argument that weights each result
};

/// Which operands may depend on the sample, together: all that can, and each of them alone.
std::vector<std::vector<bool>> batchings(const OpDef& op, const Sample& sample) {
  const Signature& operands = signature(op);
  std::vector<bool> all(sample.inputs.size());
  for (size_t i = 0; i < all.size(); ++i) {
    std::vector<bool> alone(all.size());
    alone[i] = true;
    all[i] = sample.inputs[i].has_value() && first_unbatchable(op, alone) < 0;
  }
  std::vector<std::vector<bool>> result = {all};
  for (size_t i = 0; i < all.size(); ++i) {
    if (!all[i]) continue;
    std::vector<bool> alone(all.size());
    for (size_t j = 0; j < all.size(); ++j)  // whole numbers have no variables
      alone[j] = j == i || (all[j] && operands.input(j).dtype == ir::DType::i32);
    if (alone != all) result.push_back(alone);
  }
  return result;
}

/// Ops that stand in the one-sample graph. The others are made by gradients, after batching; `drop`
/// is made by batching, and counts elements over all samples.
bool is_batched_by_rule(const OpDef& op) {
  return op.visibility == Visibility::user ||
         (std::holds_alternative<GradientRule>(op.gradient) && op.name != "drop");
}

TEST_CASE("gradients of what depends on the batch, in training") {
  for (const OpDef* op : all_ops()) {
    if (!op->is_of_sample) continue;
    std::mt19937_64 random(1);
    for (const Sample& sample : op->samples()) {
      INFO("op ", std::string(op->name), " of ", ir::to_text(*sample.inputs.at(0)));
      CallNet(*op, sample, batchings(*op, sample).at(0), random, true).check_gradients();
    }
  }
}

TEST_CASE("batch rules and gradients of all ops") {
  for (const OpDef* op : all_ops()) {
    if (!is_batched_by_rule(*op)) continue;
    size_t index = 0;
    for (const Sample& sample : op->samples()) {
      ++index;
      // Sums over leading axes stand for gradients, and have none.
      if (op->attributes.size() > 2 && sample.attributes.has("reduce") &&
          sample.attributes.boolean("reduce"))
        continue;
      if (sample.attributes.has("per_sample") && sample.attributes.boolean("per_sample")) continue;
      for (const std::vector<bool>& is_batched : batchings(*op, sample)) {
        std::mt19937_64 random(index);
        std::string batched;
        for (const bool each : is_batched) batched += each ? '1' : '0';
        INFO("op ", std::string(op->name), ", sample ", index, ", batched ", batched);
        CallNet net(*op, sample, is_batched, random);
        net.check_batching();
        if (std::holds_alternative<GradientRule>(op->gradient)) net.check_gradients();
      }
    }
  }
}

}  // namespace
}  // namespace tdc::ops
