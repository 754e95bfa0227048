#pragma once

#include <string>
#include <vector>

#include "ir/ir.h"

namespace tdc::ir {

/// The violations of the invariants numbered in ir.h, each with its number, graph and node; empty
/// for a sound module. Costs one walk over each graph.
std::vector<std::string> find_violations(const Module& module);

/// Internal fault if the module is unsound; `where` names the pass that made it.
void verify(const Module& module, std::string_view where);

}  // namespace tdc::ir
