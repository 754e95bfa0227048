#pragma once

// From views to what kernels loop over: fewer axes, each with one stride per operand. What cannot
// be said so is refused (`refuse_layout`).

#include <vector>

#include "ops/kernel.h"

namespace tdc::ops {

/// Nested loops, outermost first. `strides[i]` belongs to operand i and has one entry per loop.
struct LoopNest {
  ir::Dims extent;
  std::vector<ir::Dims> strides;
};

/// The same loops with extents 1 dropped and neighbours that all operands walk evenly made one; at
/// least one loop stays. Refuses if more than `kKernelRank` are left.
LoopNest merge_loops(const LoopNest& nest);

/// The strides of an operand that is broadcast to `rank` axes (trailing axes aligned): 0 along axes
/// that it lacks or that have extent 1.
ir::Dims broadcast_strides(const OperandLayout& layout, size_t rank);

/// One axis: elements, and the distance between neighbours.
struct StridedAxis {
  int64_t extent = 1;
  int64_t stride = 0;
};

/// Axes [begin, end) of an operand as one. Refuses if they cannot be merged; those of whole tensors
/// can, and of tensors cut along the outermost of these axes only.
StridedAxis merge_axes(const OperandLayout& layout, size_t begin, size_t end);

/// The leading axes, all but `trailing`, as one; their stride is that of the rows below if there is
/// only one.
StridedAxis merge_leading(const OperandLayout& layout, size_t trailing);

/// The leading axes, all but the last, which is stored without gaps (refused otherwise).
StridedAxis dense_rows(const OperandLayout& layout);

/// Refuses unless the last `trailing` axes are stored without gaps; all axes, if nothing is said.
void check_dense(const OperandLayout& layout, size_t trailing);
void check_dense(const OperandLayout& layout);

}  // namespace tdc::ops
