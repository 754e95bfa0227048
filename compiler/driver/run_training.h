#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
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

/// A micro-batch whose loss is infinite or no number.
struct NonFiniteLoss {
  int64_t update = 0;       ///< that it is part of, counted from 1
  int64_t micro_batch = 0;  ///< within that update, counted from 1
  float loss = 0;
  std::vector<int64_t> samples;  ///< indices in the data, counted from 0
  /// Those of them whose loss is not finite alone either; null: nobody has looked.
  std::optional<std::vector<int64_t>> alone;

  friend bool operator==(const NonFiniteLoss&, const NonFiniteLoss&) = default;
};

/// `the loss is nan in update 7, at sample 12 of `d.npz` (counted from 0)`; with `accumulate` above
/// 1 also the micro-batch. If it is not known which of several samples it is, or if it is all or
/// none of them alone, says so: `over samples 8 to 15 of ..`.
std::string to_text(const NonFiniteLoss& found, int64_t accumulate, const std::string& data);

/// The failure of a model that refused what it was given, with the samples; at least one.
Failure at_samples(const Failure& failure, std::span<const int64_t> samples,
                   const std::string& data);

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
  /// None if no update is left, or once the user has asked again to stop: after the micro-batch
  /// under way. Unless the run keeps going, an update ends with a loss that is not finite. A
  /// failure by a status of the model's own says at which sample.
  Result<std::optional<float>> next_update(runner::Client& client);

  /// The first, if there was one.
  [[nodiscard]] const std::optional<NonFiniteLoss>& non_finite() const { return non_finite_; }

 private:
  const RunContext& run_;
  const check::Training& training_;
  MicroBatches micro_batches_;
  int64_t wanted_;    // micro-batches of the whole run
  int64_t done_ = 0;  // micro-batches
  int64_t updates_done_ = 0;
  int interrupts_before_;
  std::optional<NonFiniteLoss> non_finite_;
};

}  // namespace tdc::driver
