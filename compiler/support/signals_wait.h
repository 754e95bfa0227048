#pragma once

#include <csignal>

namespace tdc {

/// While it lives, signals that would end the program wait. For work of milliseconds that must not
/// stop half-way.
class SignalsWait {
 public:
  SignalsWait();
  ~SignalsWait();
  SignalsWait(const SignalsWait&) = delete;
  SignalsWait& operator=(const SignalsWait&) = delete;

 private:
  sigset_t before_;
};

}  // namespace tdc
