#pragma once

#include <csignal>

namespace tdc::runner {

/// While it lives, Ctrl-C (SIGINT) and SIGTERM are counted instead of ending the compiler, so that
/// a run can finish its step and save. At most one at a time.
class Interrupts {
 public:
  Interrupts();
  ~Interrupts();
  Interrupts(const Interrupts&) = delete;
  Interrupts& operator=(const Interrupts&) = delete;

  /// How often the user has asked to stop: once means at the next good moment, twice means now.
  [[nodiscard]] int count() const;

 private:
  struct sigaction old_interrupt_ = {};
  struct sigaction old_terminate_ = {};
};

}  // namespace tdc::runner
