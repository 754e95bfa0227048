#pragma once

#include "ops/op.h"

namespace tdc::ops {

/// The largest error of the op's kernel over its samples, as `kernels::relative_error`; the kernel
/// gives the same bits on every machine.
double worst_kernel_error(const OpDef& op);

}  // namespace tdc::ops
