#pragma once

#include <chrono>

#include "support/gives_up.h"

namespace tdc {

/// Ends a test's waits for a program ten minutes after this was called, so that one that hangs is
/// killed and its test fails.
inline GivesUp patience() {
  const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(10);
  return [end] { return std::chrono::steady_clock::now() > end; };
}

}  // namespace tdc
