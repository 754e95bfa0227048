#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "schedule/aliases.h"
#include "schedule/loops.h"
#include "schedule/passes.h"
#include "schedule/uses.h"
#include "support/units.h"

namespace tdc::schedule {
namespace {

/// One part of so many of the scratchpad: the others are for what is brought in each turn.
constexpr int64_t kPartsOfRoom = 2;

/// The stretch in which a buffer is used, by entry point and first step.
using Place = std::pair<size_t, size_t>;

/// By the roots that are used in one loop only.
std::map<BufferId, Place> used_in_one_loop(const Schedule& schedule,
                                           const IdVector<BufferId, BufferId>& roots) {
  std::map<BufferId, std::optional<Place>> places;
  for (size_t entry = 0; entry < schedule.entry_points.size(); ++entry)
    for (const Stretch& stretch : stretches(schedule.entry_points[entry]))
      for (size_t at = stretch.first; at < stretch.end; ++at)
        visit_views(schedule.entry_points[entry].steps[at], [&](const View& view, bool) {
          std::optional<Place> here;
          if (stretch.loop) here = {entry, stretch.first};
          const auto [place, is_new] = places.try_emplace(roots[view.buffer], here);
          if (!is_new && place->second != here) place->second.reset();
        });
  std::map<BufferId, Place> result;
  for (const auto& [root, place] : places)
    if (place) result.emplace(root, *place);
  return result;
}

}  // namespace

Schedule place_near(Schedule schedule, const chip::Chip& chip) {
  if (!chip.scratchpad) return schedule;
  const IdVector<BufferId, BufferId> roots = alias_roots(schedule.buffers);
  std::map<Place, std::vector<std::pair<int64_t, BufferId>>> of_loops;
  for (const auto& [root, place] : used_in_one_loop(schedule, roots)) {
    const Buffer& buffer = schedule.buffers[root];
    if (buffer.kind == BufferKind::temporary && buffer.level == chip.tensors)
      of_loops[place].emplace_back(align_up(ir::byte_size(buffer.type), kAlignment).count, root);
  }
  std::set<BufferId> near;  // roots
  for (auto& [place, buffers] : of_loops) {
    std::ranges::sort(buffers);  // of many small ones more fit
    int64_t room = chip.levels[chip.scratchpad->level].room().count / kPartsOfRoom;
    for (const auto& [bytes, root] : buffers) {
      room -= bytes;
      if (room < 0) break;
      near.insert(root);
    }
  }
  for (const BufferId id : schedule.buffers.ids())
    if (near.contains(roots[id])) schedule.buffers[id].level = chip.scratchpad->level;
  return schedule;
}

}  // namespace tdc::schedule
