#pragma once

// Asking a kernel for its fields. Kernels take the layouts that their fields can say, and `bind` of
// the record is the one who knows: it refuses the others.

#include <optional>
#include <string>

#include "ops/kernel.h"

namespace tdc::ops {

/// Called by `bind` of a record, and by the helpers of strides.h: the kernel's fields cannot say
/// how an operand lies.
[[noreturn]] void refuse_layout(std::string why);

/// The kernel's fields for a call; nullopt if it cannot take how the operands lie. Whole dense
/// operands are always taken.
std::optional<KernelScalars> bind(const KernelDef& kernel, const KernelCall& call);

}  // namespace tdc::ops
