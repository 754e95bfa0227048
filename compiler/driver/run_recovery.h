#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "driver/run_context.h"
#include "driver/run_device.h"
#include "driver/run_progress.h"
#include "io/array.h"

namespace tdc::driver {

/// Whether every element of every array of f32 is.
bool is_finite(std::span<const io::Array> arrays);

/// Weights as they were after an update.
struct WeightsOfUpdate {
  int64_t updates = 0;
  std::vector<io::Array> arrays;
};

/// The weights after the last of the first `updates` updates that left all of them finite.
///
/// When a loss shows that they no longer are, the device has lost them, and copying them before
/// every update would cost every run. As a run is the same every time, they are found by training
/// again up to there. Once the user asks (again) to stop, gives the last that were found.
Result<WeightsOfUpdate> last_finite_weights(const RunContext& run, RunDevice& device,
                                            RunProgress& progress, int64_t updates);

}  // namespace tdc::driver
