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

Result<Recovery> train_again(const RunContext& run, RunDevice& device, RunProgress& progress,
                             int64_t updates, bool wants_weights) {
  if (const Result<Done> started = device.restart(); !started.ok()) return started.failure();
  const auto weights = [&]() -> Result<std::vector<io::Array>> {
    return wants_weights ? device.read_weights() : std::vector<io::Array>();
  };
  Result<std::vector<io::Array>> now = weights();
  if (!now.ok()) return now.failure();
  Recovery found = {.updates = 0, .weights = std::move(now.value())};
  TrainingLoop loop(run);
  progress.begin(updates);
  while (found.updates < updates) {
    const auto update = loop.next_update(device.client());
    if (!update.ok()) return update.failure();
    if (!update.value()) break;
    progress.end_step(*update.value(), loop.samples());
    now = weights();
    if (!now.ok()) return now.failure();
    if (!is_finite(now.value())) break;
    found = {.updates = found.updates + 1, .weights = std::move(now.value())};
  }
  progress.finish();
  return found;
}

Result<std::optional<std::vector<int64_t>>> non_finite_alone(const RunContext& run,
                                                             runner::Client& client,
                                                             std::span<const int64_t> samples) {
  const int interrupts_before = run.interrupts.count();
  std::vector<int64_t> found;
  for (const int64_t sample : samples) {
    if (run.interrupts.count() != interrupts_before) return std::optional<std::vector<int64_t>>();
    const Result<runner::Evaluation> result =
        client.eval(run.inputs.samples.gather(std::vector<int64_t>{sample}));
    if (!result.ok()) return result.failure();
    if (!std::isfinite(result.value().loss)) found.push_back(sample);
  }
  return std::optional(std::move(found));
}

}  // namespace tdc::driver
