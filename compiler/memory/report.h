#pragma once

// The numbers of a memory plan: for `tdc report`, report.json and `--dump=plan`.

#include <string>
#include <vector>

#include "chip/chip.h"
#include "memory/plan.h"
#include "memory/plan_memory.h"
#include "schedule/schedule.h"

namespace tdc::memory {

struct EntryPointReport {
  std::string name;
  Bytes peak;  ///< of the arena, as far as this entry point uses it; variables included
  Bytes live;  ///< the most bytes that are live at one step of it
  friend bool operator==(const EntryPointReport&, const EntryPointReport&) = default;
};

struct LevelReport {
  std::string name;
  Bytes capacity;
  bool is_budget = false;  ///< capacity is what the `deploy` block grants
  Beside beside;
  Bytes variables;    ///< part of the peak
  Bytes temporaries;  ///< the rest of the peak
  Bytes peak, max_live;
  Method method = Method::empty;
  bool is_proved = false;
  Bytes need;                               ///< all of it
  std::string peak_entry_point, peak_step;  ///< when most bytes are live; empty: nothing is placed
  Bytes live_at_peak;
  std::vector<LiveTensor> largest_at_peak;              ///< at most ten, largest first
  std::vector<LiveTensor> largest_temporaries_at_peak;  ///< the same without variables
  std::vector<EntryPointReport> entry_points;
};

struct MemoryReport {
  std::string chip;
  std::vector<LevelReport> levels;
};

MemoryReport report_memory(const schedule::Schedule& schedule, const chip::Chip& chip,
                           const MemoryPlan& plan);

/// A table per level for the terminal. Bytes are exact where they decide, rounded elsewhere.
std::string to_text(const MemoryReport& report);

/// What `--dump=plan` prints: every placement with its ticks, and a picture of each arena over
/// time:
///
///     96 |    ##    |      Left to right the ticks, bottom to top the bytes. `=` is a variable,
///     64 |  ####### |      `#` a temporary, a blank is free. A character stands for several ticks
///     32 | ##   ####|      and bytes if there are many, and shows what occupies any of them.
///      0 |==========|
///        0         9
std::string plan_text(const schedule::Schedule& schedule, const chip::Chip& chip,
                      const MemoryPlan& plan);

}  // namespace tdc::memory
