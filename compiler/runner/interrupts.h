#pragma once

#include <array>
#include <csignal>

namespace tdc::runner {

/// While it lives, signals that would end the compiler are noted instead, so that a run can finish
/// its step and save: Ctrl-C (SIGINT, also Ctrl-\, SIGQUIT), and what ends a program otherwise, a
/// terminal that closes (SIGHUP, unless `nohup` has it ignored), SIGTERM, a limit of time, SIGUSR1
/// and SIGUSR2, and an output whose reader has gone (SIGPIPE). At most one at a time.
class Interrupts {
 public:
  Interrupts();
  ~Interrupts();
  Interrupts(const Interrupts&) = delete;
  Interrupts& operator=(const Interrupts&) = delete;

  /// How often the user has asked to stop: once means at the next good moment, twice means now.
  /// Only Ctrl-C counts more than once: the others come twice from some senders.
  [[nodiscard]] int count() const;

 private:
  static constexpr std::array kSignals = {SIGINT,  SIGQUIT, SIGHUP,  SIGTERM,
                                          SIGXCPU, SIGUSR1, SIGUSR2, SIGPIPE};
  std::array<struct sigaction, kSignals.size()> before_ = {};
};

}  // namespace tdc::runner
