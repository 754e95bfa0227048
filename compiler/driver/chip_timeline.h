#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "support/result.h"

namespace tdc::driver {

/// From `begin` to before `end`.
struct CycleRange {
  int64_t begin = 0, end = 0;
  [[nodiscard]] int64_t length() const { return end - begin; }
  /// What both have in common; of length 0 if that is nothing.
  [[nodiscard]] CycleRange within(const CycleRange& other) const {
    const int64_t first = std::max(begin, other.begin);
    return {.begin = first, .end = std::max(first, std::min(end, other.end))};
  }
  friend bool operator==(const CycleRange&, const CycleRange&) = default;
};

/// What a core of the simulated chip does; the waits are its events of these names.
enum class CoreActivity : uint8_t { working, barrier_wait, job_wait, dma_wait, engine_wait };
inline constexpr std::array<std::string_view, 5> kCoreActivities = {
    "working", "barrier_wait", "job_wait", "dma_wait", "engine_wait"};

/// What `tdc-soc --timeline` wrote about a run: what each part of the chip did, and when. Intervals
/// of a part are in order and do not overlap.
struct ChipTimeline {
  struct Mark {
    CycleRange cycles;  ///< up to the next one
    int64_t step = 0;   ///< as in `steps` of `report.json`
    /// False: only transfers for it were started.
    bool is_visit = true;
    friend bool operator==(const Mark&, const Mark&) = default;
  };
  /// A transfer or a job of the matrix engine.
  struct Work {
    CycleRange cycles;
    int64_t amount = 0;  ///< bytes or FLOP
    friend bool operator==(const Work&, const Work&) = default;
  };
  struct CoreInterval {
    CycleRange cycles;
    CoreActivity activity = CoreActivity::working;
    friend bool operator==(const CoreInterval&, const CoreInterval&) = default;
  };
  enum Channel : uint8_t { into_l1, out_of_l1, external };

  int64_t end = 0;  ///< cycles that were recorded
  std::vector<Mark> marks;
  std::vector<Work> engine;
  std::array<std::vector<Work>, 3> dma;  ///< by Channel
  std::vector<std::vector<CoreInterval>> cores;
};

/// Fails if the file cannot be read; asserts that it holds what this version of the chip writes.
Result<ChipTimeline> read_chip_timeline(const std::string& path);

}  // namespace tdc::driver
