#pragma once

#include <optional>
#include <string>

#include "ir/ir.h"
#include "ops/op.h"

namespace tdc::check {

/// Signatures call the axis that an `i32` operand counts in `c` (classes) or `v` (vocabulary).
bool is_counted_dim(const std::string& dim);

/// An `i32` result counts in the axis of input 0 that the attribute `axis` names: its extent, or
/// nullopt if the op has no such result (op-13).
std::optional<int64_t> counted_result(const ops::OpDef& op, const ops::Call& call);

/// Sets `ir::Input::classes` of every input of i32 with whose elements an op counts along an axis:
/// to the extent of the shortest such axis. `class(n)` has it already.
///
///     %token = input token                    %token = input token ; class(50)
///     %y = embedding(%token, %w[50, 8])  ->   %y = embedding(%token, %w[50, 8])
void limit_indices(ir::Graph& sample);

}  // namespace tdc::check
