#pragma once

// What reductions share: which axes go, how kernels see the two groups of loops, and where the
// elements of a reduction lie.

#include <vector>

#include "ops/rules.h"

namespace tdc::ops {

/// Fields `y`, `x`, `rank`, `extent`, `y_stride`, `x_stride` (kept axes) and `reduce_rank`,
/// `reduce_extent`, `reduce_stride` (reduced axes, of x; row-major order is the order of the sum).
std::vector<KernelField> reduction_fields();

/// Fills them. `is_reduced` has an entry for each axis of x; y has either extents 1 there
/// (`keeps_axes`) or lacks these axes.
void bind_reduction(const KernelCall& call, KernelScalars& scalars,
                    const std::vector<bool>& is_reduced, bool keeps_axes);

/// Strides of the two groups of loops, of each operand: those like x, then, along kept axes, the
/// one like y.
struct ReductionLoops {
  std::vector<ir::Dims> kept, reduced;
};
/// Merges the loops and fills `rank`, `extent`, `reduce_rank` and `reduce_extent`. Operands
/// `like_x`, at least one, have all axes; `like_y` has the kept ones, and extents 1 or none for the
/// others (`keeps_axes`).
ReductionLoops bind_loops(const std::vector<bool>& is_reduced, bool keeps_axes,
                          const std::vector<OperandLayout>& like_x, const OperandLayout& like_y,
                          KernelScalars& scalars);

/// For each element of x in row-major order, the element of y that it is reduced into.
std::vector<size_t> reduction_targets(const ir::Dims& x, const std::vector<bool>& is_reduced);

// ---- ops with attributes `axis` (axes, negative; empty: all) and `keep` ------------------------

std::vector<AttributeDef> reduction_attributes();
std::vector<bool> reduced_axes(const ir::Dims& x, const ir::Attributes& attributes);
TypeResult infer_reduction(const Call& call);
/// An op without `axis` reduces every axis of the sample, but not the batch.
ir::ValueIds batch_reduction(const BatchContext& context);
void bind_axes_reduction(const KernelCall& call, KernelScalars& scalars);
/// The kept axes. Operands are like x or like y; reduced axes are needed whole.
Space axes_reduction_space(const Call& call);
/// `OpDef::spread` of a sum or a mean, in eight parts.
std::optional<ir::ValueId> spread_sum(Builder& builder, const ir::Node& node, bool is_mean);
/// A reduction (`op`) over axes of x that is the same over the results of ranges: of at least eight
/// of one size, each of at least as many elements. Reduced axes are left out. Nullopt if the
/// outermost axis has no such ranges, or it is not worth it.
std::optional<ir::ValueId> reduce_ranges(Builder& builder, std::string_view op, ir::ValueId x,
                                         const std::vector<bool>& is_reduced);
/// It as `OpDef::spread`.
std::optional<ir::ValueId> spread_in_ranges(Builder& builder, const ir::Node& node);
/// The cotangent under x's rank, with extents 1 along reduced axes.
ir::ValueId kept_cotangent(GradientContext& context);
std::vector<Sample> reduction_samples();

}  // namespace tdc::ops
