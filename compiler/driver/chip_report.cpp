#include "driver/chip_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <numeric>

#include "runner/progress.h"
#include "support/check.h"
#include "support/files.h"

namespace tdc::driver {
namespace {

using runner::with_commas;

constexpr size_t kCoresOfATable = 8;
constexpr size_t kColumnsOfText = 100;

const Json& member(const Json& object, std::string_view key) {
  const Json* found = object.find(key);
  TDC_CHECK(found != nullptr, "no `{}` in the report of the chip", key);
  return *found;
}

int64_t integer(const Json& value) {
  TDC_CHECK(value.as_integer() != nullptr, "{} instead of a whole number", value.kind());
  return *value.as_integer();
}

const JsonArray& array(const Json& value) {
  TDC_CHECK(value.as_array() != nullptr, "{} instead of an array", value.kind());
  return *value.as_array();
}

std::map<std::string, int64_t, std::less<>> integers(const Json& value) {
  TDC_CHECK(value.as_object() != nullptr, "{} instead of an object", value.kind());
  std::map<std::string, int64_t, std::less<>> numbers;
  for (const auto& [key, number] : *value.as_object()) numbers[key] = integer(number);
  return numbers;
}

/// One row: a name, a number for each of the cores from `begin` on, and the share of all cores'
/// cycles.
std::string table_row(std::string_view name, const std::vector<int64_t>& counts, size_t begin,
                      int64_t cycles_of_all) {
  std::string row = fmt::format("  {:<16}", name);
  for (size_t core = begin; core < std::min(begin + kCoresOfATable, counts.size()); ++core)
    row += fmt::format("{:>13}", with_commas(counts[core]));
  const int64_t sum = std::accumulate(counts.begin(), counts.end(), int64_t{0});
  return row + fmt::format("{:>9.1f} %\n", 100 * ratio(sum, cycles_of_all));
}

std::string core_table(const ChipReport& report) {
  const int64_t cycles_of_all = report.cycles * std::ssize(report.cores);
  std::string text;
  for (size_t begin = 0; begin < report.cores.size(); begin += kCoresOfATable) {
    text += fmt::format("  {:<16}", "core");
    for (size_t core = begin; core < std::min(begin + kCoresOfATable, report.cores.size()); ++core)
      text += fmt::format("{:>13}", core);
    text += fmt::format("{:>11}\n", "of all");
    for (const CycleUse& use : cycle_uses(report)) {
      std::vector<int64_t> counts;
      for (const EventCounts& core : report.cores) counts.push_back(cycles_of(use, core));
      text += table_row(use.name, counts, begin, cycles_of_all);
    }
  }
  return text;
}

std::string parameter_text(const ChipReport& report) {
  std::string text = "  parameters";
  size_t column = text.size();
  for (const auto& [name, value] : report.parameters) {
    const bool is_changed =
        std::ranges::find(report.changed_parameters, name) != report.changed_parameters.end();
    const std::string item = fmt::format(" {}={}{}", name, value, is_changed ? " (changed)" : "");
    if (column + item.size() > kColumnsOfText) {
      text += "\n   ";
      column = 3;
    }
    text += item;
    column += item.size();
  }
  return text + "\n  (what each is and why: `$(tdc chip) --parameters`)\n";
}

}  // namespace

Result<ChipReport> read_chip_report(const std::string& path) {
  const Result<std::string> bytes = read_file(path);
  if (!bytes.ok()) return bytes.failure();
  const Result<Json> parsed = parse_json(bytes.value());
  if (!parsed.ok()) return parsed.failure();
  const Json& json = parsed.value();
  ChipReport report = {.status = integer(member(json, "status")),
                       .cycles = integer(member(json, "cycles")),
                       .peak_flop_per_cycle = integer(member(json, "peak_flop_per_cycle"))};
  if (const Json* fault = json.find("fault"); fault != nullptr) report.fault = *fault->as_string();
  const Json& dma = member(json, "dma");
  report.dma = {.transfers = integer(member(dma, "transfers")),
                .busy_cycles = integer(member(dma, "busy_cycles"))};
  if (const Json* engine = json.find("engine"); engine != nullptr)
    report.engine = {.jobs = integer(member(*engine, "jobs")),
                     .busy_cycles = integer(member(*engine, "busy_cycles")),
                     .peak_flop_per_cycle = integer(member(*engine, "peak_flop_per_cycle"))};
  for (const auto& [name, value] : integers(member(json, "parameters")))
    report.parameters[name] = value;
  for (const Json& name : array(member(json, "changed_parameters")))
    report.changed_parameters.push_back(*name.as_string());
  for (const Json& core : array(member(json, "cores"))) report.cores.push_back(integers(core));
  for (const Json& step : array(member(json, "steps")))
    report.steps[integer(member(step, "step"))] = {
        .calls = integer(member(step, "visits")),
        .cycles = integer(member(step, "cycles")),
        .dma_in_bytes = integer(member(step, "dma_in_bytes")),
        .dma_out_bytes = integer(member(step, "dma_out_bytes")),
        .engine_cycles = report.engine ? integer(member(step, "engine_cycles")) : 0,
        .events = integers(member(step, "events"))};
  return report;
}

std::vector<CycleUse> cycle_uses(const ChipReport& report) {
  std::vector<CycleUse> uses = {
      {"instructions", "instr", {{"instructions", 1}}},
      {"FPU contention", "FPU", {{"fpu_contention", 1}}},
      {"FPU results",
       "result",
       {{"fpu_type_stalls", 1}, {"fpu_dependency", 1}, {"fpu_writeback", 1}}},
      {"bank conflicts", "banks", {{"bank_conflicts", 1}}},
      {"load-use", "load", {{"load_use_stalls", 1}}},
      // A taken branch empties two stages and a jump one: runtime/soc/README.md.
      {"branches", "branch", {{"branches_taken", 2}, {"jumps", 1}, {"jump_register_stalls", 1}}},
      {"I-cache", "icache", {{"icache_wait", 1}}},
      {"L2 accesses", "L2", {{"l2_wait", 1}}},
      {"barriers", "barr", {{"barrier_wait", 1}}},
      {"DMA", "DMA", {{"dma_wait", 1}}},
      {"without a job", "no job", {{"job_wait", 1}}}};
  if (report.engine) uses.push_back({"matrix engine", "e-wait", {{"engine_wait", 1}}});
  return uses;
}

int64_t cycles_of(const CycleUse& use, const EventCounts& events) {
  int64_t cycles = 0;
  for (const CycleUse::Term& term : use.terms) {
    const auto found = events.find(term.event);
    TDC_CHECK(found != events.end(), "the chip counts no `{}`", term.event);
    cycles += term.cycles * found->second;
  }
  return cycles;
}

double ratio(int64_t part, int64_t whole) {
  return static_cast<double>(part) / static_cast<double>(std::max<int64_t>(whole, 1));
}

JsonObject events_json(const EventCounts& events) {
  JsonObject object;
  for (const auto& [name, count] : events) object.emplace_back(name, count);
  return object;
}

std::string peak_text(const ChipReport& report) {
  const int64_t of_engine = report.engine ? report.engine->peak_flop_per_cycle : 0;
  const int64_t of_fpus = report.peak_flop_per_cycle - of_engine;
  const std::string fpus = fmt::format(
      "{} {} FPU{}", of_fpus / 2, report.parameters.at("cores_per_fpu") > 1 ? "shared" : "private",
      of_fpus == 2 ? "" : "s");
  return report.engine ? fmt::format("{} ({}, {}, and the matrix engine, {})",
                                     report.peak_flop_per_cycle, fpus, of_fpus, of_engine)
                       : fmt::format("{} ({})", report.peak_flop_per_cycle, fpus);
}

std::string chip_text(const ChipReport& report, int64_t model_cycles, int64_t flop) {
  std::string text =
      fmt::format("the chip: {} cycles in the model, {} with start-up and messages\n",
                  with_commas(model_cycles), with_commas(report.cycles));
  text += fmt::format("  {:.2f} FLOP/cycle of a peak of {}\n", ratio(flop, model_cycles),
                      peak_text(report));
  if (report.engine)
    text += fmt::format("  the matrix engine was busy for {} cycles with {} jobs\n",
                        with_commas(report.engine->busy_cycles), with_commas(report.engine->jobs));
  text += "  where the cycles of each core went (waits of two kinds may fall into one cycle):\n";
  return text + core_table(report) + parameter_text(report);
}

Json chip_json(const ChipReport& report, int64_t model_cycles, int64_t flop) {
  JsonObject parameters;
  for (const auto& [name, value] : report.parameters) parameters.emplace_back(name, value);
  JsonArray changed;
  for (const std::string& name : report.changed_parameters) changed.emplace_back(name);
  JsonArray cores;
  for (const EventCounts& core : report.cores) cores.push_back(events_json(core));
  return JsonObject{{"cycles", report.cycles},
                    {"model_cycles", model_cycles},
                    {"flop", flop},
                    {"peak_flop_per_cycle", report.peak_flop_per_cycle},
                    {"parameters", std::move(parameters)},
                    {"changed_parameters", std::move(changed)},
                    {"cores", std::move(cores)}};
}

}  // namespace tdc::driver
