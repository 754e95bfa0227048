#pragma once

#include <set>

#include "schedule/loops.h"

namespace tdc::schedule {

/// Of the buffers with memory of their own that a loop uses, those that each turn writes before it
/// reads them: no turn needs what another left there. A piece is read if any element of it is.
std::set<BufferId> fresh_in_turns(const Schedule& schedule, const EntryPoint& entry_point,
                                  const Stretch& loop, const IdVector<BufferId, BufferId>& roots);

}  // namespace tdc::schedule
