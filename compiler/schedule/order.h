#pragma once

#include <vector>

#include "ir/ir.h"

namespace tdc::schedule {

/// An execution order of the graph's nodes that respects data dependencies and, for every variable
/// that is updated in place (`in_place_updates`), runs all readers of the old version before the
/// first node that writes to its memory.
///
/// The order is the graph's own, except that a node runs as soon as it can if running it does not
/// enlarge what is live: updates run right after their gradient, whose memory they free.
std::vector<ir::NodeId> order_nodes(const ir::Graph& graph);

/// For each write of the graph, the nodes whose outputs stand in the variable's memory one after
/// another, the last of which makes the new version; none: it must be made elsewhere and copied.
///
/// An update is made in place if no reader of the old version has to run after its first node,
/// which itself reads the old version only where the op's record allows it, and if the orders that
/// all updates ask for go together. There are several nodes if sums are continued that nobody else
/// uses.
std::vector<std::vector<ir::NodeId>> in_place_updates(const ir::Graph& graph);

/// For each value the one whose memory it shares: itself, or what it is a chain of views of.
IdVector<ir::ValueId, ir::ValueId> storage_roots(const ir::Graph& graph);

}  // namespace tdc::schedule
