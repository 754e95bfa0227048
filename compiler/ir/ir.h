#pragma once

// The program between the checked source and the schedule: one pure graph per entry point.
//
// Invariants, checked by `verify` (the numbers are cited there):
//   1. Nodes stand in topological order: a node's inputs are graph inputs, variable reads, or
//      outputs of earlier nodes.
//   2. Every value has exactly one source: a graph input, a read, or one output of one node.
//   3. A node's output types are those that its op's record infers from its inputs and attributes.
//   4. A graph reads version 0 of a variable at most once and writes it at most once, giving
//      version 1; the type of the written value is the variable's type. Nothing is written that is
//      not read.
//   5. Once entry points exist, values that depend on the sample are marked `is_batched` and have
//      the batch as their leading axis; before, no value has a batch axis.
//   6. Phases never go back: no forward node consumes a backward or update node's output.

#include <string>
#include <vector>

#include "ir/attributes.h"
#include "ir/boundary.h"
#include "ir/ids.h"
#include "ir/types.h"
#include "ir/variables.h"
#include "support/ids.h"
#include "support/source.h"

namespace tdc::ops {
struct OpDef;
}

namespace tdc::ir {

struct Value {
  TensorType type;
  NodeId producer;  ///< not valid for graph inputs and variable reads
  bool is_batched = false;
  SourceRange origin;
  std::string name;  ///< as the user wrote it, or a path; may be empty; for people and traces
};

struct Node {
  const ops::OpDef* op = nullptr;
  Attributes attributes;
  ValueIds inputs;  ///< an optional operand that is absent is an id that is not valid
  ValueIds outputs;
  Phase phase = Phase::forward;
  /// The repeats around it, outermost first. What stands for a node (its batched nodes, the nodes
  /// of its gradient) has its turns: several nodes of a turn may share a position.
  std::vector<Turn> turns;
  SourceRange origin;
};

struct Graph {
  GraphKind kind = GraphKind::sample;
  std::string name;   ///< for people, and in C: that of the kind; tests have several of a kind
  int64_t batch = 0;  ///< leading extent of batched values; 0 while the graph is of one sample
  IdVector<ValueId, Value> values;
  IdVector<NodeId, Node> nodes;
  std::vector<Input> inputs;
  std::vector<Output> outputs;
  std::vector<Read> reads;
  std::vector<Write> writes;

  [[nodiscard]] const TensorType& type(ValueId value) const { return values[value].type; }
};

struct Module {
  IdVector<VariableId, Variable> variables;
  /// Where each `repeat` stands. One that is elaborated several times (in another repeat, in a
  /// block that is called twice) is here several times.
  IdVector<RepeatId, SourceRange> repeats;
  std::vector<Graph> graphs;

  [[nodiscard]] const Graph* find_graph(GraphKind kind) const;
};

}  // namespace tdc::ir
