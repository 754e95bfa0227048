#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "driver/chip_report.h"
#include "driver/chip_timeline.h"
#include "driver/compilation.h"

namespace tdc::driver {

/// The clock that cycles are shown in time at; chip files state none.
inline constexpr int64_t kCyclesPerMicrosecond = 360;
/// A window of the picture: a millisecond.
inline constexpr int64_t kWindowCycles = 1000 * kCyclesPerMicrosecond;

/// How the markers of a run tell where its steps begin: each has `visits` visits of step `first` of
/// the model, and begins with the first of them, or with the transfers that are started just before
/// it.
struct StepMarkers {
  int64_t first = 0;
  int64_t visits = 1;
};

/// The steps of a run, each up to the next one or to the end.
std::vector<CycleRange> steps_of(const ChipTimeline& timeline, const StepMarkers& markers);

/// Of a chip, in FLOP per cycle.
struct PeakRates {
  int64_t fpus = 0;
  int64_t engine = 0;
};

/// The window of `cycles` cycles within `range`, of all of it if it is shorter, in which most work
/// is done: each cycle of a working core counts its part of the FPUs' peak, each cycle of a job the
/// engine's peak. The first of equals.
CycleRange busiest_window(const ChipTimeline& timeline, const CycleRange& range, int64_t cycles,
                          const PeakRates& peaks);

struct TimelinePicture {
  std::string title;
  std::map<int64_t, std::string> names;  ///< of the model's steps: `matmul fc1`
  CycleRange step;                       ///< cycle 0 of the axes is its begin
  PeakRates peaks;                       ///< an engine's of 0: the chip has none
};

/// As SVG, for each of two windows of the step, or one if that is all of it:
///
///     The first millisecond of the step: cycles 0 to 360,000
///                     |0       |36,000  |72,000 ...                                   idle
///     steps           | 3 matmul fc1    | 5 relu | 7 matmul fc2 ...
///     matrix engine   |  ##### ######            ...                                 61.2 %
///     DMA into L1     |## ##                     ...                                 80.1 %
///     core 0          |#### ....########         ...                                 12.0 %
///
/// The steps of the window are listed below it with their shares, what the colours mean at the end.
std::string timeline_svg(const ChipTimeline& timeline, const TimelinePicture& picture);

/// The picture of a step of a run, the second if more than one ran: the first finds the instruction
/// caches empty.
struct StepTimeline {
  std::string svg;
  std::string said;  ///< `step 2 of 5`
};
/// `kind`: the entry point that ran for each step. Nothing if no step was recorded.
std::optional<StepTimeline> step_timeline(const Compilation& compilation, ir::GraphKind kind,
                                          const ChipReport& report, const ChipTimeline& timeline);

}  // namespace tdc::driver
