#pragma once

// What softmax and its logarithm share: they are taken along one axis, row by row.

#include <string_view>
#include <vector>

#include "ops/elementwise.h"
#include "ops/op.h"

namespace tdc::ops {

std::vector<AttributeDef> softmax_attributes();
TypeResult infer_softmax(const Call& call);
/// Shapes of an op of so many operands, and where their elements are drawn from.
std::vector<Sample> softmax_samples(size_t operands, Domain domain);

/// A row along the axis: the index of its first element, and from element to element.
struct RowOfAxis {
  size_t begin, step, count;
  [[nodiscard]] size_t at(size_t i) const { return begin + i * step; }
};

/// Calls `function(row)` for each row.
template <typename Function>
void for_each_row(const Tensor& tensor, const ir::Attributes& attributes, Function function) {
  const size_t axis = axis_of(tensor.type.dims, attributes);
  const auto count = static_cast<size_t>(tensor.type.dims[axis]);
  const auto step = static_cast<size_t>(ir::dense_strides(tensor.type.dims)[axis]);
  for (size_t outer = 0; outer < tensor.data.size(); outer += count * step)
    for (size_t inner = 0; inner < step; ++inner)
      function(RowOfAxis{.begin = outer + inner, .step = step, .count = count});
}

/// Each row is needed whole.
Space softmax_space(const Call& call);
/// From `x` to `y`.
KernelDef softmax_kernel(std::string_view name, std::string_view file);
/// From `y` and `dy` to `dx`.
KernelDef softmax_gradient_kernel(std::string_view name, std::string_view file);

}  // namespace tdc::ops
