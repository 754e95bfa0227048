#pragma once

#include <string>

#include "ir/ir.h"

namespace tdc::graph {

/// A module for people and golden tests: its variables, then each graph with one node per line,
///
///     %4: f32[8, 10] = matmul %1 %3 transpose_b=true  ; forward, fc2
///
/// `%n` are value ids; `_` is an absent operand; `[8, ..]` marked `*` depends on the sample. The
/// same module gives the same text.
std::string to_text(const ir::Module& module);
std::string to_text(const ir::Module& module, const ir::Graph& graph);

}  // namespace tdc::graph
