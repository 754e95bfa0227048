#include "autodiff/structural_zeros.h"

#include <algorithm>
#include <map>
#include <set>

#include "ops/op.h"
#include "ops/registry.h"

namespace tdc::autodiff {
namespace {

/// Nodes that are looked at behind one variable, so that time grows with their number only.
constexpr size_t kFarthest = 256;

class ShiftWalk {
 public:
  explicit ShiftWalk(const ir::Graph& graph) : graph_(graph), users_(graph.values.size()) {
    for (const ir::NodeId id : graph.nodes.ids())
      for (const ir::ValueId input : graph.nodes[id].inputs)
        if (input.is_valid()) users_[input.index].push_back(id);
    find_needed();
    find_dependent();
  }

  /// The node that takes away what is added to a value, if all of it is taken away before the loss.
  /// Of several the first.
  [[nodiscard]] std::optional<ir::NodeId> end_of(ir::ValueId start) const {
    std::map<ir::ValueId, ops::Shift> shifts;
    std::set<ir::NodeId> ahead;
    const auto moves = [&](ir::ValueId value, ops::Shift shift) {
      shifts.emplace(value, std::move(shift));
      for (const ir::NodeId user : users_[value.index])
        if (is_needed_[user.index]) ahead.insert(user);
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
      if (shift && (!shift->is_known || node.outputs[0] == loss_)) return std::nullopt;
      if (shift)
        moves(node.outputs[0], *shift);
      else if (!end)
        end = id;
      for (size_t i = 1; i < node.outputs.size(); ++i)
        if (is_needed(node.outputs[i])) return std::nullopt;
    }
    return end;
  }

 private:
  /// The nodes that the loss needs.
  void find_needed() {
    is_needed_.resize(graph_.nodes.size());
    std::vector<bool> values(graph_.values.size());
    for (const ir::Output& output : graph_.outputs) {
      if (output.kind != ir::OutputKind::loss) continue;
      loss_ = output.value;
      values[loss_.index] = true;
    }
    for (size_t i = graph_.nodes.size(); i-- > 0;) {
      const ir::Node& node = graph_.nodes[ir::NodeId{static_cast<uint32_t>(i)}];
      for (const ir::ValueId output : node.outputs)
        is_needed_[i] = is_needed_[i] || values[output.index];
      if (!is_needed_[i]) continue;
      for (const ir::ValueId input : node.inputs)
        if (input.is_valid()) values[input.index] = true;
    }
  }

  /// The values that depend on the sample.
  void find_dependent() {
    is_of_sample_.resize(graph_.values.size());
    for (const ir::Input& input : graph_.inputs) is_of_sample_[input.value.index] = true;
    for (const ir::Node& node : graph_.nodes) {
      const bool any = std::any_of(node.inputs.begin(), node.inputs.end(), [&](ir::ValueId input) {
        return input.is_valid() && is_of_sample_[input.index];
      });
      for (const ir::ValueId output : node.outputs) is_of_sample_[output.index] = any;
    }
  }

  [[nodiscard]] bool is_needed(ir::ValueId value) const {
    for (const ir::NodeId user : users_[value.index])
      if (is_needed_[user.index]) return true;
    return value == loss_;
  }

  const ir::Graph& graph_;
  std::vector<std::vector<ir::NodeId>> users_;
  std::vector<bool> is_needed_;     // by node
  std::vector<bool> is_of_sample_;  // by value
  ir::ValueId loss_;
};

}  // namespace

void warn_of_structural_zeros(const ir::Module& module, const ir::Graph& sample,
                              Diagnostics& diagnostics) {
  const ShiftWalk walk(sample);
  for (const ir::Read& read : sample.reads) {
    const ir::Variable& variable = module.variables[read.variable];
    if (!variable.is_trained) continue;
    const std::optional<ir::NodeId> end = walk.end_of(read.value);
    if (!end) continue;
    const ir::Node& node = sample.nodes[*end];
    diagnostics.report(variable.origin, diag::structural_zero, variable.path)
        .note(node.origin, diag::note_shift_ends, std::string(node.op->name))
        .hint(diag::hint_structural_zero);
  }
}

}  // namespace tdc::autodiff
