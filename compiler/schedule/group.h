#pragma once

// Strips: a run of launches that hand one tensor on, cut along one axis and interleaved, so that
// between them only a strip of the tensor exists.
//
//     before                                  after, three strips
//       t = conv2d(x)      256 KiB              t[0..12]  = conv2d(x[0..13])
//       t = relu(t)                             t[0..12]  = relu(t[0..12])
//       y = max_pool2d(t)   64 KiB              y[0..6]   = max_pool2d(t[0..12])
//                                               t[11..12] to the front of the strip
//                                               t[12..24] = conv2d(x[11..25])   ...
//
// What a strip needs of an earlier one (the halo) is kept: its producer computes each element once,
// and the last rows move to the front of the strip's buffer. Everything follows from the spaces of
// the ops; the axis may as well be one of channels, where nothing is needed twice, or a chain that
// the last op continues from strip to strip.

#include <cstdint>
#include <vector>

#include "schedule/schedule.h"

namespace tdc::schedule {

/// One way to cut the steps `first` to `last` of an entry point: strips of `length` indices along
/// an axis of the space of the last one.
struct StripChoice {
  size_t entry_point = 0;
  size_t first = 0, last = 0;
  size_t axis = 0;
  int64_t length = 1;
  friend bool operator==(const StripChoice&, const StripChoice&) = default;
};

/// All that are possible for the runs that contain `step`, with numbers of strips that double.
std::vector<StripChoice> strip_choices(const Schedule& schedule, size_t entry_point, size_t step);

/// The schedule with the steps of a choice in strips. Asserts that the choice is one of
/// `strip_choices`.
Schedule in_strips(Schedule schedule, const StripChoice& choice);

}  // namespace tdc::schedule
