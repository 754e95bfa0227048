#pragma once

#include <string>
#include <vector>

#include "chip/chip.h"
#include "support/result.h"

namespace tdc::driver {

/// What makes the simulated chip the one of a chip file, as `NAME=VALUE`: the number of cores and
/// the size of each memory, `cores=2`, `l2_bytes=4194304`; then `given`, the user's own, which win.
/// Fails for a memory that the simulated chip does not have and for numbers that it cannot have,
/// unless the user gave others.
Result<std::vector<std::string>> chip_settings(const chip::Chip& chip,
                                               const std::vector<std::string>& given);

}  // namespace tdc::driver
