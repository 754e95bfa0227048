#pragma once

// Who uses which memory in the turns of a loop.

#include <cstddef>
#include <map>
#include <set>

#include "schedule/loops.h"
#include "schedule/schedule.h"

namespace tdc::schedule {

/// The places of a turn.
struct TurnUsers {
  std::set<size_t> all;      ///< that read or write
  std::set<size_t> writers;  ///< those of them that write
};

/// By the roots of the buffers, over all turns.
std::map<BufferId, TurnUsers> users_in_turns(const EntryPoint& entry_point, const Stretch& loop,
                                             const IdVector<BufferId, BufferId>& roots);

}  // namespace tdc::schedule
