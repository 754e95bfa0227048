#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>

#include "driver/run_context.h"

namespace tdc::driver {

/// What is going to run, before it does: net, strategy, memory, data, and where its C project goes.
std::string description_text(const RunContext& run);

/// How the loss went: its mean over the first and over the last tenth of the updates (rounded up),
/// which one update's sample sways less than the loss of a single one.
///
///     loss 2.35 in the mean of the first 360 updates, 0.081 of the last 360
///     loss 2.346 at the first update, 2.294 at the last
///
/// Empty for no losses.
std::string loss_text(std::span<const float> losses);

/// Which batches of a run hold samples from both ends of the data (learn-6): it took `samples`, in
/// batches of `batch`, from data of `count`.
///
///     the last batch is filled with 2 samples from the start of the data
///     3 batches go on from the end of the data to its start
///
/// Empty if each pass ends with a batch.
std::string filled_text(int64_t samples, int64_t count, int64_t batch);

/// Why training ended: it was done, the user asked for it, or a loss was not finite.
enum class Ending : uint8_t { done, interrupted, stopped };

/// What training did in the end: `losses`, one for each update that was done, of `updates` wanted,
/// and the curve, `columns` wide.
std::string training_text(Ending ending, std::span<const float> losses, int64_t updates,
                          int64_t samples, std::chrono::duration<double> elapsed, int columns);

}  // namespace tdc::driver
