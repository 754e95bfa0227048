#pragma once

#include <cstddef>
#include <map>

#include "ir/ir.h"

namespace tdc::ops {

/// Appends nodes to a graph. Types come from the op's record; a call that the record rejects is an
/// internal fault: whoever builds from user input asks the record first (`infer_types`).
class Builder {
 public:
  explicit Builder(ir::Graph& graph) : graph_(graph) {}

  /// Used for the nodes and values that follow.
  void set_phase(ir::Phase phase) { phase_ = phase; }
  void set_origin(SourceRange origin) { origin_ = origin; }

  ir::ValueId add_input(std::string name, ir::InputKind kind, ir::TensorType type, bool is_batched,
                        int64_t classes = 0);
  /// The value of the variable in this graph; the same value each time. As long as the builder
  /// lives, reads are only added.
  ir::ValueId read(const ir::Module& module, ir::VariableId variable);
  void write(ir::VariableId variable, ir::ValueId value) {
    graph_.writes.push_back({variable, value});
  }

  /// Adds a node and returns its outputs. Missing attributes get the record's defaults, missing
  /// trailing optional operands are absent. Outputs are batched if any input is.
  ir::ValueIds emit_all(std::string_view op, ir::ValueIds inputs, ir::Attributes attributes = {});
  /// The same for an op with one output.
  ir::ValueId emit(std::string_view op, ir::ValueIds inputs, ir::Attributes attributes = {});
  /// The same for a node that sums over the batch: its output is not batched. The op's record has
  /// an accumulator operand (`OpDef::accumulator`).
  ir::ValueId emit_reduced(std::string_view op, ir::ValueIds inputs,
                           ir::Attributes attributes = {});

  /// The value repeated to `dims`, whose leading axis is the batch: the same for each sample.
  ir::ValueId broadcast_to_batch(ir::ValueId value, const ir::Dims& dims);

  [[nodiscard]] const ir::Graph& graph() const { return graph_; }
  [[nodiscard]] ir::Graph& graph() { return graph_; }
  [[nodiscard]] const ir::TensorType& type(ir::ValueId value) const {
    return graph_.values[value].type;
  }
  [[nodiscard]] bool is_batched(ir::ValueId value) const { return graph_.values[value].is_batched; }

 private:
  ir::NodeId append(std::string_view op, ir::ValueIds inputs, ir::Attributes attributes,
                    bool is_batched);

  ir::Graph& graph_;
  std::map<ir::VariableId, ir::ValueId> reads_;  // the first `indexed_reads_` of the graph's
  size_t indexed_reads_ = 0;
  ir::Phase phase_ = ir::Phase::forward;
  SourceRange origin_;
};

}  // namespace tdc::ops
