#pragma once

#include <string>
#include <vector>

#include "ir/ir.h"

namespace tdc::graph {

/// The violations of the invariants numbered in ir.h, each with its number, graph and node; empty
/// for a sound module. Costs one walk over each graph.
std::vector<std::string> find_violations(const ir::Module& module);

/// Internal fault if the module is unsound; `where` names the pass that made it.
void verify(const ir::Module& module, std::string_view where);

}  // namespace tdc::graph
