#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "driver/run_context.h"
#include "driver/run_device.h"
#include "driver/run_progress.h"
#include "io/array.h"

// The two kinds of work that take samples one by one and change nothing on the device. Both fail if
// the program does or refuses a sample, which is named then, and when the user asks to stop.

namespace tdc::driver {

struct MeanEvaluation {
  std::vector<std::string> names;     ///< `loss` and the metrics
  std::vector<double> means;          ///< of a metric of two numbers their quotient
  std::optional<int64_t> non_finite;  ///< the first sample whose loss is infinite or no number
};

/// Loss and metrics over the first `count` samples. Unless the run keeps going, it ends with the
/// first loss that is not finite; `means` are then of no use.
Result<MeanEvaluation> evaluate_samples(const RunContext& run, int64_t count,
                                        runner::Client& client, RunProgress& progress);

/// The net's results for the first `count` samples, each with the samples as its first axis.
Result<std::vector<io::Array>> infer_samples(const RunContext& run, int64_t count,
                                             runner::Client& client, RunProgress& progress);

}  // namespace tdc::driver
