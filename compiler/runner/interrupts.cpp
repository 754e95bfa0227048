#include "runner/interrupts.h"

#include <algorithm>
#include <atomic>

#include "support/check.h"

namespace tdc::runner {
namespace {

std::atomic<int> interrupt_count;
std::atomic<int> is_asked_to_end;
std::atomic<bool> is_installed;
static_assert(std::atomic<int>::is_always_lock_free, "signal handlers take no locks");

extern "C" void note_signal(int signal) {
  if (signal == SIGINT || signal == SIGQUIT)
    interrupt_count.fetch_add(1);
  else
    is_asked_to_end = 1;
}

}  // namespace

Interrupts::Interrupts() {
  TDC_CHECK(!is_installed.exchange(true), "one object of this kind at a time");
  interrupt_count = 0;
  is_asked_to_end = 0;
  struct sigaction action = {};
  action.sa_handler = note_signal;
  sigemptyset(&action.sa_mask);
  for (size_t i = 0; i < kSignals.size(); ++i) {
    sigaction(kSignals[i], &action, &before_[i]);
    if (kSignals[i] == SIGHUP && before_[i].sa_handler == SIG_IGN)
      sigaction(kSignals[i], &before_[i], nullptr);
  }
}

Interrupts::~Interrupts() {
  for (size_t i = 0; i < kSignals.size(); ++i) sigaction(kSignals[i], &before_[i], nullptr);
  is_installed = false;
}

int Interrupts::count() const {
  return std::max(interrupt_count.load(), is_asked_to_end.load());
}

}  // namespace tdc::runner
