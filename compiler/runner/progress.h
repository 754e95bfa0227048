#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tdc::runner {

/// Where a run is.
struct ProgressState {
  int64_t step = 0;           ///< done
  int64_t steps = 0;          ///< in all; at least 1
  std::optional<float> loss;  ///< of the last step; none before it
  int64_t samples = 0;
  std::optional<int64_t> cycles;  ///< of the simulated chip, those of the step at work included
  int64_t cycles_of_steps = 0;    ///< ... at the end of the last step
  std::chrono::duration<double> elapsed{0};
};

/// One line for a terminal of `columns` columns, which it does not fill:
///
///     120/1800 ██████▌              loss 0.4312  5,120 samples/s  0:12 left
///     1/5 ██▊           loss 2.301  289,000 cycles  163 k/s  0:05 left
///
/// Within the first step of the simulated chip nothing is known of the time left.
std::string progress_bar(const ProgressState& state, int columns);

/// The same for a log: `step 120 of 1800, loss 0.4312, 5,120 samples/s, 0:12 left`.
std::string progress_text(const ProgressState& state);

/// Decides when something that takes long says how far it is: on a terminal ten times a second in
/// place, elsewhere a line per tenth but at most one a second, and after ten seconds of silence.
class Progress {
 public:
  Progress(bool is_terminal, int columns) : is_terminal_(is_terminal), columns_(columns) {}

  /// What to write now; mostly nothing.
  std::string update(const ProgressState& state);
  /// The same for building the simulated chip: `36 %, Translating the core with Verilator, 0:12`.
  std::string update(int percent, std::string_view doing, std::chrono::duration<double> elapsed);
  /// What to write before other text: clears the bar.
  std::string finish();

 private:
  /// Whether it is time to speak, `tenth` tenths being done.
  bool is_due(int64_t tenth, bool is_last, std::chrono::duration<double> elapsed);

  bool is_terminal_;
  int columns_;
  bool is_shown_ = false;
  int64_t last_tenth_ = 0;
  std::chrono::duration<double> last_time_{0};
};

/// `5,120 samples/s`; two digits below a hundred, `0.52 samples/s`.
std::string sample_rate_text(int64_t samples, std::chrono::duration<double> elapsed);

/// `0:12`, `1:02:03`.
std::string duration_text(std::chrono::duration<double> duration);

/// The losses as a drawing of `rows` lines, at most `columns` wide, in eighths of blocks, with the
/// largest and smallest value at its side. A column is the mean of the steps it stands for; values
/// that are not finite leave a gap. Empty for less than two losses or none finite.
std::string loss_curve(std::span<const float> losses, int columns, int rows);

/// `step,loss` and one row per update, counted from 1, in the shortest digits that read back alike.
std::string losses_csv(std::span<const float> losses);

/// `12,345`.
std::string with_commas(int64_t number);

}  // namespace tdc::runner
