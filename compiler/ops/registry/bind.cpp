#include "ops/bind.h"

#include <utility>

namespace tdc::ops {
namespace {

/// Leaves a `bind` early, through the helpers that it is made of.
struct LayoutRefused {
  std::string why;
};

}  // namespace

void refuse_layout(std::string why) {
  throw LayoutRefused{std::move(why)};
}

std::optional<KernelScalars> bind(const KernelDef& kernel, const KernelCall& call) {
  KernelScalars scalars;
  try {
    if (kernel.bind != nullptr) kernel.bind(call, scalars);
  } catch (const LayoutRefused&) {
    return std::nullopt;
  }
  return scalars;
}

}  // namespace tdc::ops
