#pragma once

#include "ir/ir.h"

namespace tdc::graph {

/// Lets a node that can read an operand transposed read it where it lies, before a node that swaps
/// its last two axes and does nothing else: an op with boolean attributes `transpose_a`,
/// `transpose_b` for operands 0 and 1. `node` is one of `graph` or a copy.
void fold_transposes(const ir::Graph& graph, ir::Node& node);

/// Values that others take the place of, applied to the whole graph at once: one walk, however many
/// there are.
class Replacements {
 public:
  explicit Replacements(const ir::Graph& graph) { replaced_.resize(graph.values.size()); }

  /// What uses `from` shall use `to`, or what stands for `to` by now.
  void add(ir::ValueId from, ir::ValueId to) { replaced_[from] = of(to); }
  /// What stands for `value`; itself if nothing does.
  [[nodiscard]] ir::ValueId of(ir::ValueId value) const {
    if (value.index >= replaced_.size() || !replaced_[value].is_valid()) return value;
    return replaced_[value];
  }
  /// All operands of the node.
  void apply(ir::Node& node) const;
  /// All operands, outputs and writes, except the operands of a node that makes what stands for
  /// them: `sum = add(y, z)` may stand for `y`.
  void apply(ir::Graph& graph) const;

 private:
  IdVector<ir::ValueId, ir::ValueId> replaced_;  // not valid: it stands for itself
};

/// The nodes from `first` on were made in these turns.
void set_turns(ir::Graph& graph, ir::NodeId first, const std::vector<ir::Turn>& turns);

/// The turns that both stand in: what both share belongs to the repeats around them only.
std::vector<ir::Turn> common_turns(const std::vector<ir::Turn>& a, const std::vector<ir::Turn>& b);

/// Restores invariant 1 after nodes were appended out of order: a stable topological order, nodes
/// that are ready keep their relative order. Node ids change, value ids do not.
void sort_topologically(ir::Graph& graph);

/// Marks of values, spread to all that is computed from marked ones. What an op takes over the
/// batch
/// (`OpDef::of_batch`) is computed from no sample.
std::vector<bool> computed_from(const ir::Graph& graph, std::vector<bool> marks);

/// Whether an output or a write of the graph depends on each node.
IdVector<ir::NodeId, char> live_nodes(const ir::Graph& graph);

/// Removes nodes that no output and no write depends on, and reads that nothing uses of variables
/// that are not written, and renumbers values and nodes densely. Graph inputs stay: they are the
/// entry point's signature.
void remove_dead(ir::Graph& graph);

}  // namespace tdc::graph
