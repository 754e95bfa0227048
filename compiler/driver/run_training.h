#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "driver/run_context.h"
#include "runner/client.h"
#include "runner/samples.h"

namespace tdc::driver {

/// The micro-batches of a run, each as indices of samples, in the order that the command line says.
class MicroBatches {
 public:
  /// Asserts that the program has a `train` block.
  explicit MicroBatches(const RunContext& run);

  std::vector<int64_t> next();

 private:
  int64_t batch_;
  runner::SampleOrder order_;
};

/// Trains a model from its first update on.
class TrainingLoop {
 public:
  /// Asserts that the program has a `train` block.
  explicit TrainingLoop(const RunContext& run);

  /// Updates of the whole run.
  [[nodiscard]] int64_t updates() const;
  /// Samples that were trained on so far.
  [[nodiscard]] int64_t samples() const { return done_ * training_.batch; }

  /// Feeds the model until its next update is done; gives the mean loss over the update's samples.
  /// None if no update is left, or once the user has asked to stop: after the micro-batch under
  /// way.
  Result<std::optional<float>> next_update(runner::Client& client);

 private:
  const RunContext& run_;
  const check::Training& training_;
  MicroBatches micro_batches_;
  int64_t wanted_;    // micro-batches of the whole run
  int64_t done_ = 0;  // micro-batches
};

}  // namespace tdc::driver
