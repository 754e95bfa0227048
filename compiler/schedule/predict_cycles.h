#pragma once

// How long the steps of a schedule take on a chip, before it runs: kernels by a table of measured
// cycles, transfers by the chip file, one beside the other where the schedule has them so.

#include <cstdint>
#include <map>

#include "schedule/kernel_amounts.h"

namespace tdc::schedule {

/// Cycles of each step of one call of its entry point, by the step's number as `stretches` counts
/// them; in a loop of all turns. As markers charge them: a step lasts from its launch, or from the
/// first transfer that is started for it before, until the next one begins. For a chip with a
/// scratchpad.
std::map<int64_t, int64_t> predict_cycles(const Schedule& schedule, const chip::Chip& chip,
                                          const CycleTable& table);

}  // namespace tdc::schedule
