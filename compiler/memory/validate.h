#pragma once

#include <string>
#include <vector>

#include "memory/plan.h"
#include "schedule/schedule.h"

namespace tdc::memory {

/// Replays every entry point step by step over the planned memory and lists what goes wrong, in
/// words for whoever repairs the compiler; empty: the plan and the schedule are sound together.
/// After twenty violations it stops.
///
/// A plan is sound if every read finds, in each byte, what was last written to exactly that buffer
/// in this call (a view: to the buffer whose memory it uses; a variable: also in earlier calls), if
/// outputs are complete and variables intact at the end of the call, and if nothing lies outside
/// its buffer, its arena or its lifetime. Shares no code with lowering, lifetimes or planner, and
/// trusts none of them.
std::vector<std::string> validate(const schedule::Schedule& schedule, const MemoryPlan& plan);

}  // namespace tdc::memory
