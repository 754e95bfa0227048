#pragma once

// What ops share that give images other extents: index i of the result and position p of the
// operand lie over each other if [i, i + 1) * operand / result and [p, p + 1) do (op-15).

#include <string_view>
#include <vector>

#include "ops/op.h"
#include "ops/space.h"

namespace tdc::ops {

/// `size`, the result's height and width.
std::vector<AttributeDef> resampling_attributes();
/// The type rule of `op`: images of any extents to images of this size.
TypeResult infer_resampling(const Call& call, std::string_view op);

/// Of a gradient: `size` and x's `extent`, and its type rule.
std::vector<AttributeDef> resampling_gradient_attributes();
TypeResult infer_resampling_gradient(const Call& call);
/// The attributes of the gradient of a call.
ir::Attributes with_extent(const ir::Attributes& attributes, const ir::Dims& x);

/// Shapes that all of these ops are tested with.
std::vector<Sample> resampling_samples();
std::vector<Sample> resampling_gradient_samples();

/// floor(index * to / from) and ceil(index * to / from).
constexpr int64_t scaled_down(int64_t index, int64_t from, int64_t to) {
  return index * to / from;
}
constexpr int64_t scaled_up(int64_t index, int64_t from, int64_t to) {
  return (index * to + from - 1) / from;
}

/// The positions of `to` that lie over an index of `from`.
Window overlap(int64_t from, int64_t to);

/// The space of an op whose result's rows and columns reach those of its operand by `window`, of
/// the result's extent and the operand's.
Space resampling_space(const Call& call, Window (*window)(int64_t from, int64_t to));

/// A kernel that makes `result` (`y` or `dx`) from `operand` (`x` or `dy`).
KernelDef resampling_kernel(std::string_view name, std::string_view file);
KernelDef resampling_gradient_kernel(std::string_view name, std::string_view file);

}  // namespace tdc::ops
