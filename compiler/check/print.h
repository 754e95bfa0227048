#pragma once

#include <string>

#include "check/program.h"

namespace tdc::check {

/// `tdc check --selection`: each line of the `train` block with what it matched, then what trains.
std::string selection_text(const Program& program);

/// `tdc check --shapes`: the type of every named value of one sample and of every variable.
std::string shapes_text(const Program& program);

}  // namespace tdc::check
