#pragma once

#include <span>
#include <string>

#include "ops/op.h"

namespace tdc::emit {

/// The text of `td_kernels.h`: argument struct and prototype of every kernel of `ops`, each once,
/// in the order given. Ops without a kernel (views) add nothing. Ops may share a kernel; asserts
/// that they then agree about its fields.
std::string kernel_header(std::span<const ops::OpDef* const> ops);

}  // namespace tdc::emit
