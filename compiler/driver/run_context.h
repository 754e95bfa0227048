#pragma once

#include "driver/compilation.h"
#include "driver/options.h"
#include "driver/run_inputs.h"
#include "runner/interrupts.h"

namespace tdc::driver {

/// What all parts of a run look at. It lives longer than they do.
struct RunContext {
  const RunCommand& command;
  const Compilation& compilation;
  const RunInputs& inputs;
  const runner::Interrupts& interrupts;

  [[nodiscard]] const check::Program& program() const { return compilation.program; }
};

/// How many samples `--eval` and `--infer` take: there are as many.
inline int64_t wanted_samples(const RunContext& run) {
  return run.command.samples.value_or(run.inputs.samples.count());
}

}  // namespace tdc::driver
