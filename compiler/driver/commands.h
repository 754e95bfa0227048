#pragma once

#include "driver/options.h"

namespace tdc::driver {

/// Carries out a command and returns the exit status (0, 1, 2, 70 or 130; see `help_text`).
/// Results go to standard output, messages and progress to standard error.
int execute(const Command& command);

}  // namespace tdc::driver
