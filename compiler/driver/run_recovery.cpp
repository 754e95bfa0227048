#include "driver/run_recovery.h"

#include <algorithm>
#include <cmath>

#include "driver/run_training.h"

namespace tdc::driver {

bool is_finite(std::span<const io::Array> arrays) {
  return std::all_of(arrays.begin(), arrays.end(), [](const io::Array& array) {
    const std::vector<double> elements = io::to_f64(array);
    return std::all_of(elements.begin(), elements.end(), [](double x) { return std::isfinite(x); });
  });
}

Result<WeightsOfUpdate> last_finite_weights(const RunContext& run, RunDevice& device,
                                            RunProgress& progress, int64_t updates) {
  if (const Result<Done> started = device.restart(); !started.ok()) return started.failure();
  Result<std::vector<io::Array>> weights = device.read_weights();
  if (!weights.ok()) return weights.failure();
  WeightsOfUpdate found = {.updates = 0, .arrays = std::move(weights.value())};
  TrainingLoop loop(run);
  progress.begin(updates);
  while (found.updates < updates) {
    const auto update = loop.next_update(device.client());
    if (!update.ok()) return update.failure();
    if (!update.value()) break;
    progress.end_step(*update.value(), loop.samples());
    weights = device.read_weights();
    if (!weights.ok()) return weights.failure();
    if (!is_finite(weights.value())) break;
    found = {.updates = found.updates + 1, .arrays = std::move(weights.value())};
  }
  progress.finish();
  return found;
}

}  // namespace tdc::driver
