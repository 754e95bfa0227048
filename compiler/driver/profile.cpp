#include "driver/profile.h"

#include <algorithm>
#include <map>

#include "driver/report.h"
#include "runner/progress.h"
#include "support/files.h"
#include "support/json.h"

namespace tdc::driver {
namespace {

struct Counts {
  int64_t visits = 0;
  int64_t cycles = 0;
};

int64_t integer(const Json& object, std::string_view key) {
  const Json* member = object.find(key);
  const int64_t* value = member == nullptr ? nullptr : member->as_integer();
  TDC_CHECK(value != nullptr, "no whole number `{}` in the report", key);
  return *value;
}

std::string text(const Json& object, std::string_view key) {
  const Json* member = object.find(key);
  const std::string* value = member == nullptr ? nullptr : member->as_string();
  TDC_CHECK(value != nullptr, "no text `{}` in the report", key);
  return *value;
}

const JsonArray& array(const Json& object, std::string_view key) {
  const Json* member = object.find(key);
  const JsonArray* value = member == nullptr ? nullptr : member->as_array();
  TDC_CHECK(value != nullptr, "no array `{}` in the report", key);
  return *value;
}

}  // namespace

Result<std::string> profile_text(const Compilation& compilation, const std::string& chip_report) {
  const Result<std::string> bytes = read_file(chip_report);
  if (!bytes.ok()) return bytes.failure();
  const Result<Json> measured = parse_json(bytes.value());
  if (!measured.ok()) return measured.failure();
  std::map<int64_t, Counts> counts;
  for (const Json& step : array(measured.value(), "steps"))
    counts[integer(step, "step")] = {.visits = integer(step, "visits"),
                                     .cycles = integer(step, "cycles")};

  const Json model = report_json(compilation, "");
  std::string table = fmt::format("{:>5} {:<22} {:<28} {:>8} {:>14} {:>12} {:>10}\n", "step", "op",
                                  "name", "calls", "cycles", "cycles/call", "FLOP/cycle");
  for (const Json& step : array(model, "steps")) {
    const auto found = counts.find(integer(step, "step"));
    if (found == counts.end() || found->second.visits == 0) continue;
    const Counts& count = found->second;
    table += fmt::format("{:>5} {:<22} {:<28} {:>8} {:>14} {:>12} {:>10.2f}\n",
                         integer(step, "step"), text(step, "op"), text(step, "name"),
                         runner::with_commas(count.visits), runner::with_commas(count.cycles),
                         runner::with_commas(count.cycles / count.visits),
                         static_cast<double>(integer(step, "flop") * count.visits) /
                             static_cast<double>(std::max<int64_t>(count.cycles, 1)));
  }
  return table;
}

}  // namespace tdc::driver
