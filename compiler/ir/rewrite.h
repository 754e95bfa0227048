#pragma once

#include "ir/ir.h"

namespace tdc::ir {

/// Every node, output and write that used `from` uses `to` afterwards, except node `except`.
void replace_uses(Graph& graph, ValueId from, ValueId to, NodeId except = {});

/// Restores invariant 1 after nodes were appended out of order: a stable topological order, nodes
/// that are ready keep their relative order. Node ids change, value ids do not.
void sort_topologically(Graph& graph);

/// Whether an output or a write of the graph depends on each node.
IdVector<NodeId, char> live_nodes(const Graph& graph);

/// Removes nodes that no output and no write depends on, reads that nothing uses, and renumbers
/// values and nodes densely. Graph inputs stay: they are the entry point's signature.
void remove_dead(Graph& graph);

}  // namespace tdc::ir
