#pragma once

#include "driver/options.h"

namespace tdc::driver {

/// `tdc run`: compiles the file, builds its C project for the target, and trains, evaluates or
/// infers there over the runner protocol. Everything about data and output files is checked before
/// the run starts. Ctrl-C ends training after the micro-batch under way and saves what the last
/// update left; a second Ctrl-C ends at once. Returns the exit status.
int run(const RunCommand& command);

}  // namespace tdc::driver
