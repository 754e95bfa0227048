#pragma once

#include "check/program.h"
#include "interface/interface.h"

namespace tdc::check {

/// What later stages need of a checked program beside its graph.
interface::Interface interface_of(const Program& program);

}  // namespace tdc::check
