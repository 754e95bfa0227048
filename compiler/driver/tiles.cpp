#include "driver/tiles.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "driver/report.h"
#include "ops/op.h"
#include "runner/progress.h"
#include "schedule/kernel_amounts.h"
#include "schedule/loops.h"
#include "schedule/passes.h"
#include "schedule/predict_cycles.h"
#include "schedule/transfers.h"
#include "support/embedded_files.h"

namespace tdc::driver {
namespace {

using runner::with_commas;

/// Which elements of buffers have moved, by buffer and direction.
class Moved {
 public:
  explicit Moved(const schedule::Schedule& schedule) : schedule_(schedule) {}

  /// Marks the elements of a view and gives how many were not marked before.
  int64_t mark(const schedule::View& view, bool is_inward) {
    std::vector<bool>& marks = marks_[{view.buffer, is_inward}];
    marks.resize(static_cast<size_t>(ir::element_count(schedule_.buffers[view.buffer].type)));
    return mark_axis(marks, view, 0, view.offset);
  }

 private:
  static int64_t mark_axis(std::vector<bool>& marks, const schedule::View& view, size_t axis,
                           int64_t offset) {
    if (axis == view.extent.size()) {
      const auto at = static_cast<size_t>(offset);
      const int64_t is_new = marks[at] ? 0 : 1;
      marks[at] = true;
      return is_new;
    }
    int64_t count = 0;
    for (int64_t i = 0; i < view.extent[axis]; ++i)
      count += mark_axis(marks, view, axis + 1, offset + i * view.stride[axis]);
    return count;
  }

