#pragma once

#include <string>

#include "driver/compilation.h"
#include "support/result.h"

namespace tdc::driver {

/// Where the cycles of a run on the simulated chip went, one row per step of the model:
///
///     step op         name              calls     cycles  cycles/call  FLOP/cycle
///       12 matmul     fc1                   2     93,120       46,560        1.41
///
/// from `chip_report`, the file that `tdc-soc --report` wrote for a program with markers. Steps
/// that did not run have no row. What runs before the first step is charged to step 0.
Result<std::string> profile_text(const Compilation& compilation, const std::string& chip_report);

}  // namespace tdc::driver
