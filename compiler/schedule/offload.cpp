#include <algorithm>

#include "schedule/engine.h"
#include "schedule/loops.h"
#include "schedule/passes.h"
#include "schedule/transfers.h"

namespace tdc::schedule {
namespace {

bool gains(const Schedule& schedule, const chip::Chip& chip, const CycleTable& table,
           const Launch& launch) {
  const auto is_far = [&](BufferId buffer) { return !is_near(schedule, chip, buffer); };
  return cycles_if_offloaded(launch, chip, table, is_far).has_value();
}

}  // namespace

Schedule offload(Schedule schedule, const chip::Chip& chip, const CycleTable& table) {
  if (!chip.engine) return schedule;
  for (EntryPoint& entry : schedule.entry_points)
    for (const Stretch& stretch : stretches(entry))
      for (size_t place = 0; place < stretch.body; ++place) {
        const auto launches = in_turns<Launch>(entry, stretch, place);
        if (launches.empty() || !std::ranges::all_of(launches, [&](const Launch* launch) {
              return gains(schedule, chip, table, *launch);
            }))
          continue;
        const auto [begin, end] = turns_at(stretch, place);
        for (size_t turn = begin; turn < end; ++turn)
          std::get<Launch>(entry.steps[*stretch.step(turn, place)]).is_on_engine = true;
      }
  return schedule;
}

}  // namespace tdc::schedule
