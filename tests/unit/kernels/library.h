#pragma once

#include <string>
#include <string_view>

#include "schedule/kernel_call.h"
#include "unit/kernels/kernels.h"

namespace tdc::kernels {

/// The kernels of the first build, for schedules.
class Library : public schedule::KernelLibrary {
 public:
  [[nodiscard]] schedule::KernelFunction find(std::string_view name) const override {
    return reinterpret_cast<schedule::KernelFunction>(builds().front().find(std::string(name)));
  }
};

}  // namespace tdc::kernels
