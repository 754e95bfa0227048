#pragma once

#include <cstddef>
#include <map>

#include "ir/ir.h"

namespace tdc::ir {

/// Appends nodes to a graph. Types come from the op's record; a call that the record rejects is an
/// internal fault: whoever builds from user input asks the record first (`ops::infer_types`).
class Builder {
 public:
  explicit Builder(Graph& graph) : graph_(graph) {}

  /// Used for the nodes and values that follow.
  void set_phase(Phase phase) { phase_ = phase; }
  void set_origin(SourceRange origin) { origin_ = origin; }

  ValueId add_input(std::string name, InputKind kind, TensorType type, bool is_batched,
                    int64_t classes = 0);
  /// The value of the variable in this graph; the same value each time. As long as the builder
  /// lives, reads are only added.
  ValueId read(const Module& module, VariableId variable);
  void write(VariableId variable, ValueId value) { graph_.writes.push_back({variable, value}); }

  /// Adds a node and returns its outputs. Missing attributes get the record's defaults, missing
  /// trailing optional operands are absent. Outputs are batched if any input is.
  ValueIds emit_all(std::string_view op, ValueIds inputs, Attributes attributes = {});
  /// The same for an op with one output.
  ValueId emit(std::string_view op, ValueIds inputs, Attributes attributes = {});
  /// The same for a node that sums over the batch: its output is not batched. The op's record has
  /// an accumulator operand (`OpDef::accumulator`).
  ValueId emit_reduced(std::string_view op, ValueIds inputs, Attributes attributes = {});

  /// The value repeated to `dims`, whose leading axis is the batch: the same for each sample.
  ValueId broadcast_to_batch(ValueId value, const Dims& dims);

  [[nodiscard]] const Graph& graph() const { return graph_; }
  [[nodiscard]] Graph& graph() { return graph_; }
  [[nodiscard]] const TensorType& type(ValueId value) const { return graph_.values[value].type; }
  [[nodiscard]] bool is_batched(ValueId value) const { return graph_.values[value].is_batched; }

 private:
  NodeId append(std::string_view op, ValueIds inputs, Attributes attributes, bool is_batched);

  Graph& graph_;
  std::map<VariableId, ValueId> reads_;  // the first `indexed_reads_` of the graph's
  size_t indexed_reads_ = 0;
  Phase phase_ = Phase::forward;
  SourceRange origin_;
};

}  // namespace tdc::ir
