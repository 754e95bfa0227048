#include "driver/run_progress.h"

#include <algorithm>

#include "driver/session.h"

namespace tdc::driver {

void RunProgress::begin(int64_t steps) {
  state_ = {};
  state_.steps = steps;
  start_ = std::chrono::steady_clock::now();
}

void RunProgress::end_step(std::optional<float> loss, int64_t samples) {
  ++state_.step;
  state_.loss = loss;
  state_.samples = samples;
  if (chip_ != nullptr) state_.cycles_of_steps = cycles();
  show();
}

void RunProgress::show() {
  if (state_.steps == 0) return;
  if (chip_ != nullptr) state_.cycles = cycles();
  state_.elapsed = elapsed();
  print_error(progress_.update(state_));
}

void RunProgress::finish() {
  print_error(progress_.finish());
}

std::chrono::duration<double> RunProgress::elapsed() const {
  return std::chrono::steady_clock::now() - start_;
}

int64_t RunProgress::cycles() const {
  return std::max(state_.cycles.value_or(0), chip_->cycles());
}

}  // namespace tdc::driver
