#pragma once

#include <string>

#include "emit/model.h"

namespace tdc::emit {

/// `<prefix>.h`: sizes, statuses, the functions and the table of variables.
std::string emit_header(const Model& model);

/// `<prefix>.c`: the arenas and one function per entry point, a call of a kernel per launch.
std::string emit_source(const Model& model);

}  // namespace tdc::emit
