#pragma once

// Transfers of a schedule: copies with a ticket, which run while the cores work. `tile` writes them
// round the launch that they are for.

#include <optional>

#include "chip/chip.h"
#include "schedule/schedule.h"

namespace tdc::schedule {

/// A copy as `count` rows of `length` elements, for each index of the first `outer` axes. Rows are
/// what lies side by side on both sides, or single elements, of as many axes as go on like that;
/// strides are in elements.
struct Rows {
  size_t outer = 0;
  int64_t length = 1, count = 1;
  int64_t to_stride = 0, from_stride = 0;
};
Rows rows_of(const Copy& copy);

/// Cycles of a transfer.
struct TransferCycles {
  double starts = 0;  ///< of the cores, to start it and to wait for it, half of them each
  double moving = 0;  ///< until all has arrived
};
TransferCycles transfer_cycles(const Copy& copy, const chip::Stream& costs);

/// Whether a buffer lies in the chip's scratchpad.
bool is_near(const Schedule& schedule, const chip::Chip& chip, BufferId buffer);

/// Whether a copy brings something to the chip's scratchpad.
bool is_inward(const Schedule& schedule, const chip::Chip& chip, const Copy& copy);

/// The side of a transfer that is not in the chip's scratchpad.
const View& far_view(const Schedule& schedule, const chip::Chip& chip, const Copy& copy);

/// The step at which the transfer at step `copy` is waited for; nullopt if a launch or a step of a
/// loop is in between.
std::optional<size_t> wait_before_launch(const EntryPoint& entry_point, size_t copy);

/// Whether a step is a transfer in that direction outside of loops, with no launch until it is
/// waited for: one that may be moved or left out by itself.
bool is_single_transfer(const Schedule& schedule, const chip::Chip& chip,
                        const EntryPoint& entry_point, size_t at, bool is_inward);

/// The step of the launch that the transfer at step `copy` is for: the next one that touches what
/// is brought, or the last one that touched what goes back.
size_t launch_of_transfer(const EntryPoint& entry_point, size_t copy, bool is_inward);

}  // namespace tdc::schedule
