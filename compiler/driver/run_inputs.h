#pragma once

#include <optional>
#include <string>
#include <vector>

#include "driver/compilation.h"
#include "driver/options.h"
#include "runner/build.h"
#include "runner/chip.h"
#include "runner/samples.h"
#include "support/result.h"

namespace tdc::driver {

/// What a run needs besides the compiled program.
struct RunInputs {
  std::string data;                ///< what names the samples
  std::vector<std::string> files;  ///< the program and its data
  runner::Samples samples;
  // With `--on rtl`:
  std::optional<runner::ChipBuild> chip;   ///< perhaps not built yet
  std::vector<std::string> chip_settings;  ///< what it is to be like, as `NAME=VALUE`
};

/// Finds the tools, the chip and the samples, or everything about them that is wrong.
Result<RunInputs> find_run_inputs(const RunCommand& command, const Compilation& compilation);

/// As `RunCommand::target` says.
runner::Target target_of(const RunCommand& command);

}  // namespace tdc::driver
