#include "driver/profile.h"

#include <fmt/format.h>

#include "driver/report.h"
#include "runner/progress.h"

namespace tdc::driver {

using runner::with_commas;

namespace {

std::string agent_row(const std::string& name, int64_t idle, int64_t cycles) {
  return fmt::format("  {:<14} {:>13} {:>6.1f} % {:>13} {:>6.1f} %\n", name,
                     with_commas(cycles - idle), 100 * ratio(cycles - idle, cycles),
                     with_commas(idle), 100 * ratio(idle, cycles));
}

std::string agents_text(const ChipReport& report) {
  static const CycleUse kIdle = {
      "idle", "idle", {{"barrier_wait", 1}, {"job_wait", 1}, {"dma_wait", 1}, {"engine_wait", 1}}};
  std::string text = fmt::format("  {:<14} {:>22} {:>22}\n", "agent", "busy", "idle");
  for (size_t core = 0; core < report.cores.size(); ++core)
    text += agent_row(fmt::format("core {}", core), cycles_of(kIdle, report.cores[core]),
                      report.cycles);
  if (report.engine)
    text += agent_row("matrix engine", report.cycles - report.engine->busy_cycles, report.cycles);
  return text + agent_row("DMA", report.cycles - report.dma.busy_cycles, report.cycles);
}

}  // namespace

std::vector<ProfileRow> profile_of(const Compilation& compilation, const ChipReport& report) {
  std::vector<ProfileRow> rows;
  const std::map<int64_t, Traffic> traffic =
      traffic_of(compilation.schedule, compilation.interface.chip);
  const std::map<int64_t, int64_t> cycles =
      predicted_cycles(compilation.schedule, compilation.interface.chip);
  for (const LaunchWork& launch : launches_of(compilation.schedule)) {
    const auto found = report.steps.find(launch.step);
    if (found == report.steps.end() || found->second.calls == 0) continue;
    const int64_t calls = found->second.calls / launch.turns;  // of the entry point
    const Traffic each = traffic_at(traffic, launch.step);
    rows.push_back(
        {.step = launch.step,
         .entry_point = launch.entry_point->name,
         .op = std::string(launch.launch->op->name),
         .name = launch.launch->label,
         .flop = launch.flop * calls,
         .planned = {.in = each.in * calls, .out = each.out * calls, .least = each.least * calls},
         .predicted = cycles.empty() ? std::nullopt : std::optional(cycles.at(launch.step) * calls),
         .measured = found->second});
  }
  return rows;
}

std::string profile_text(const std::vector<ProfileRow>& rows, const ChipReport& report) {
  std::string table =
      fmt::format("{:>5} {:<22} {:<28} {:>7} {:>13} {:>11} {:>10} {:>11} {:>11}", "step", "op",
                  "name", "calls", "cycles", "predicted", "FLOP/cycle", "DMA bytes", "planned");
  if (report.engine) table += fmt::format(" {:>8}", "engine");
  const std::vector<CycleUse> uses = cycle_uses(report);
  for (const CycleUse& use : uses) table += fmt::format(" {:>8}", use.heading);
  table += "\n";
  for (const ProfileRow& row : rows) {
    const ChipReport::Step& measured = row.measured;
    table += fmt::format(
        "{:>5} {:<22} {:<28} {:>7} {:>13} {:>11} {:>10.2f} {:>11} {:>11}", row.step, row.op,
        row.name, with_commas(measured.calls), with_commas(measured.cycles),
        row.predicted ? with_commas(*row.predicted) : "-", ratio(row.flop, measured.cycles),
        with_commas(measured.dma_in_bytes + measured.dma_out_bytes),
        with_commas(row.planned.in + row.planned.out));
    if (report.engine)
      table += fmt::format(" {:>6.1f} %", 100 * ratio(measured.engine_cycles, measured.cycles));
    for (const CycleUse& use : uses)
      table += fmt::format(" {:>6.1f} %", 100 * ratio(cycles_of(use, measured.events),
                                                      measured.cycles * std::ssize(report.cores)));
    table += "\n";
  }
  return table + "\n" + agents_text(report);
}

JsonArray profile_json(const std::vector<ProfileRow>& rows) {
  JsonArray array;
  for (const ProfileRow& row : rows) {
    JsonObject step = {{"step", row.step},
                       {"entry_point", row.entry_point},
                       {"op", row.op},
                       {"name", row.name},
                       {"calls", row.measured.calls},
                       {"cycles", row.measured.cycles},
                       {"flop", row.flop},
                       {"dma_in_bytes", row.measured.dma_in_bytes},
                       {"dma_out_bytes", row.measured.dma_out_bytes},
                       {"planned_in_bytes", row.planned.in},
                       {"planned_out_bytes", row.planned.out},
                       {"engine_cycles", row.measured.engine_cycles},
                       {"events", events_json(row.measured.events)}};
    if (row.predicted) step.emplace_back("predicted_cycles", *row.predicted);
    array.emplace_back(std::move(step));
  }
  return array;
}

}  // namespace tdc::driver
