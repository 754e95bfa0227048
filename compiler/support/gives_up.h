#pragma once

#include <functional>

namespace tdc {

/// Asked ten times a second during a wait; true ends it.
using GivesUp = std::function<bool()>;

}  // namespace tdc
