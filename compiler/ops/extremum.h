#pragma once

// What `max` and `min` over axes share: all but which of two elements counts.

#include <string_view>
#include <vector>

#include "ops/op.h"

namespace tdc::ops {

/// Whether `element` is beyond `best`, which was the extremum so far; neither is a NaN.
using IsBeyond = bool (*)(double element, double best);

/// The extremum over axes; the first NaN if there is one.
void evaluate_extremum(const Evaluation& evaluation, IsBeyond is_beyond);
/// dx = dy where the extremum is, or the first NaN, or the first of equal ones; 0 elsewhere.
void evaluate_extremum_gradient(const Evaluation& evaluation, IsBeyond is_beyond);

/// Of the gradient, whose operands are `x` and `dy`.
KernelDef extremum_gradient_kernel(std::string_view name, std::string_view file);
std::vector<Sample> extremum_gradient_samples();

}  // namespace tdc::ops
