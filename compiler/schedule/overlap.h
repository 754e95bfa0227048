#pragma once

// Whether two views of one memory have elements in common.

#include "schedule/schedule.h"

namespace tdc::schedule {

/// Whether two views of buffers that begin at the same place may touch the same element. Exact for
/// views with the same strides; of others it is enough that their spans meet.
bool may_overlap(const View& a, const View& b);

}  // namespace tdc::schedule
