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
/// They are sound if every launch finds in each byte that its box takes of an operand the element
/// of the value that the operand is said to be (`Launch.input_values`), summed as far as it must
/// be; if outputs and variables hold whole values at the end of the call; if the boxes of each node
/// cover its space once; and if nothing lies outside its buffer, its arena or its lifetime. Shares
/// no code with lowering, passes, lifetimes or planner, and trusts none of them: only the values
/// that launches name and what the spaces of ops declare.
std::vector<std::string> validate(const schedule::Schedule& schedule, const MemoryPlan& plan);

}  // namespace tdc::memory
