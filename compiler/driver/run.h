#pragma once

#include "driver/options.h"

namespace tdc::driver {

/// `tdc run`: compiles the file, builds its C project for the target, and trains, evaluates or
/// infers there over the runner protocol. Everything about data is checked, and output files
/// are opened, before the run starts. Ctrl-C, and what else ends a program, ends training after the
/// micro-batch under way and saves what the last update left; a second Ctrl-C ends at once. So does
/// a loss that is not finite, with an error, unless the command says to keep going; the weights
/// saved are then the last that were finite. Returns the exit status.
int run(const RunCommand& command);

}  // namespace tdc::driver
