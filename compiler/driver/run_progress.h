#pragma once

#include <chrono>
#include <optional>

#include "driver/run_chip.h"
#include "driver/terminal.h"
#include "runner/progress.h"

namespace tdc::driver {

/// Says at standard error where a run is: steps, loss, and on the simulated chip its cycles.
class RunProgress {
 public:
  /// `chip`: that of the run, or null; lives longer.
  explicit RunProgress(const RunChip* chip) : chip_(chip) {}

  /// Work of `steps` steps begins now.
  void begin(int64_t steps);
  /// One more is done; `samples` in all.
  void end_step(std::optional<float> loss, int64_t samples);
  /// To be called now and then while a step is at work, which takes minutes on the simulated chip.
  void show();
  /// To be called before other text comes.
  void finish();

  /// Since `begin`.
  [[nodiscard]] std::chrono::duration<double> elapsed() const;

 private:
  [[nodiscard]] int64_t cycles() const;

  const RunChip* chip_;
  runner::ProgressState state_;  // no steps: not begun
  std::chrono::steady_clock::time_point start_;
  runner::Progress progress_{terminal_columns() > 0, terminal_columns()};
};

}  // namespace tdc::driver
