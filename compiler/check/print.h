#pragma once

#include <string>

#include "check/program.h"

namespace tdc::check {

/// `tdc check --selection`: what every line of `freeze`, `train` and `lora` matched, then what is
/// trained in the end. Ends in a newline; says so if the program has no `train` block.
std::string selection_text(const Program& program);

/// `tdc check --shapes`: every input, parameter and named value of one sample with its shape and
/// bytes, in the order of computation.
std::string shapes_text(const Program& program);

}  // namespace tdc::check
