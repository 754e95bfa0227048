#pragma once

#include <string>

#include "ir/ir.h"

namespace tdc::check {

/// Signatures call the axis that an `i32` operand counts in `c` (classes) or `v` (vocabulary).
bool is_counted_dim(const std::string& dim);

/// Sets `ir::Input::classes` of every input of i32 with whose elements an op counts along an axis:
/// to the extent of the shortest such axis. `class(n)` has it already.
///
///     %token = input token                    %token = input token ; class(50)
///     %y = embedding(%token, %w[50, 8])  ->   %y = embedding(%token, %w[50, 8])
void limit_indices(ir::Graph& sample);

}  // namespace tdc::check
