#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "support/json.h"
#include "support/result.h"

namespace tdc::driver {

/// Events by name, as in `runtime/soc/events.def`.
using EventCounts = std::map<std::string, int64_t, std::less<>>;

/// What `tdc-soc --report` wrote about a run.
struct ChipReport {
  struct Step {
    int64_t calls = 0;
    int64_t cycles = 0;
    int64_t dma_in_bytes = 0, dma_out_bytes = 0;  ///< of transfers to and from L1
    int64_t engine_cycles = 0;                    ///< that the matrix engine took for its jobs
    EventCounts events;                           ///< of all cores
  };
  struct Engine {
    int64_t jobs = 0;
    int64_t busy_cycles = 0;
    int64_t peak_flop_per_cycle = 0;  ///< a part of the chip's
  };
  struct Dma {
    int64_t transfers = 0;
    int64_t busy_cycles = 0;  ///< in which at least one was queued or under way
  };
  int64_t status = 0;
  std::string fault;  ///< empty: the program ended by itself
  int64_t cycles = 0;
  int64_t peak_flop_per_cycle = 0;
  std::map<std::string, int64_t> parameters;
  std::vector<std::string> changed_parameters;  ///< those that have not their standard value
  std::vector<EventCounts> cores;
  Dma dma;
  std::optional<Engine> engine;   ///< the matrix engine of a chip that has one
  std::map<int64_t, Step> steps;  ///< by the number of its marker; 0 is what ran before the first
};

/// Fails if the file cannot be read; asserts that it holds what this version of the chip writes.
Result<ChipReport> read_chip_report(const std::string& path);

/// What a core's cycles are spent on: a sum of events.
struct CycleUse {
  struct Term {
    std::string_view event;
    int64_t cycles;  ///< that each costs
  };
  std::string_view name;     ///< `FPU contention`
  std::string_view heading;  ///< of a narrow column: `FPU`
  std::vector<Term> terms;
};

/// `instructions` first, then everything that a core of the chip can wait for.
std::vector<CycleUse> cycle_uses(const ChipReport& report);
int64_t cycles_of(const CycleUse& use, const EventCounts& events);

/// part / whole; a whole of 0 counts as 1.
double ratio(int64_t part, int64_t whole);
/// An object with a member for each event.
JsonObject events_json(const EventCounts& events);

/// The peak that results are held against, with its name: `8 (4 shared FPUs)`, `16 (8 private
/// FPUs)`.
std::string peak_text(const ChipReport& report);

/// The results of a run whose `flop` operations took `model_cycles` cycles: cycles, FLOP/cycle,
/// where the cycles of each core went, and all parameters of the chip.
std::string chip_text(const ChipReport& report, int64_t model_cycles, int64_t flop);

/// The same for machines; `profile.chip` of `report.json`.
Json chip_json(const ChipReport& report, int64_t model_cycles, int64_t flop);

}  // namespace tdc::driver
