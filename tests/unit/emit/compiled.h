#pragma once

#include <string>

#include "driver/pipeline.h"

namespace tdc::test {

/// A program's project, for the first `deploy` block of its text or the host.
driver::Compilation compile(const std::string& text);

}  // namespace tdc::test
