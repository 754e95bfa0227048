#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "driver/compilation.h"
#include "io/array.h"

namespace tdc::driver {

/// Every named value of the first training step, for comparing with another framework: inputs,
/// targets, parameters, what the forward and the backward pass compute (`blocks.0.norm1`,
/// `gradient(fc1.weight)`, the latter summed over the micro-batch), with the batch axis first, and
/// their mean `loss`.
/// Of values that share a name the second is called `NAME#2`, in the order of computation. Updated
/// parameters are left out; `--save` has them.
///
/// Starts from the initial values. Computed by the reference interpreter in double precision and
/// rounded to f32 at the end, so that it differs from what the target computes by its roundings.
///
/// `input` is one micro-batch as `runner::Samples::gather` gives it. Asserts that the program has a
/// `train` block.
std::vector<io::Array> trace_values(const Compilation& compilation,
                                    std::span<const std::byte> input);

}  // namespace tdc::driver
