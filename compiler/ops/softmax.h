#pragma once

// What softmax and its logarithm share: they are taken along the last axis, row by row.

#include <string_view>
#include <vector>

#include "ops/op.h"

namespace tdc::ops {

std::vector<AttributeDef> softmax_attributes();
/// The type rule of `op`.
TypeResult infer_softmax(const Call& call, std::string_view op);
/// Shapes of an op of so many operands, and where their elements are drawn from.
std::vector<Sample> softmax_samples(size_t operands, Domain domain);

/// Calls `function(begin, columns)` for each row.
template <typename Function>
void for_each_row(const Tensor& tensor, Function function) {
  const auto columns = static_cast<size_t>(tensor.type.dims.back());
  for (size_t begin = 0; begin < tensor.data.size(); begin += columns) function(begin, columns);
}

/// Each row is needed whole.
Space softmax_space(const Call& call);
/// From `x` to `y`.
KernelDef softmax_kernel(std::string_view name, std::string_view file);
/// From `y` and `dy` to `dx`.
KernelDef softmax_gradient_kernel(std::string_view name, std::string_view file);

}  // namespace tdc::ops
