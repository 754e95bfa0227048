#pragma once

// Asking a kernel for its fields. Kernels take the layouts that their fields can say, and `bind` of
// the record is the one who knows: it refuses the others.

#include <optional>
#include <string>
#include <vector>

#include "ops/kernel.h"

namespace tdc::ops {

/// Called by `bind` of a record, and by the helpers of strides.h: the kernel's fields cannot say
/// how an operand lies.
[[noreturn]] void refuse_layout(std::string why);

struct OpDef;

/// One call of the kernel of an op, and which operands of the op's call it is given.
struct KernelPart {
  struct Place {
    size_t operand;
    int64_t offset = 0;  ///< from where the operand's layout starts, in elements
  };
  KernelCall call;
  std::vector<Place> inputs, outputs;  ///< those of `call`
};

/// The calls of its kernel that compute a call of an op: one. If the op takes a list, the kernel
/// takes one member of it, and there is a call for each member that the box touches.
std::vector<KernelPart> kernel_parts(const OpDef& op, const KernelCall& call);

/// Whether the op's kernel can take how the operands lie.
bool is_possible(const OpDef& op, const KernelCall& call);

/// The kernel's fields for a call; nullopt if it cannot take how the operands lie. Whole dense
/// operands are always taken.
std::optional<KernelScalars> bind(const KernelDef& kernel, const KernelCall& call);

}  // namespace tdc::ops
