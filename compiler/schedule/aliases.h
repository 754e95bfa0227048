#pragma once

#include "schedule/schedule.h"

namespace tdc::schedule {

/// For each buffer the one whose memory it uses: itself, or the end of its chain of aliases.
/// Asserts that the chains have no cycles.
IdVector<BufferId, BufferId> alias_roots(const IdVector<BufferId, Buffer>& buffers);

/// The buffer of each variable. Asserts that there is one.
IdVector<ir::VariableId, BufferId> variable_buffers(const Schedule& schedule);

}  // namespace tdc::schedule
