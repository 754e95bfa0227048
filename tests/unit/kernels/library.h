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

/// Those of the matrix engine, for schedules of one op that has such a kernel.
class EngineLibrary : public schedule::KernelLibrary {
 public:
  [[nodiscard]] schedule::KernelFunction find(std::string_view name) const override {
    kernel_ = builds().front().get<td_engine_ticket(const void*)>(std::string(name) + "_engine");
    return [](const void* arguments, schedule::Team team) {
      if (team.core == 0) kernel_(arguments);  // complete when it returns
    };
  }

 private:
  static inline td_engine_ticket (*kernel_)(const void*) = nullptr;
};

}  // namespace tdc::kernels
