#include "autodiff/entry_points.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "autodiff/batch.h"
#include "autodiff/differentiate.h"
#include "autodiff/structural_zeros.h"
#include "graph/rewrite.h"
#include "ops/builder.h"
#include "ops/registry.h"
#include "support/check.h"

namespace tdc::autodiff {
namespace {

void set_kind(ir::Graph& graph, ir::GraphKind kind) {
  graph.kind = kind;
  graph.name = ir::to_text(kind);
}

ir::Graph select_outputs(ir::Graph graph, ir::GraphKind kind, std::vector<ir::OutputKind> kinds) {
  set_kind(graph, kind);
  std::erase_if(graph.outputs, [&](const ir::Output& output) {
    return std::find(kinds.begin(), kinds.end(), output.kind) == kinds.end();
  });
  return graph;
}

/// Drops the graph inputs that nothing uses, except the net's own, which are the signature.
void drop_unused_inputs(ir::Graph& graph, ir::InputKind kind) {
  std::vector<bool> is_used(graph.values.size(), false);
  for (const ir::Node& node : graph.nodes)
    for (const ir::ValueId input : node.inputs)
      if (input.is_valid()) is_used[input.index] = true;
  std::erase_if(graph.inputs, [&](const ir::Input& input) {
    return input.kind == kind && !is_used[input.value.index];
  });
}

/// The graph without what its outputs and writes do not need.
ir::Graph trimmed(ir::Graph graph) {
  graph::remove_dead(graph);
  drop_unused_inputs(graph, ir::InputKind::learning_rate);
  drop_unused_inputs(graph, ir::InputKind::inverse_count);
  graph::remove_dead(graph);
  return graph;
}

/// Reports operands that must be the same for all samples, such as the kernel of a convolution, and
/// next values of states, that depend on the sample.
bool check_batching(const ir::Module& module, const ir::Graph& sample, Diagnostics& diagnostics) {
  const std::vector<bool> depends = depends_on_sample(sample);
  bool is_good = true;
  for (const ir::Node& node : sample.nodes) {
    std::vector<bool> operands;
    for (const ir::ValueId input : node.inputs)
      operands.push_back(input.is_valid() && depends[input.index]);
    const int bad = ops::first_unbatchable(*node.op, operands);
    if (bad < 0) continue;
    diagnostics.report(node.origin, diag::operand_depends_on_sample, std::string(node.op->name),
                       ops::signature(*node.op).input(static_cast<size_t>(bad)).name);
    is_good = false;
  }
  for (const ir::Write& write : sample.writes) {
    if (!depends[write.value.index]) continue;
    diagnostics.report(sample.values[write.value].origin, diag::state_depends_on_sample,
                       module.variables[write.variable].path);
    is_good = false;
  }
  return is_good;
}

/// Reports ops that cannot be trained on so few samples at a time.
bool check_batch(const ir::Graph& sample, const check::Training& training,
                 Diagnostics& diagnostics) {
  bool is_good = true;
  for (const ir::Node& node : sample.nodes) {
    if (node.op->batch_problem == nullptr) continue;
    const std::optional<Message> problem =
        node.op->batch_problem(ops::call_of(sample, node), training.batch);
    if (!problem) continue;
    diagnostics.report(training.origin, *problem)
        .note(node.origin, diag::note_op_here, std::string(node.op->name));
    is_good = false;
  }
  return is_good;
}

class TrainStepBuilder {
 public:
  TrainStepBuilder(ir::Module& module, const check::Training& training, Diagnostics& diagnostics)
      : module_(module), training_(training), diagnostics_(diagnostics) {}

