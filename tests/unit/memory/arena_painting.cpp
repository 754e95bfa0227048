#include "arena_painting.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <set>

#include "../schedule/schedules.h"

namespace tdc::test {

using memory::MemoryPlan;
using memory::Placement;
using memory::RunOptions;
using memory::ScheduleRun;
using schedule::Buffer;
using schedule::BufferId;
using schedule::BufferKind;
using schedule::Launch;
using schedule::Schedule;
using schedule::Step;

namespace {

constexpr Bytes kRedZone = {1024};

/// Buffers written as the continuation of a sum, and all buffers written.
struct Written {
  std::set<BufferId> sums, all;
};

void find_written(const std::vector<Step>& steps, Written& written) {
  for (const Step& step : steps) {
    if (const auto* copy = std::get_if<schedule::Copy>(&step)) written.all.insert(copy->to.buffer);
    const auto* launch = std::get_if<Launch>(&step);
    if (launch == nullptr) continue;
    for (const schedule::View& output : launch->outputs) written.all.insert(output.buffer);
    const int accumulator = launch->op->accumulator;
    if (accumulator >= 0 && launch->inputs.at(static_cast<size_t>(accumulator)))
      written.sums.insert(launch->outputs[0].buffer);
  }
  // A sum that goes on near comes from the buffer that it goes back to.
  for (const Step& step : steps)
    if (const auto* copy = std::get_if<schedule::Copy>(&step))
      if (written.sums.contains(copy->to.buffer)) written.sums.insert(copy->from.buffer);
}

bool same_bits(const std::vector<std::vector<float>>& a, const std::vector<std::vector<float>>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return std::equal(x.begin(), x.end(), y.begin(), y.end(), [](float p, float q) {
      return std::bit_cast<uint32_t>(p) == std::bit_cast<uint32_t>(q);
    });
  });
}

/// Fills what no placement occupies at `tick` with NaNs.
void poison_dead_bytes(ScheduleRun& run, const MemoryPlan& plan, memory::Tick tick) {
  for (const memory::LevelPlan& level : plan.levels) {
    const std::span<std::byte> arena = run.arena(level.level);
    std::vector<Placement> alive = memory::alive_at(level, tick);
    std::ranges::sort(alive, {}, &Placement::offset);
    size_t begin = 0;  // of a piece without placements
    const auto poison_until = [&](size_t end) {
      if (begin < end) std::ranges::fill(arena.subspan(begin, end - begin), std::byte{0xff});
    };
    for (const Placement& placement : alive) {
      poison_until(static_cast<size_t>(placement.offset.count));
      begin = std::max(begin, static_cast<size_t>((placement.offset + placement.size).count));
    }
    poison_until(arena.size());
  }
}

/// Whether NaNs that get into a computation would be seen in its results.
bool are_mostly_finite(const std::vector<std::vector<float>>& results) {
  int64_t finite = 0, all = 0;
  for (const std::vector<float>& values : results) {
    all += std::ssize(values);
    finite += std::ranges::count_if(values, [](float value) { return std::isfinite(value); });
  }
  return 2 * finite >= all;
}

}  // namespace

MemoryPlan unplanned(const Schedule& schedule, size_t level_count) {
  MemoryPlan plan;
  for (uint32_t index = 0; index < level_count; ++index) {
    memory::LevelPlan level = {.level = {index}};
    for (const BufferId id : schedule.buffers.ids()) {
      const Buffer& buffer = schedule.buffers[id];
      const bool is_planned =
          buffer.kind == BufferKind::temporary || buffer.kind == BufferKind::variable;
      if (buffer.alias || !is_planned || buffer.level != level.level) continue;
      const Bytes offset = align_up(level.peak, memory::kAlignment);
      level.placements.push_back({.buffer = id,
                                  .offset = offset,
                                  .size = ir::byte_size(buffer.type),
                                  .alignment = memory::kAlignment,
                                  .first = 0,
                                  .last = INT64_MAX});
      level.peak = offset + ir::byte_size(buffer.type);
    }
    plan.levels.push_back(std::move(level));
  }
  return plan;
}

Schedule without_in_place(const Schedule& schedule) {
  Written written;
  for (const schedule::EntryPoint& entry : schedule.entry_points)
    find_written(entry.steps, written);
  Schedule result = schedule;
  for (const BufferId id : result.buffers.ids()) {
    Buffer& buffer = result.buffers[id];
    if (buffer.alias && !buffer.variable && written.all.contains(id) && !written.sums.contains(id))
      buffer.alias.reset();
  }
  return result;
}

