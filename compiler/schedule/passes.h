#pragma once

// The passes over schedules, in the order in which they run. Each can be left out (`--without`):
// the results have the same bits then.

#include "schedule/schedule.h"

namespace tdc::schedule {

/// Results take over the memory of what dies where they are made:
///
///     b1 = matmul(b0, w)                     b1 = matmul(b0, w)
///     b2 = relu(b1)                    ==>   b2 = relu(b1)         b2 in the memory of b1
///     copy b2 -> b3                          b3 = matmul(b4, b5) continuing b3
///     b3 = matmul(b4, b5) continuing b3                            b3 in the memory of b2
///
/// Applies to temporaries whose first use fills them: by a launch whose record allows it
/// (`in_place`), if the operand is a temporary that nobody reads later, both are whole and lie
/// alike, and the launch takes nothing else of the operand's memory; and by a copy of a temporary
/// that nobody reads later, which is then nothing and left out. Relies on nothing.
Schedule take_over_memory(Schedule schedule);

}  // namespace tdc::schedule
