#pragma once

#include <vector>

#include "ir/ir.h"

namespace tdc::schedule {

/// An execution order of the graph's nodes that respects data dependencies and, for every variable
/// that can be updated in place (`updates_in_place`), runs all readers of the old version before
/// the node that makes the new one.
///
/// The order is the graph's own, except that a node runs as soon as it can if running it does not
/// enlarge what is live: updates run right after their gradient, whose memory they free.
std::vector<ir::NodeId> order_nodes(const ir::Graph& graph);

/// Whether the new version of a written variable may be made where the old one lies: no reader of
/// the old version depends on the new one, and the node that makes it reads the old one only
/// through an operand that the op's record declares updatable in place (or not at all).
bool updates_in_place(const ir::Graph& graph, const ir::Write& write);

/// The value whose memory a value shares: itself, or what it is a chain of views of.
ir::ValueId storage_root(const ir::Graph& graph, ir::ValueId value);

}  // namespace tdc::schedule
