#include "runner/interrupts.h"

#include <atomic>

#include "support/check.h"

namespace tdc::runner {
namespace {

std::atomic<int> interrupt_count;
std::atomic<bool> is_installed;
static_assert(std::atomic<int>::is_always_lock_free, "signal handlers take no locks");

extern "C" void count_interrupt(int /*signal*/) {
  interrupt_count.fetch_add(1);
}

}  // namespace

Interrupts::Interrupts() {
  TDC_CHECK(!is_installed.exchange(true), "one object of this kind at a time");
  interrupt_count = 0;
  struct sigaction action = {};
  action.sa_handler = count_interrupt;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, &old_interrupt_);
  sigaction(SIGTERM, &action, &old_terminate_);
}

Interrupts::~Interrupts() {
  sigaction(SIGINT, &old_interrupt_, nullptr);
  sigaction(SIGTERM, &old_terminate_, nullptr);
  is_installed = false;
}

int Interrupts::count() const {
  return interrupt_count.load();
}

}  // namespace tdc::runner
