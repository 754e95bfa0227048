#include "schedule/transfers.h"

#include "support/check.h"

namespace tdc::schedule {

bool is_inward(const Schedule& schedule, const chip::Chip& chip, const Copy& copy) {
  return chip.scratchpad && schedule.buffers[copy.to.buffer].level == chip.scratchpad->level;
}

size_t launch_of_transfer(const EntryPoint& entry_point, size_t copy, bool is_inward) {
  const std::vector<Step>& steps = entry_point.steps;
  size_t at = copy;
  while (!std::holds_alternative<Launch>(steps[at])) {
    TDC_CHECK(is_inward ? at + 1 < steps.size() : at > 0,
              "the transfer at step {} is for no launch", copy);
    at = is_inward ? at + 1 : at - 1;
  }
  return at;
}

}  // namespace tdc::schedule