  const schedule::Schedule& schedule_;
  std::map<std::pair<schedule::BufferId, bool>, std::vector<bool>> marks_;
};

/// Bytes that products move at least between a scratchpad of `capacity` and where their operands
/// lie; below zero where all fits.
int64_t least_of_products(const LaunchWork& work, Bytes capacity) {
  const schedule::Launch& launch = *work.launch;
  if (launch.op->work != ops::Work::points || launch.op->kernel->gathered) return 0;
  const auto elements = static_cast<double>(capacity.count / ir::kElementBytes);
  const double moved = static_cast<double>(work.flop) / std::sqrt(elements) - 2 * elements;
  return static_cast<int64_t>(moved) * ir::kElementBytes;
}

}  // namespace

std::map<int64_t, Traffic> traffic_of(const schedule::Schedule& schedule, const chip::Chip& chip) {
  std::map<int64_t, Traffic> result;
  if (!chip.scratchpad) return result;
  int64_t first = 0;
  for (const schedule::EntryPoint& entry : schedule.entry_points) {
    const std::vector<int64_t> numbers = schedule::step_numbers(entry, first);
    std::map<int64_t, Moved> moved;
    for (size_t at = 0; at < entry.steps.size(); ++at) {
      const auto* copy = std::get_if<schedule::Copy>(&entry.steps[at]);
      if (copy == nullptr || !copy->ticket) continue;
      const bool is_inward = schedule::is_inward(schedule, chip, *copy);
      const int64_t step = numbers[schedule::launch_of_transfer(entry, at, is_inward)];
      const schedule::View& far = schedule::far_view(schedule, chip, *copy);
      const int64_t element_bytes = ir::byte_size(schedule.buffers[far.buffer].type.dtype).count;
      Traffic& traffic = result[step];
      const int64_t bytes = ir::element_count(far.extent) * element_bytes;
      (is_inward ? traffic.in : traffic.out) += bytes;
      if (chip.streams_from(schedule.buffers[far.buffer].level))
        (is_inward ? traffic.streamed_in : traffic.streamed_out) += bytes;
      traffic.least +=
          moved.try_emplace(step, schedule).first->second.mark(far, is_inward) * element_bytes;
    }
    first += schedule::count_numbers(entry);
  }
  for (const LaunchWork& work : launches_of(schedule))
    if (const auto found = result.find(work.step); found != result.end())
      found->second.least =
          std::max(found->second.least,
                   least_of_products(work, chip.levels[chip.scratchpad->level].capacity));
  return result;
}

Traffic traffic_at(const std::map<int64_t, Traffic>& traffic, int64_t step) {
  const auto found = traffic.find(step);
  return found == traffic.end() ? Traffic{} : found->second;
}

std::optional<schedule::CycleTable> measured_cycles(const chip::Chip& chip) {
  const EmbeddedFile* table =
      find_embedded_file(fmt::format("{}{}/cycles.txt", kPlatformsFolder, chip.platform));
  if (table == nullptr) return std::nullopt;
  return schedule::CycleTable::parse(table->text);
}

std::map<int64_t, int64_t> predicted_cycles(const schedule::Schedule& schedule,
                                            const chip::Chip& chip) {
  if (!chip.scratchpad) return {};
  const std::optional<schedule::CycleTable> table = measured_cycles(chip);
  if (!table) return {};
  return schedule::predict_cycles(schedule, chip, *table);
}

std::set<const schedule::Launch*> too_large_launches(const schedule::Schedule& schedule,
                                                     const chip::Chip& chip) {
  std::set<const schedule::Launch*> launches;
  for (const schedule::TooLarge& each : schedule::too_large_for_scratchpad(schedule, chip))
    launches.insert(each.launch);
  return launches;
}

std::vector<Staying> staying_operands(const schedule::Schedule& schedule, const chip::Chip& chip,
                                      const schedule::Launch& launch,
                                      const std::set<const schedule::Launch*>& too_large) {
  std::vector<Staying> result;
  if (!chip.scratchpad) return result;
  const ops::Space space = launch.op->space(launch.call);
  const auto add = [&](const schedule::View& view, const ops::Access& access) {
    const schedule::Buffer& buffer = schedule.buffers[view.buffer];
    if (schedule::is_near(schedule, chip, view.buffer)) return;
    const std::string_view reason = access.is_indexed                     ? "data decides"
                                    : ir::element_count(view.extent) == 1 ? "one element"
                                    : too_large.contains(&launch)         ? "does not fit"
                                                                          : "gains nothing";
    result.push_back({buffer.name, reason});
  };
  for (size_t i = 0; i < launch.inputs.size(); ++i)
    if (launch.inputs[i]) add(*launch.inputs[i], *space.inputs[i]);
  for (size_t i = 0; i < launch.outputs.size(); ++i) add(launch.outputs[i], space.outputs[i]);
  return result;
}

std::string_view agent_of(const schedule::Launch& launch) {
  return launch.is_on_engine ? "engine" : "cores";
}

std::string tiles_text(const schedule::Schedule& schedule, const chip::Chip& chip) {
  if (!chip.scratchpad) return fmt::format("chip `{}` has no scratchpad\n", chip.name);
  const std::map<int64_t, Traffic> traffic = traffic_of(schedule, chip);
  const bool has_streamed = std::ranges::any_of(traffic, [](const auto& each) {
    return each.second.streamed_in + each.second.streamed_out > 0;
  });
  const std::map<int64_t, int64_t> cycles = predicted_cycles(schedule, chip);
  const auto column = [](bool is_there, const std::string& entry) {
    return is_there ? fmt::format(" {:>11}", entry) : "";
  };
  const auto agent = [&](std::string_view entry) {
    return chip.engine ? fmt::format(" {:<6}", entry) : "";
  };
  const std::set<const schedule::Launch*> too_large = too_large_launches(schedule, chip);
  std::string text;
  const schedule::EntryPoint* entry = nullptr;
  for (const LaunchWork& work : launches_of(schedule)) {
    if (work.entry_point != entry) {
      entry = work.entry_point;
      text += fmt::format(
          "{}tiles of `{}`, bytes to and from {}\n{:>5} {:<22} {:<28} {:>5} {:<16}{}{} {:>11} "
          "{:>11} "
          "{:>11}{}  stays in {}\n",
          text.empty() ? "" : "\n", entry->name, chip.levels[chip.scratchpad->level].name, "step",
          "op", "name", "turns", "tile", agent("on"), column(!cycles.empty(), "cycles"), "in",
          "out", "least",
          column(has_streamed, has_streamed ? "of " + chip.levels[chip.stream->level].name : ""),
          chip.levels[chip.tensors].name);
    }
    const Traffic moved = traffic_at(traffic, work.step);
    std::string staying;
    for (const Staying& each : staying_operands(schedule, chip, *work.launch, too_large))
      staying += fmt::format("{}{}: {}", staying.empty() ? "" : ", ", each.name, each.reason);
    const ir::Dims& tile = work.launch->outputs.at(0).extent;
    text += fmt::format(
        "{:>5} {:<22} {:<28} {:>5} {:<16}{}{} {:>11} {:>11} {:>11}{}{}{}\n", work.step,
        work.launch->op->name, work.launch->label, work.turns,
        tile.empty() ? "1" : fmt::format("{}", fmt::join(tile, "x")), agent(agent_of(*work.launch)),
        column(!cycles.empty(), cycles.empty() ? "" : with_commas(cycles.at(work.step))),
        with_commas(moved.in), with_commas(moved.out), with_commas(moved.least),
        column(has_streamed, with_commas(moved.streamed_in + moved.streamed_out)),
        staying.empty() ? "" : "  ", staying);
  }
  return text;
}

}  // namespace tdc::driver
