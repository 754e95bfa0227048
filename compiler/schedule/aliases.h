#pragma once

#include "schedule/schedule.h"

namespace tdc::schedule {

/// For each buffer the one whose memory it uses: itself, or the end of its chain of aliases.
/// Asserts that the chains have no cycles.
IdVector<BufferId, BufferId> alias_roots(const IdVector<BufferId, Buffer>& buffers);

/// Whether two views are the same elements in the same order, by the `roots` of their buffers.
bool is_same_memory(const View& a, const View& b, const IdVector<BufferId, BufferId>& roots);

/// The buffer of each variable. Asserts that there is one.
IdVector<ir::VariableId, BufferId> variable_buffers(const Schedule& schedule);

}  // namespace tdc::schedule
