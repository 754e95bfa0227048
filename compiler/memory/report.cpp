#include "memory/report.h"

#include <fmt/format.h>

#include <algorithm>

#include "schedule/text.h"

namespace tdc::memory {
namespace {

using chip::Chip;
using schedule::BufferId;
using schedule::BufferKind;
using schedule::Schedule;

constexpr size_t kLargestInReport = 10;

// The picture's size in characters.
constexpr int64_t kColumns = 72;
constexpr int64_t kRows = 16;

bool is_variable(const Schedule& schedule, const Placement& placement) {
  return schedule.buffers[placement.buffer].kind == BufferKind::variable;
}

LevelReport report_level(const Schedule& schedule, const Chip& chip, const LevelPlan& plan,
                         const Lifetimes& lifetimes) {
  LevelReport report = {.name = chip.levels[plan.level].name,
                        .capacity = plan.capacity,
                        .is_budget = chip.levels[plan.level].budget.has_value(),
                        .beside = plan.beside,
                        .variables = {},
                        .temporaries = {},
                        .peak = plan.peak,
                        .max_live = plan.max_live,
                        .method = plan.method,
                        .is_proved = plan.is_proved,
                        .need = plan.need(),
                        .peak_entry_point = {},
                        .peak_step = {},
                        .live_at_peak = {},
                        .largest_at_peak = {},
                        .largest_temporaries_at_peak = {},
                        .entry_points = {}};
  for (const Placement& placement : plan.placements)
    if (is_variable(schedule, placement)) report.variables += placement.size;
  report.temporaries = plan.peak - report.variables;
  const std::vector<Bytes> live = live_bytes(plan);
  for (size_t i = 0; i < lifetimes.entry_points.size(); ++i) {
    const EntryTicks& ticks = lifetimes.entry_points[i];
    EntryPointReport entry = {.name = schedule.entry_points[i].name, .peak = {}, .live = {}};
    for (const Placement& placement : plan.placements)
      if (placement.first < ticks.end && ticks.begin <= placement.last)
        entry.peak = std::max(entry.peak, placement.offset + placement.size);
    for (Tick tick = ticks.begin; tick < std::min(ticks.end, std::ssize(live)); ++tick)
      entry.live = std::max(entry.live, live[static_cast<size_t>(tick)]);
    report.entry_points.push_back(std::move(entry));
  }
  if (plan.placements.empty()) return report;
  const Tick peak = peak_tick(live);
  report.live_at_peak = live[static_cast<size_t>(peak)];
  for (size_t i = 0; i < lifetimes.entry_points.size(); ++i) {
    if (peak < lifetimes.entry_points[i].begin || lifetimes.entry_points[i].end <= peak) continue;
    report.peak_entry_point = schedule.entry_points[i].name;
    report.peak_step = schedule::label(*lifetimes.steps[static_cast<size_t>(peak)]);
  }
  report.largest_at_peak = largest_at(schedule, plan, peak, kLargestInReport);
  for (LiveTensor& tensor : largest_at(schedule, plan, peak, plan.placements.size()))
    if (schedule.buffers[tensor.buffer].kind != BufferKind::variable &&
        report.largest_temporaries_at_peak.size() < kLargestInReport)
      report.largest_temporaries_at_peak.push_back(std::move(tensor));
  return report;
}

void append_picture(std::string& text, const Schedule& schedule, const LevelPlan& plan,
                    Tick tick_count) {
  const int64_t columns = std::min(kColumns, tick_count);
  const int64_t rows = std::min(kRows, (plan.peak.count + 15) / 16);
  if (columns == 0 || rows == 0) return;
  std::vector<std::string> picture(static_cast<size_t>(rows),
                                   std::string(static_cast<size_t>(columns), ' '));
  for (const Placement& placement : plan.placements) {
    const int64_t last_byte = placement.offset.count + placement.size.count - 1;
    const auto row_of = [&](int64_t byte) { return byte * rows / plan.peak.count; };
    const auto column_of = [&](Tick tick) { return tick * columns / tick_count; };
    const char sign = is_variable(schedule, placement) ? '=' : '#';
    for (int64_t row = row_of(placement.offset.count); row <= row_of(last_byte); ++row)
      for (int64_t column = column_of(placement.first); column <= column_of(placement.last);
           ++column)
        picture[static_cast<size_t>(row)][static_cast<size_t>(column)] = sign;
  }
  for (int64_t row = rows - 1; row >= 0; --row)
    text += fmt::format("  {:>9} |{}|\n", (row * plan.peak.count + rows - 1) / rows,
                        picture[static_cast<size_t>(row)]);
  text += fmt::format("  {:>9}  0", "tick");
  if (columns > 1) text += fmt::format("{:>{}}", tick_count - 1, columns - 1);
  text += "\n";
}

}  // namespace

MemoryReport report_memory(const Schedule& schedule, const Chip& chip, const MemoryPlan& plan) {
  const Lifetimes lifetimes = find_lifetimes(schedule);
  MemoryReport report = {.chip = chip.name, .levels = {}};
  for (const LevelPlan& level : plan.levels)
    report.levels.push_back(report_level(schedule, chip, level, lifetimes));
  return report;
}

std::string to_text(const MemoryReport& report) {
  std::string text;
  for (const LevelReport& level : report.levels) {
    text += fmt::format("{} {}\n", report.chip, level.name);
    const auto line = [&](std::string_view what, Bytes bytes, std::string_view remark = {}) {
      text += fmt::format("  {:<22}{:>12}{}{}\n", what, tdc::to_text(bytes),
                          remark.empty() ? "" : "  ", remark);
    };
    line(level.is_budget ? "budget" : "capacity", level.capacity);
    line("used", level.need,
         level.need <= level.capacity
             ? fmt::format("{} left", tdc::to_text(level.capacity - level.need))
             : fmt::format("{} too little", tdc::to_text(level.need - level.capacity)));
    line("  code", level.beside.code, "reserved by the chip file");
    line("  stacks", level.beside.stacks, "reserved by the chip file");
    line("  constants", level.beside.constants, "argument structs and tables");
    line("  frozen weights", level.beside.frozen);
    line("  initial weights", level.beside.image);
    line("  inputs and results", level.beside.buffers, "held by the runner; counters");
    line("  variables", level.variables);
    line("  temporaries", level.temporaries);
    if (level.peak.count == 0) {
      text += "  no tensors are planned here\n";
      continue;
    }
    line("arena", level.peak,
         level.is_proved ? fmt::format("{} bytes, as low as possible for this order of steps ({})",
                                       level.peak.count, to_text(level.method))
                         : fmt::format("{} bytes, at least {} are needed ({})", level.peak.count,
                                       level.max_live.count, to_text(level.method)));
    for (const EntryPointReport& entry : level.entry_points)
      line("  " + entry.name, entry.peak, fmt::format("{} live at once", tdc::to_text(entry.live)));
    if (!level.peak_entry_point.empty())
      text += fmt::format("  most is live in {} at {}:\n", level.peak_entry_point, level.peak_step);
    for (const LiveTensor& tensor : level.largest_at_peak)
      text += fmt::format("    {:<30}{:>12}\n", tensor.name, tdc::to_text(tensor.size));
  }
  return text;
}

std::string plan_text(const Schedule& schedule, const Chip& chip, const MemoryPlan& plan) {
  const Lifetimes lifetimes = find_lifetimes(schedule);
  const auto tick_count = static_cast<Tick>(lifetimes.steps.size());
  std::string text;
  for (const LevelPlan& level : plan.levels) {
    const Beside& beside = level.beside;
    text += fmt::format(
        "{}: arena {} bytes, bound {}, {}{}; code {}, stacks {}, constants {}, frozen {}, image "
        "{}, "
        "buffers {}\n",
        chip.levels[level.level].name, level.peak.count, level.max_live.count,
        to_text(level.method), level.is_proved ? ", proved" : "", beside.code.count,
        beside.stacks.count, beside.constants.count, beside.frozen.count, beside.image.count,
        beside.buffers.count);
    if (level.placements.empty()) continue;
    text += fmt::format("  {:>9} {:>9} {:>6} {:>6}  buffer\n", "offset", "bytes", "first", "last");
    for (const Placement& placement : level.placements)
      text += fmt::format("  {:>9} {:>9} {:>6} {:>6}  b{} {}\n", placement.offset.count,
                          placement.size.count, placement.first, placement.last,
                          placement.buffer.index, schedule.buffers[placement.buffer].name);
    append_picture(text, schedule, level, tick_count);
  }
  return text;
}

}  // namespace tdc::memory
