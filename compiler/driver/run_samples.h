#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "driver/run_context.h"
#include "driver/run_device.h"
#include "driver/run_progress.h"
#include "io/array.h"

// The two kinds of work that take samples one by one and change nothing on the device. Both fail if
// the program does, and when the user asks to stop.

namespace tdc::driver {

struct MeanEvaluation {
  std::vector<std::string> names;  ///< `loss` and the metrics
  std::vector<double> means;
};

/// Loss and metrics over the first `count` samples.
Result<MeanEvaluation> evaluate_samples(const RunContext& run, int64_t count,
                                        runner::Client& client, RunProgress& progress);

/// The net's results for the first `count` samples, each with the samples as its first axis.
Result<std::vector<io::Array>> infer_samples(const RunContext& run, int64_t count,
                                             runner::Client& client, RunProgress& progress);

}  // namespace tdc::driver
