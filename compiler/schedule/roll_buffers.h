#pragma once

// Memory of the turns of loops: what every turn has of its own becomes parts of one buffer.

#include "schedule/schedule.h"

namespace tdc::schedule {

/// Joins the temporaries that take each other's place from turn to turn of the loops of an entry
/// point. Temporaries that are never needed at the same time become one buffer, those of which two
/// turns need theirs alternate between two parts, and what is kept for a later loop becomes one
/// buffer with a part for each turn, at the turn times its size:
///
///     turn 0            turn 1            turn 2
///     b7 = a * b1       b9 = a * b2       b11 = a * b3        b7, b9, b11 become one buffer, since
///     b2 = b7 + b1      b3 = b9 + b2      b4 = b11 + b3       b9 is written after the last use of
///                                                             b7; b1 to b4 are needed elsewhere:
///                                                             they become four parts of one
///
/// Buffers that do not fit into such a row stay as they are.
void join_buffers(Schedule& schedule, EntryPoint& entry_point);

/// Removes the temporaries that no step touches.
void remove_unused_temporaries(Schedule& schedule);

}  // namespace tdc::schedule
