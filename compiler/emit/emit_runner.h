#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "emit/model.h"

namespace tdc::emit {

/// What the runner protocol moves for a model; the sizes of functions that it lacks are 0. Mirrors
/// `td_runner_sizes` of `runtime/td_runner.h`, field by field.
struct RunnerSizes {
  int64_t train_input_bytes = 0;
  int64_t eval_input_bytes = 0;
  int64_t infer_input_bytes = 0;
  int64_t result_bytes = 0;
  int64_t metrics = 0;
  int64_t variables = 0;
  int64_t batch = 0;
  int64_t accumulate = 0;

  friend bool operator==(const RunnerSizes&, const RunnerSizes&) = default;
};
RunnerSizes runner_sizes(const interface::Interface& interface, const schedule::Schedule& schedule);
/// Bytes of the runner's one buffer for inputs: the largest of the three.
Bytes runner_input_bytes(const RunnerSizes& sizes);

/// `<prefix>_runner.c`: `main` of a program that serves the model over the runner protocol, with
/// its buffers.
std::string emit_runner(const Model& model);

}  // namespace tdc::emit
