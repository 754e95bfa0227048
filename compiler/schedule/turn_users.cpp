#include "schedule/turn_users.h"

#include "schedule/uses.h"

namespace tdc::schedule {

std::map<BufferId, TurnUsers> users_in_turns(const EntryPoint& entry_point, const Stretch& loop,
                                             const IdVector<BufferId, BufferId>& roots) {
  std::map<BufferId, TurnUsers> result;
  for (size_t turn = 0; turn < loop.turns; ++turn)
    for (size_t place = 0; place < loop.body; ++place) {
      const std::optional<size_t> at = loop.step(turn, place);
      if (!at) continue;
      visit_views(entry_point.steps[*at], [&](const View& view, bool is_written) {
        TurnUsers& users = result[roots[view.buffer]];
        users.all.insert(place);
        if (is_written) users.writers.insert(place);
      });
    }
  return result;
}

}  // namespace tdc::schedule
