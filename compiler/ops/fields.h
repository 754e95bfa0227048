#pragma once

// Members that argument structs of many kernels have.

#include <string_view>

#include "ops/kernel.h"

namespace tdc::ops {

/// An extent, a stride or a distance.
inline KernelField count_field(std::string_view name, std::string_view summary) {
  return {.name = name, .kind = FieldKind::count, .summary = summary};
}

}  // namespace tdc::ops
