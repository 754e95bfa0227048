#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "emit/model.h"

namespace tdc::emit {

/// What a model's function returns: the enumerator `<PREFIX>_<name>`.
struct ModelStatus {
  uint32_t value;
  std::string_view name, meaning;
};
std::span<const ModelStatus> model_statuses();

/// `include/tdc/<prefix>.h`: sizes, statuses, the functions and the table of variables.
std::string emit_header(const Model& model);

/// `<prefix>.c`: the arenas and one function per entry point, a call of a kernel per launch.
std::string emit_source(const Model& model);

}  // namespace tdc::emit
