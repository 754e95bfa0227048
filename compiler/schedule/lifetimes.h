#pragma once

// When each buffer's memory is needed, in ticks.
//
//     tick   step                      x  h  y        x  h  y
//      0     matmul x -> h             |  |           read, written
//      1     relu   h -> y                |  |        h lives from 0 to 1, y from 1 to 2
//      2     copy   y -> logits              |
//
// Aliases count for their root: the chain conv2d -> relu (in place) -> reshape is one lifetime.
// Ticks of all entry points are counted one after another, so temporaries of different entry points
// share memory by the same rule as those of one. Variables live always.

#include <string>
#include <vector>

#include "schedule/schedule.h"

namespace tdc::schedule {

/// A moment in the replay of all entry points one after another: steps, counted through.
using Tick = int64_t;

/// What must have a place in an arena: the root of a class of aliases.
struct Lifetime {
  BufferId buffer;
  Bytes size;
  Tick first = 0, last = 0;  ///< needed from the start of `first` to the end of `last`
  bool is_variable = false;  ///< lives always: from tick 0 to the end
  friend bool operator==(const Lifetime&, const Lifetime&) = default;
};

/// The half-open range of ticks of an entry point.
struct EntryTicks {
  Tick begin = 0, end = 0;
  friend bool operator==(const EntryTicks&, const EntryTicks&) = default;
};

struct Lifetimes {
  /// In the order of buffers. Buffers that no step uses have none, unless they are variables;
  /// arguments and constants have none, their memory is not ours to plan.
  std::vector<Lifetime> lifetimes;
  std::vector<EntryTicks> entry_points;
  /// The step of each tick; points into the schedule.
  std::vector<const Step*> steps;
};

/// Asserts that aliases have no cycles, stay in their root's level and within its size.
///
/// The steps of a loop have the ticks of its first turn, so its turns lie upon each other. A buffer
/// that is used in a loop lives for the whole loop, unless all its uses are there and every turn
/// writes what it reads: then a turn needs nothing of the turn before, and the buffer lives from
/// its first to its last use in a turn. What runs in the background uses its buffers until the Wait
/// that names its transfer.
Lifetimes find_lifetimes(const Schedule& schedule);

}  // namespace tdc::schedule
