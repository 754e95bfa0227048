#include "runner/progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include "support/check.h"

namespace tdc::runner {
namespace {

constexpr double kSecondsBetweenBars = 0.1;
constexpr double kSecondsBetweenLines = 1;
constexpr double kSecondsOfSilence = 10;

/// A bar of 0 to 8 eighths, growing to the right and upwards.
constexpr std::array<const char*, 9> kLeftBlocks = {" ", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"};
constexpr std::array<const char*, 9> kLowerBlocks = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};

/// `5,120 samples/s`; of the simulated chip, whose user waits for cycles, `289,000 cycles  163
/// k/s`.
std::string rate_text(const ProgressState& state, std::string_view separator) {
  const double seconds = std::max(state.elapsed.count(), 1e-9);
  if (state.cycles)
    return fmt::format("{} cycles{}{:.0f} k/s", with_commas(*state.cycles), separator,
                       static_cast<double>(*state.cycles) / seconds / 1e3);
  return sample_rate_text(state.samples, state.elapsed);
}

/// Of the steps so far, the part of the whole that is done.
double done_of(const ProgressState& state) {
  const auto steps = static_cast<double>(state.steps);
  const auto step = static_cast<double>(state.step);
  if (!state.cycles || state.cycles_of_steps == 0) return step / steps;
  // A step that takes longer than those before it is as good as done, but not more.
  const double within = static_cast<double>(*state.cycles - state.cycles_of_steps) * step /
                        static_cast<double>(state.cycles_of_steps);
  return std::min(step + std::min(within, 1.0), steps) / steps;
}

/// `0:12 left`; empty if nothing is known.
std::string left_text(const ProgressState& state) {
  const double done = done_of(state);
  return done > 0 ? duration_text(state.elapsed * ((1 - done) / done)) + " left" : "";
}

}  // namespace

std::string sample_rate_text(int64_t samples, std::chrono::duration<double> elapsed) {
  const double rate = static_cast<double>(samples) / std::max(elapsed.count(), 1e-9);
  // Two digits would round 99.5 to 1e+02.
  return (rate >= 99.5 ? with_commas(std::llround(rate)) : fmt::format("{:.2g}", rate)) +
         " samples/s";
}

std::string with_commas(int64_t number) {
  std::string text = fmt::format("{}", number);
  const auto first = static_cast<int64_t>(text.starts_with('-') ? 1 : 0);
  for (auto at = static_cast<int64_t>(text.size()) - 3; at > first; at -= 3)
    text.insert(static_cast<size_t>(at), 1, ',');
  return text;
}

std::string duration_text(std::chrono::duration<double> duration) {
  const auto whole = static_cast<int64_t>(std::min(std::ceil(duration.count()), 1e9));
  return whole >= 3600 ? fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60)
                       : fmt::format("{}:{:02}", whole / 60, whole % 60);
}

std::string progress_bar(const ProgressState& state, int columns) {
  const std::string steps = fmt::format("{}", state.steps);
  const std::string before = fmt::format("{:>{}}/{} ", state.step, steps.size(), steps);
  std::string after = state.loss ? fmt::format(" loss {:<8.4g}", *state.loss) : std::string();
  after += " " + rate_text(state, "  ");
  if (const std::string left = left_text(state); !left.empty()) after += "  " + left;
  const int64_t room = columns - 1 - static_cast<int64_t>(before.size() + after.size());
  if (room < 4) return before + after.substr(1);
  const int64_t width = std::min<int64_t>(room, 40);
  const auto eighths = static_cast<int64_t>(static_cast<double>(width * 8) * done_of(state));
  std::string bar;
  for (int64_t column = 0; column < width; ++column)
    bar += kLeftBlocks[static_cast<size_t>(std::clamp<int64_t>(eighths - column * 8, 0, 8))];
  return before + bar + after;
}

std::string progress_text(const ProgressState& state) {
  std::string text = fmt::format("step {} of {}", state.step, state.steps);
  if (state.loss) text += fmt::format(", loss {:.4g}", *state.loss);
  text += ", " + rate_text(state, ", ");
  if (const std::string left = left_text(state); !left.empty()) text += ", " + left;
  return text;
}

bool Progress::is_due(int64_t tenth, bool is_last, std::chrono::duration<double> elapsed) {
  const double silence = (elapsed - last_time_).count();
  if (is_terminal_) {
    if (is_shown_ && silence < kSecondsBetweenBars && !is_last) return false;
    is_shown_ = true;
  } else if (silence < (tenth == last_tenth_ ? kSecondsOfSilence : kSecondsBetweenLines)) {
    return false;
  }
  last_tenth_ = tenth;
  last_time_ = elapsed;
  return true;
}

std::string Progress::update(const ProgressState& state) {
  if (!is_due(state.step * 10 / state.steps, state.step == state.steps, state.elapsed)) return {};
  return is_terminal_ ? fmt::format("\r\x1b[K{}", progress_bar(state, columns_))
                      : progress_text(state) + "\n";
}

std::string Progress::update(int percent, std::string_view doing,
                             std::chrono::duration<double> elapsed) {
  // One tenth more than is done, so that the first line comes after a second.
  if (!is_due(percent / 10 + 1, /*is_last=*/false, elapsed)) return {};
  const std::string text = fmt::format("{:3} %, {}, {}", percent, doing, duration_text(elapsed));
  return is_terminal_ ? fmt::format("\r\x1b[K{}", text.substr(0, static_cast<size_t>(columns_ - 1)))
                      : text + "\n";
}

std::string Progress::finish() {
  return std::exchange(is_shown_, false) ? "\r\x1b[K" : "";
}

std::string loss_curve(std::span<const float> losses, int columns, int rows) {
  TDC_CHECK(rows > 0, "a drawing of {} rows", rows);
  const auto width = std::min(static_cast<int64_t>(losses.size()), int64_t{columns} - 12);
  if (losses.size() < 2 || width < 2) return {};
  std::vector<double> means;
  double lowest = std::numeric_limits<double>::infinity();
  double highest = -lowest;
  for (int64_t column = 0; column < width; ++column) {
    const auto steps = static_cast<int64_t>(losses.size());
    const int64_t begin = column * steps / width;
    const int64_t end = (column + 1) * steps / width;
    double sum = 0;
    for (int64_t step = begin; step < end; ++step) sum += losses[static_cast<size_t>(step)];
    means.push_back(sum / static_cast<double>(end - begin));
    if (!std::isfinite(means.back())) continue;
    lowest = std::min(lowest, means.back());
    highest = std::max(highest, means.back());
  }
  if (lowest > highest) return {};
  std::string text;
  for (int row = rows - 1; row >= 0; --row) {
    const std::string label = row == rows - 1 ? fmt::format("{:.4g}", highest)
                              : row == 0      ? fmt::format("{:.4g}", lowest)
                                              : "";
    std::string line = fmt::format("  {:>8} ", label);
    for (const double mean : means) {
      if (!std::isfinite(mean)) {
        line += ' ';
        continue;
      }
      // The smallest value is one eighth high, so that it differs from a gap.
      const double share = highest > lowest ? (mean - lowest) / (highest - lowest) : 0;
      const auto eighths = 1 + std::llround(share * (8.0 * rows - 1));
      line += kLowerBlocks[static_cast<size_t>(std::clamp<int64_t>(eighths - 8 * row, 0, 8))];
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

std::string losses_csv(std::span<const float> losses) {
  std::string text = "step,loss\n";
  for (size_t i = 0; i < losses.size(); ++i) text += fmt::format("{},{}\n", i + 1, losses[i]);
  return text;
}

}  // namespace tdc::runner
