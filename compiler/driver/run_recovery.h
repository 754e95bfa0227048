#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "driver/run_context.h"
#include "driver/run_device.h"
#include "driver/run_progress.h"
#include "io/array.h"

namespace tdc::driver {

/// Whether every element of every array of f32 is.
bool is_finite(std::span<const io::Array> arrays);

/// Where training again has come to, and the weights there.
struct Recovery {
  int64_t updates = 0;
  std::vector<io::Array> weights;  ///< empty unless they were wanted
};

/// Trains once more from the start, for `updates` updates at most. If weights are wanted, gives the
/// last that were all finite, and ends after the update that lost them.
///
/// When a loss shows that something is wrong, the device has lost the weights before it, and
/// copying them before every update would cost every run. As a run is the same every time, they are
/// found by training again up to there. Once the user asks (again) to stop, gives the last that
/// were found.
Result<Recovery> train_again(const RunContext& run, RunDevice& device, RunProgress& progress,
                             int64_t updates, bool wants_weights);

/// Those of `samples` whose loss alone is not finite, with the weights that the device has. Null:
/// the user asked (again) to stop.
Result<std::optional<std::vector<int64_t>>> non_finite_alone(const RunContext& run,
                                                             runner::Client& client,
                                                             std::span<const int64_t> samples);

}  // namespace tdc::driver
