#pragma once

// What the matrix engine of a chip can compute, and how long it takes.

#include <functional>
#include <optional>

#include "chip/chip.h"
#include "schedule/kernel_amounts.h"
#include "schedule/schedule.h"

namespace tdc::schedule {

/// Whether the chip has an engine that can compute a launch: the op has jobs for it, and no operand
/// `is_far`.
bool can_offload(const Launch& launch, const chip::Chip& chip,
                 const std::function<bool(BufferId)>& is_far);

/// Cycles of a launch on the engine that the chip has: blocks as large as the array, of which so
/// many are computed together; where they are few, each step of their chains waits for the one
/// before.
double engine_cycles(const Launch& launch, const chip::Engine& engine);

/// The same if the engine can compute it, and faster than the cores.
std::optional<double> cycles_if_offloaded(const Launch& launch, const chip::Chip& chip,
                                          const CycleTable& table,
                                          const std::function<bool(BufferId)>& is_far);

/// Cycles of a launch on what is faster, the cores or, if it can compute it, the engine.
double fastest_cycles(const Launch& launch, const chip::Chip& chip, const CycleTable& table,
                      const std::function<bool(BufferId)>& is_far);

}  // namespace tdc::schedule
