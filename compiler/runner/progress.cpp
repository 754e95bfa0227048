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

/// `0:12`, `1:02:03`.
std::string duration_text(double seconds) {
  const auto whole = static_cast<int64_t>(std::min(std::ceil(seconds), 1e9));
  return whole >= 3600 ? fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60)
                       : fmt::format("{}:{:02}", whole / 60, whole % 60);
}

std::string rate_text(const ProgressState& state) {
  const double rate = static_cast<double>(state.samples) / std::max(state.elapsed.count(), 1e-9);
  return rate >= 100 ? with_commas(std::llround(rate)) : fmt::format("{:.2g}", rate);
}

double seconds_left(const ProgressState& state) {
  return state.elapsed.count() * static_cast<double>(state.steps - state.step) /
         static_cast<double>(std::max<int64_t>(state.step, 1));
}

}  // namespace

std::string with_commas(int64_t number) {
  std::string text = fmt::format("{}", number);
  const auto first = static_cast<int64_t>(text.starts_with('-') ? 1 : 0);
  for (auto at = static_cast<int64_t>(text.size()) - 3; at > first; at -= 3)
    text.insert(static_cast<size_t>(at), 1, ',');
  return text;
}

std::string progress_bar(const ProgressState& state, int columns) {
  const std::string steps = fmt::format("{}", state.steps);
  const std::string before = fmt::format("{:>{}}/{} ", state.step, steps.size(), steps);
  const std::string after = fmt::format(" loss {:<8.4g} {} samples/s  {} left", state.loss,
                                        rate_text(state), duration_text(seconds_left(state)));
  const int64_t room = columns - 1 - static_cast<int64_t>(before.size() + after.size());
  if (room < 4) return before + after.substr(1);
  const int64_t width = std::min<int64_t>(room, 40);
  const int64_t eighths = width * 8 * state.step / state.steps;
  std::string bar;
  for (int64_t column = 0; column < width; ++column)
    bar += kLeftBlocks[static_cast<size_t>(std::clamp<int64_t>(eighths - column * 8, 0, 8))];
  return before + bar + after;
}

std::string progress_text(const ProgressState& state) {
  return fmt::format("step {} of {}, loss {:.4g}, {} samples/s, {} left", state.step, state.steps,
                     state.loss, rate_text(state), duration_text(seconds_left(state)));
}

std::string Progress::update(const ProgressState& state) {
  const double silence = state.elapsed.count() - last_time_.count();
  const bool is_last = state.step == state.steps;
  if (is_terminal_) {
    if (is_shown_ && silence < kSecondsBetweenBars && !is_last) return {};
    last_time_ = state.elapsed;
    is_shown_ = true;
    return fmt::format("\r\x1b[K{}", progress_bar(state, columns_));
  }
  const int64_t tenth = state.step * 10 / state.steps;
  if (silence < (tenth == last_tenth_ ? kSecondsOfSilence : kSecondsBetweenLines)) return {};
  last_tenth_ = tenth;
  last_time_ = state.elapsed;
  return progress_text(state) + "\n";
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
