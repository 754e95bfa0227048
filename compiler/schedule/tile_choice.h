#pragma once

// In which pieces a launch is brought to the scratchpad: the cheapest that the op's definition and
// its kernel allow and that fit, by what transfers take on the chip and kernels by a table.

#include <cstdint>
#include <optional>
#include <set>
#include <vector>

#include "chip/chip.h"
#include "schedule/kernel_amounts.h"
#include "schedule/near_operands.h"
#include "support/units.h"

namespace tdc::schedule {

/// The boxes of a launch that is cut: groups for the outer cut, each with a box for each turn of
/// the inner one.
using TileGroups = std::vector<std::vector<ops::Box>>;

/// Memory near of operands that share it. It holds what it held in the turn before, too, where
/// transfers run beside the cores.
struct TileSlot {
  int64_t elements = 0;  ///< the most of a piece
  int64_t depth = 1;     ///< pieces: that of turn t lies in part t modulo depth

  [[nodiscard]] Bytes bytes() const;
};

/// The memory of a slot: a buffer for each part, in `near`. Named after `far`, which has the slot
/// where tensors lie.
std::vector<BufferId> add_parts(const TileSlot& slot, BufferId far, LevelId near,
                                SourceRange origin, IdVector<BufferId, Buffer>& buffers);

/// What a loop of pieces that are alike, or a piece unlike those beside it, costs beside its work,
/// in transfers: its code, which takes memory from the net.
inline constexpr int64_t kStartsOfRun = 128;

struct TileChoice {
  TileGroups groups;
  std::vector<TileSlot> slots;  ///< of `NearOperands`
  double cycles = 0;            ///< of the cores, until they have waited for the last result

  [[nodiscard]] bool is_whole() const;  ///< one piece
};

/// `room` is what operands may take of the scratchpad. Nullopt if nothing can be brought, no pieces
/// fit, or cores take no longer where tensors lie.
/// Cuts are along one axis, or two of which the outer one is no chain; of the lengths that fit the
/// longest are compared. Pieces of a launch in a loop are few and written out one by one, their
/// transfers wait for each other; operands that are `kept`, by their positions in `near.all()`,
/// stay near from turn to turn if one piece takes all of them.
std::optional<TileChoice> choose_tiles(const NearOperands& near, const chip::Chip& chip, Bytes room,
                                       const CycleTable& table, const std::set<size_t>& kept = {});

/// The fewest bytes that the operands take near, in the smallest pieces; nullopt if there are none,
/// or they fit.
std::optional<Bytes> bytes_of_smallest_tiles(const NearOperands& near, const chip::Chip& chip,
                                             Bytes room);

}  // namespace tdc::schedule
