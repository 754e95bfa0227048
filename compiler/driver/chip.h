#pragma once

#include "runner/chip.h"
#include "runner/interrupts.h"
#include "support/result.h"

namespace tdc::driver {

/// `tdc chip`; the exit status.
int chip();

/// Builds the chip if that was not done yet, and shows on standard error how far that is.
Result<Done> build_chip(const runner::ChipBuild& chip, const runner::Interrupts& interrupts);

}  // namespace tdc::driver
