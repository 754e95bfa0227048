#include "schedule/transfers.h"

#include "schedule/loops.h"
#include "schedule/uses.h"
#include "support/check.h"

namespace tdc::schedule {

Rows rows_of(const Copy& copy) {
  const ir::Dims& extent = copy.to.extent;
  Rows rows = {.outer = extent.size()};
  const auto follows = [&](int64_t to_stride, int64_t from_stride) {
    return copy.to.stride[rows.outer - 1] == to_stride &&
           copy.from.stride[rows.outer - 1] == from_stride;
  };
  while (rows.outer > 0 && (extent[rows.outer - 1] == 1 || follows(rows.length, rows.length)))
    rows.length *= extent[--rows.outer];
  for (; rows.outer > 0; --rows.outer) {
    if (extent[rows.outer - 1] == 1) continue;
    if (rows.count == 1) {
      rows.to_stride = copy.to.stride[rows.outer - 1];
      rows.from_stride = copy.from.stride[rows.outer - 1];
    } else if (!follows(rows.to_stride * rows.count, rows.from_stride * rows.count)) {
      break;
    }
    rows.count *= extent[rows.outer - 1];
  }
  return rows;
}

TransferCycles transfer_cycles(const Copy& copy, const chip::Stream& costs) {
  const Rows rows = rows_of(copy);
  int64_t transfers = 1;
  for (size_t i = 0; i < rows.outer; ++i) transfers *= copy.to.extent[i];
  const int64_t bytes = ir::element_count(copy.to.extent) * ir::kElementBytes;
  return {.starts = static_cast<double>(transfers * costs.transfer),
          .moving = static_cast<double>(bytes) / static_cast<double>(costs.bandwidth) +
                    static_cast<double>(transfers * rows.count * costs.row)};
}

bool is_near(const Schedule& schedule, const chip::Chip& chip, BufferId buffer) {
  return chip.scratchpad && schedule.buffers[buffer].level == chip.scratchpad->level;
}

bool is_inward(const Schedule& schedule, const chip::Chip& chip, const Copy& copy) {
  return is_near(schedule, chip, copy.to.buffer);
}

const View& far_view(const Schedule& schedule, const chip::Chip& chip, const Copy& copy) {
  return is_inward(schedule, chip, copy) ? copy.from : copy.to;
}

std::optional<size_t> wait_before_launch(const EntryPoint& entry_point, size_t copy) {
  const TicketId ticket = *std::get<Copy>(entry_point.steps[copy]).ticket;
  for (size_t at = copy + 1; at < entry_point.steps.size(); ++at) {
    const Step& step = entry_point.steps[at];
    if (loop_turn(step) || std::holds_alternative<Launch>(step)) return std::nullopt;
    const auto* wait = std::get_if<Wait>(&step);
    if (wait != nullptr && wait->ticket == ticket) return at;
  }
  return std::nullopt;
}

bool is_single_transfer(const Schedule& schedule, const chip::Chip& chip,
                        const EntryPoint& entry_point, size_t at, bool is_inward) {
  const auto* copy = std::get_if<Copy>(&entry_point.steps[at]);
  return copy != nullptr && copy->ticket && !copy->context.loop_turn &&
         schedule::is_inward(schedule, chip, *copy) == is_inward &&
         wait_before_launch(entry_point, at).has_value();
}

size_t launch_of_transfer(const EntryPoint& entry_point, size_t copy, bool is_inward) {
  const std::vector<Step>& steps = entry_point.steps;
  const auto& transfer = std::get<Copy>(steps[copy]);
  const BufferId near = (is_inward ? transfer.to : transfer.from).buffer;
  const auto is_user = [&](const Step& step) {
    bool uses = false;
    if (std::holds_alternative<Launch>(step))
      visit_views(step, [&](const View& view, bool) { uses = uses || view.buffer == near; });
    return uses;
  };
  size_t at = copy;
  while (!is_user(steps[at])) {
    TDC_CHECK(is_inward ? at + 1 < steps.size() : at > 0,
              "the transfer at step {} is for no launch", copy);
    at = is_inward ? at + 1 : at - 1;
  }
  return at;
}

}  // namespace tdc::schedule