  /// Adds `train_step` and perhaps `apply` to the module.
  bool build(const ir::Graph& sample) {
    if (!check_batch(sample, training_, diagnostics_)) return false;
    warn_of_structural_zeros(module_, sample, diagnostics_);
    graph_ = select_outputs(batch_graph(module_, sample, training_.batch, /*is_training=*/true),
                            ir::GraphKind::train_step, {ir::OutputKind::loss});
    TDC_CHECK(graph_.outputs.size() == 1, "{} losses", graph_.outputs.size());
    graph::remove_dead(graph_);
    const ir::ValueId loss = graph_.outputs[0].value;
    const std::optional<Gradients> gradients = differentiate(module_, graph_, loss, diagnostics_);
    if (!gradients || !all_trained_have_gradients(*gradients)) return false;

    ops::Builder builder(graph_);
    builder.set_phase(ir::Phase::loss);
    graph_.outputs[0].value = builder.emit("mean", {loss}, {{"axis", ir::Dims{-1}}});
    graph_.values[graph_.outputs[0].value].is_batched = false;
    add_updates(*gradients);

    if (training_.accumulate == 1) {
      module_.graphs.push_back(trimmed(std::move(graph_)));
      return true;
    }
    split(cuts_of(*gradients));
    return true;
  }

 private:
  bool all_trained_have_gradients(const Gradients& gradients) {
    bool all = true;
    for (const ir::VariableId id : module_.variables.ids()) {
      const ir::Variable& variable = module_.variables[id];
      if (!variable.is_trained || gradients.of_variable.contains(id)) continue;
      diagnostics_.report(variable.origin, diag::trained_without_gradient, variable.path)
          .note(training_.origin, diag::note_in_train, training_.name);
      all = false;
    }
    return all;
  }

  void add_updates(const Gradients& gradients) {
    ops::Builder builder(graph_);
    builder.set_phase(ir::Phase::update);
    builder.set_origin(training_.origin);
    const ir::TensorType scalar;
    // The blanks keep these names apart from the user's.
    const ir::ValueId learning_rate =
        builder.add_input("learning rate", ir::InputKind::learning_rate, scalar, false);
    const ir::ValueId inverse_count =
        builder.add_input("inverse count", ir::InputKind::inverse_count, scalar, false);
    ir::Attributes options;
    for (const auto& [name, value] : training_.optimizer.options) options.set(name, value);
    for (const auto& [variable, gradient] : gradients.of_variable) {
      const ir::ValueId updated = builder.emit(
          training_.optimizer.kind + "_update",
          {builder.read(module_, variable), gradient, learning_rate, inverse_count}, options);
      graph_.values[updated].name = module_.variables[variable].path;
      builder.write(variable, updated);
    }
  }

  /// Where micro-batches are added up: a value of the whole graph that is a sum over the batch.
  struct Cut {
    std::string of;
    ir::ValueId total;
    /// The output of the node whose free operand takes the sum so far; not valid: it is added.
    ir::ValueId first;
    SourceRange origin;
  };

  /// The sums over the batch, so that all that comes behind is computed once. But if one of them is
  /// the gradient of something that changes with each micro-batch (dropout of a weight), the
  /// gradients of parameters.
  [[nodiscard]] std::vector<Cut> cuts_of(const Gradients& gradients) const {
    std::vector<Cut> cuts;
    if (any_depends_on_state(gradients.batch_sums)) {
      for (const auto& [variable, gradient] : gradients.of_variable)
        cuts.push_back({.of = module_.variables[variable].path,
                        .total = gradient,
                        .first = {},
                        .origin = module_.variables[variable].origin});
      return cuts;
    }
    std::map<ir::ValueId, ir::VariableId> variables;
    for (const ir::Read& read : graph_.reads) variables.emplace(read.value, read.variable);
    for (const BatchSum& sum : gradients.batch_sums) {
      const auto variable = variables.find(sum.shared);
      cuts.push_back({.of = variable == variables.end() ? fmt::format("value {}", sum.shared.index)
                                                        : module_.variables[variable->second].path,
                      .total = sum.total,
                      .first = sum.first,
                      .origin = graph_.values[sum.shared].origin});
    }
    return cuts;
  }

  /// Whether one of the shared values is computed from a state that the step changes.
  [[nodiscard]] bool any_depends_on_state(const std::vector<BatchSum>& sums) const {
    std::set<ir::VariableId> changed;
    for (const ir::Write& write : graph_.writes)
      if (is_state(write)) changed.insert(write.variable);
    std::vector<bool> depends(graph_.values.size(), false);
    for (const ir::Read& read : graph_.reads)
      depends[read.value.index] = changed.contains(read.variable);
    depends = graph::computed_from(graph_, std::move(depends));
    return std::any_of(sums.begin(), sums.end(),
                       [&](const BatchSum& sum) { return depends[sum.shared.index]; });
  }

