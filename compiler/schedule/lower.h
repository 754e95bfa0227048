#pragma once

#include "chip/chip.h"
#include "ir/ir.h"
#include "schedule/schedule.h"

namespace tdc::schedule {

/// The flat schedule of a module: one launch per node that is not a view, in the order of
/// `order_nodes`, every view a whole tensor. The passes of `schedule/passes.h` follow.
///
/// - A variable that some graph writes gets a buffer in the chip's level for tensors, any other
///   one is a constant.
/// - Results of entry points are made in the caller's memory, new versions of variables in the
///   variable's, both directly where possible and by a copy at the end otherwise.
/// - Any other output has a buffer of its own. A sum that continues another is copied there first,
///   but where both stand in a variable's memory.
Schedule lower(const ir::Module& module, const chip::Chip& chip);

}  // namespace tdc::schedule