std::vector<std::vector<float>> run_all(ScheduleRun& run, const Schedule& schedule, uint64_t seed) {
  Random random(seed);
  const auto set_random = [&](BufferId buffer, int64_t classes, int lowest = -1000) {
    const ir::TensorType& type = schedule.buffers[buffer].type;
    std::vector<float> floats;
    std::vector<int32_t> integers;
    for (int64_t i = 0; i < ir::element_count(type); ++i) {
      floats.push_back(static_cast<float>(random.between(lowest, 1000)) / 512);
      integers.push_back(
          static_cast<int32_t>(random.between(0, std::max<int64_t>(classes, 1) - 1)));
    }
    if (type.dtype == ir::DType::f32)
      run.set(buffer, floats);
    else
      run.set(buffer, integers);
  };
  std::vector<std::vector<float>> results;
  const auto add_result = [&](BufferId buffer) {
    results.push_back(test::bits_of(run, schedule, buffer));
  };
  for (const ir::VariableId variable : schedule.variables.ids())
    set_random(run.variable(variable), 0, 0);  // it may be a variance
  for (int round = 0; round < 2; ++round) {
    for (const schedule::EntryPoint& entry : schedule.entry_points) {
      for (const schedule::Argument& argument : entry.arguments)
        if (!argument.is_output) set_random(argument.buffer, argument.classes);
      run.run(entry);
      for (const schedule::Argument& argument : entry.arguments)
        if (argument.is_output) add_result(argument.buffer);
    }
  }
  for (const ir::VariableId variable : schedule.variables.ids()) add_result(run.variable(variable));
  return results;
}

std::vector<std::string> paint_arenas(const Schedule& schedule, const MemoryPlan& plan,
                                      uint64_t seed, const schedule::KernelLibrary* kernels) {
  std::vector<std::string> faults;
  RunOptions options = {.kernels = kernels, .cores = 1, .red_zone = kRedZone, .before_step = {}};

  // What is touched shows under at least one of two paints.
  std::vector<std::vector<float>> expected;
  std::vector<size_t> touched(plan.levels.size(), 0);
  for (const std::byte paint : {std::byte{0xa5}, std::byte{0x5a}}) {
    ScheduleRun run(schedule, plan, options);
    for (const LevelId level : plan.levels.ids())
      std::ranges::fill(run.arena_with_red_zones(level), paint);
    expected = run_all(run, schedule, seed);
    for (const LevelId level : plan.levels.ids()) {
      const std::span<std::byte> all = run.arena_with_red_zones(level);
      const auto zone = static_cast<size_t>(kRedZone.count);
      const auto keeps_paint = [&](std::byte byte) { return byte == paint; };
      if (!std::ranges::all_of(all.first(zone), keeps_paint) ||
          !std::ranges::all_of(all.last(zone), keeps_paint))
        faults.push_back(fmt::format("level {}: a red zone lost its paint", level.index));
      const std::span<std::byte> arena = run.arena(level);
      size_t end = arena.size();
      while (end > 0 && arena[end - 1] == paint) --end;
      touched[level.index] = std::max(touched[level.index], end);
    }
  }
  for (const memory::LevelPlan& level : plan.levels)
    if (static_cast<int64_t>(touched[level.level.index]) != level.peak.count)
      faults.push_back(fmt::format("level {}: {} bytes were touched of {}", level.level.index,
                                   touched[level.level.index], level.peak.count));

  if (!are_mostly_finite(expected)) faults.emplace_back("most results are not finite");

  ScheduleRun* poisoned_run = nullptr;
  RunOptions poison = options;
  poison.before_step = [&](memory::Tick tick) { poison_dead_bytes(*poisoned_run, plan, tick); };
  ScheduleRun poisoned(schedule, plan, poison);
  poisoned_run = &poisoned;
  if (!same_bits(run_all(poisoned, schedule, seed), expected))
    faults.emplace_back("NaN in dead bytes changes results");

  const Schedule apart = without_in_place(schedule);
  const MemoryPlan apart_plan = unplanned(apart, plan.levels.size());
  ScheduleRun apart_run(apart, apart_plan, options);
  if (!same_bits(run_all(apart_run, apart, seed), expected))
    faults.emplace_back("one buffer per tensor gives other results");
  return faults;
}

}  // namespace tdc::test