  [[nodiscard]] bool is_state(const ir::Write& write) const {
    return module_.variables[write.variable].kind == ir::VariableKind::state;
  }

  /// One graph ends in the accumulators, the other starts from them.
  void split(const std::vector<Cut>& cuts) {
    ir::Graph step = graph_;
    ir::Graph apply = graph_;
    // States change with every micro-batch, parameters behind the last one.
    std::erase_if(step.writes, [&](const ir::Write& write) { return !is_state(write); });
    std::erase_if(apply.writes, [&](const ir::Write& write) { return is_state(write); });
    set_kind(apply, ir::GraphKind::apply);
    apply.outputs.clear();
    std::erase_if(apply.inputs, [](const ir::Input& input) {
      return input.kind == ir::InputKind::sample || input.kind == ir::InputKind::target;
    });
    ops::Builder step_builder(step);
    step_builder.set_phase(ir::Phase::backward);
    ops::Builder apply_builder(apply);
    apply_builder.set_phase(ir::Phase::update);
    apply_builder.set_origin(training_.origin);
    graph::Replacements totals(apply);
    for (const Cut& cut : cuts) {
      const ir::TensorType type = graph_.type(cut.total);
      const ir::VariableId accumulator = module_.variables.push_back(
          {.path = fmt::format("gradient({})", cut.of),
           .type = type,
           .kind = ir::VariableKind::accumulator,
           .init = {.kind = ir::Initializer::Kind::constant, .scale = 0},
           .origin = cut.origin});
      const ir::ValueId before = step_builder.read(module_, accumulator);
      if (cut.first.is_valid()) {
        ir::Node& first = step.nodes[step.values[cut.first].producer];
        first.inputs.at(static_cast<size_t>(first.op->accumulator)) = before;
        step_builder.write(accumulator, cut.total);
      } else {
        step_builder.write(accumulator, step_builder.emit("add", {before, cut.total}));
      }

      const ir::ValueId total = apply_builder.read(module_, accumulator);
      totals.add(cut.total, total);
      const ir::ValueId zero =
          apply_builder.emit("constant", {}, {{"value", 0.0}, {"dims", type.dims}});
      apply_builder.write(accumulator, zero);
    }
    totals.apply(apply);
    module_.graphs.push_back(trimmed(std::move(step)));
    module_.graphs.push_back(trimmed(std::move(apply)));
  }

  ir::Module& module_;
  const check::Training& training_;
  Diagnostics& diagnostics_;
  ir::Graph graph_;
};

}  // namespace

std::optional<ir::Module> make_entry_points(const check::Program& program,
                                            Diagnostics& diagnostics) {
  const ir::Graph* sample = program.module.find_graph(ir::GraphKind::sample);
  TDC_CHECK(sample != nullptr, "no graph of one sample");
  if (!check_batching(program.module, *sample, diagnostics)) return std::nullopt;
  ir::Module module = {
      .variables = program.module.variables, .repeats = program.module.repeats, .graphs = {}};

  ir::Graph infer = select_outputs(*sample, ir::GraphKind::infer, {ir::OutputKind::result});
  infer.writes.clear();
  std::erase_if(infer.inputs,
                [](const ir::Input& input) { return input.kind == ir::InputKind::target; });
  graph::remove_dead(infer);
  module.graphs.push_back(batch_graph(module, infer, 1));
  if (!program.training) return module;

  ir::Graph eval =
      select_outputs(*sample, ir::GraphKind::eval,
                     {ir::OutputKind::loss, ir::OutputKind::metric, ir::OutputKind::divisor});
  eval.writes.clear();
  graph::remove_dead(eval);
  module.graphs.push_back(batch_graph(module, eval, 1));

  if (!TrainStepBuilder(module, *program.training, diagnostics).build(*sample)) return std::nullopt;
  return module;
}

}  // namespace tdc::autodiff
