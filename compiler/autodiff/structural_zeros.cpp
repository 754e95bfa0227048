#include "autodiff/structural_zeros.h"

#include <algorithm>
#include <map>
#include <set>

#include "autodiff/batch.h"
#include "graph/rewrite.h"
#include "ops/op.h"
#include "ops/registry.h"

namespace tdc::autodiff {
namespace {

/// Nodes that are looked at behind one variable, so that time grows with their number only.
constexpr size_t kFarthest = 256;

class ShiftWalk {
 public:
  /// Nothing but the loss is a result of the graph.
  explicit ShiftWalk(const ir::Graph& graph)
      : graph_(graph), users_(graph.values.size()), is_of_sample_(depends_on_sample(graph)) {
    for (const ir::NodeId id : graph.nodes.ids())
      for (const ir::ValueId input : graph.nodes[id].inputs)
        if (input.is_valid()) users_[input.index].push_back(id);
  }

  /// The node that takes away what is added to a value, if all of it is taken away before the loss.
  /// Of several the first.
  [[nodiscard]] std::optional<ir::NodeId> end_of(ir::ValueId start) const {
    std::map<ir::ValueId, ops::Shift> shifts;
    std::set<ir::NodeId> ahead;
    const auto moves = [&](ir::ValueId value, ops::Shift shift) {
      shifts.emplace(value, std::move(shift));
      ahead.insert(users_[value.index].begin(), users_[value.index].end());
    };
    std::vector<bool> varies;
    for (const int64_t extent : graph_.type(start).dims) varies.push_back(extent > 1);
    moves(start, {.varies = varies});
    std::optional<ir::NodeId> end;
    for (size_t looked_at = 0; !ahead.empty(); ++looked_at) {
      const ir::NodeId id = *ahead.begin();
      ahead.erase(ahead.begin());
      const ir::Node& node = graph_.nodes[id];
      if (looked_at == kFarthest || node.op->shift == nullptr) return std::nullopt;
      ops::ShiftOperands inputs;
      for (const ir::ValueId input : node.inputs) {
        ops::ShiftOperand& operand = inputs.emplace_back();
        if (!input.is_valid()) continue;
        operand.is_of_sample = is_of_sample_[input.index];
        const auto shift = shifts.find(input);
        if (shift != shifts.end()) operand.shift = shift->second;
      }
      const std::optional<ops::Shift> shift = node.op->shift(ops::call_of(graph_, node), inputs);
      if (shift && (!shift->is_known || node.outputs[0] == loss())) return std::nullopt;
      if (shift)
        moves(node.outputs[0], *shift);
      else if (!end)
        end = id;
      for (size_t i = 1; i < node.outputs.size(); ++i)
        if (is_used(node.outputs[i])) return std::nullopt;
    }
    return end;
  }

 private:
  [[nodiscard]] ir::ValueId loss() const { return graph_.outputs[0].value; }
  [[nodiscard]] bool is_used(ir::ValueId value) const {
    return !users_[value.index].empty() || value == loss();
  }

  const ir::Graph& graph_;
  std::vector<std::vector<ir::NodeId>> users_;
  std::vector<bool> is_of_sample_;  // by value
};

}  // namespace

void warn_of_structural_zeros(const ir::Module& module, const ir::Graph& sample,
                              Diagnostics& diagnostics) {
  ir::Graph graph = sample;
  std::erase_if(graph.outputs,
                [](const ir::Output& output) { return output.kind != ir::OutputKind::loss; });
  graph.writes.clear();
  graph::remove_dead(graph);
  const ShiftWalk walk(graph);
  for (const ir::Read& read : graph.reads) {
    const ir::Variable& variable = module.variables[read.variable];
    if (!variable.is_trained) continue;
    const std::optional<ir::NodeId> end = walk.end_of(read.value);
    if (!end) continue;
    const ir::Node& node = graph.nodes[*end];
    diagnostics.report(variable.origin, diag::structural_zero, variable.path)
        .note(node.origin, diag::note_shift_ends, std::string(node.op->name))
        .hint(diag::hint_structural_zero);
  }
}

}  // namespace tdc::autodiff
