#include "runner/progress.h"

#include <doctest/doctest.h>

#include <cmath>

namespace tdc::runner {
namespace {

/// Characters of UTF-8 text.
int64_t width(const std::string& text) {
  int64_t count = 0;
  for (const char c : text) count += (static_cast<unsigned char>(c) & 0xC0) != 0x80 ? 1 : 0;
  return count;
}

ProgressState at(int64_t step, double seconds) {
  return {.step = step,
          .steps = 20,
          .loss = 0.25F,
          .samples = step * 8,
          .elapsed = std::chrono::duration<double>(seconds)};
}

TEST_CASE("progress: the bar shows step, loss, rate and remaining time") {
  CHECK(progress_bar(at(5, 2), 70) ==
        " 5/20 ██████▎                   loss 0.25     20 samples/s  0:06 left");
  CHECK(width(progress_bar(at(5, 2), 70)) == 69);
  CHECK(progress_bar(at(20, 2), 70).find("████ loss") != std::string::npos);
}

TEST_CASE("progress: no bar is longer than the terminal is wide, down to the numbers alone") {
  for (int columns = 50; columns < 200; ++columns)
    CHECK(width(progress_bar(at(13, 3700), columns)) < columns);
  CHECK(progress_bar(at(5, 2), 20) == " 5/20 loss 0.25     20 samples/s  0:06 left");
}

TEST_CASE("progress: hours, slow steps and large rates are readable") {
  ProgressState state = {.step = 1,
                         .steps = 32,
                         .loss = 2.302585F,
                         .samples = 1,
                         .elapsed = std::chrono::duration<double>(240)};
  CHECK(progress_text(state) == "step 1 of 32, loss 2.303, 0.0042 samples/s, 2:04:00 left");
  state.samples = 1234567;
  state.elapsed = std::chrono::duration<double>(1);
  CHECK(progress_text(state) == "step 1 of 32, loss 2.303, 1,234,567 samples/s, 0:31 left");
}

TEST_CASE("progress: without a terminal a line per tenth, and after ten silent seconds") {
  Progress progress(/*is_terminal=*/false, 80);
  std::vector<int64_t> shown;
  for (int64_t step = 1; step <= 20; ++step)
    if (!progress.update(at(step, static_cast<double>(step))).empty()) shown.push_back(step);
  CHECK(shown == std::vector<int64_t>{2, 4, 6, 8, 10, 12, 14, 16, 18, 20});
  CHECK(progress.finish().empty());
  Progress fast(/*is_terminal=*/false, 80);
  for (int64_t step = 1; step <= 20; ++step)
    CHECK(fast.update(at(step, 0.04 * static_cast<double>(step))).empty());
  Progress slow(/*is_terminal=*/false, 80);
  CHECK(slow.update(at(1, 9)).empty());
  CHECK(slow.update(at(1, 12)) == "step 1 of 20, loss 0.25, 0.67 samples/s, 3:48 left\n");
  CHECK(slow.update(at(1, 21)).empty());
}

TEST_CASE("progress: on a terminal the bar is drawn in place, not too often, and cleared") {
  Progress progress(/*is_terminal=*/true, 80);
  CHECK(progress.update(at(1, 0.5)).starts_with("\r\x1b[K"));
  CHECK(progress.update(at(2, 0.55)).empty());
  CHECK_FALSE(progress.update(at(3, 0.65)).empty());
  CHECK_FALSE(progress.update(at(20, 0.66)).empty());
  CHECK(progress.finish() == "\r\x1b[K");
  CHECK(progress.finish().empty());
}

TEST_CASE(
    "progress: on the simulated chip cycles count, and none but the first step is unforeseen") {
  ProgressState state = {.step = 0,
                         .steps = 4,
                         .loss = {},
                         .samples = 0,
                         .cycles = 1234567,
                         .elapsed = std::chrono::duration<double>(10)};
  CHECK(progress_text(state) == "step 0 of 4, 1,234,567 cycles, 123 k/s");
  CHECK(progress_bar(state, 30) == "0/4 1,234,567 cycles  123 k/s");
  // A step takes 2 million cycles, and half of the second is done: 1.5 of 4 in 15 seconds.
  state = {.step = 1,
           .steps = 4,
           .loss = 2.5F,
           .samples = 8,
           .cycles = 3000000,
           .cycles_of_steps = 2000000,
           .elapsed = std::chrono::duration<double>(15)};
  CHECK(progress_text(state) == "step 1 of 4, loss 2.5, 3,000,000 cycles, 200 k/s, 0:25 left");
  CHECK(progress_bar(state, 64) ==
        "1/4 ███      loss 2.5      3,000,000 cycles  200 k/s  0:25 left");
  // Longer than the first step: as good as done.
  state.cycles = 9000000;
  CHECK(progress_text(state) == "step 1 of 4, loss 2.5, 9,000,000 cycles, 600 k/s, 0:15 left");
}

TEST_CASE(
    "progress: a build says what it does, at once on a terminal and in whole lines elsewhere") {
  using Seconds = std::chrono::duration<double>;
  Progress log(/*is_terminal=*/false, 80);
  CHECK(log.update(0, "Configuring", Seconds(0.5)).empty());
  CHECK(log.update(0, "Configuring", Seconds(1.2)) == "  0 %, Configuring, 0:02\n");
  CHECK(log.update(5, "Translating", Seconds(3)).empty());
  CHECK(log.update(12, "Compiling", Seconds(4)) == " 12 %, Compiling, 0:04\n");
  CHECK(log.update(12, "Compiling", Seconds(13)).empty());
  CHECK(log.update(12, "Compiling", Seconds(15)) == " 12 %, Compiling, 0:15\n");
  Progress bar(/*is_terminal=*/true, 16);
  CHECK(bar.update(0, "Configuring", Seconds(0)) == "\r\x1b[K  0 %, Configur");
}

TEST_CASE("loss curve: falls from the upper left to the lower right") {
  CHECK(loss_curve(std::vector<float>{2, 1.5F, 1, 0.5F, 0}, 80, 2) ==
        "         2 █▄▁\n"
        "         0 ███▅▁\n");
}

TEST_CASE("loss curve: more losses than columns are averaged, gaps stay gaps") {
  std::vector<float> losses(1000);
  for (size_t i = 0; i < losses.size(); ++i) losses[i] = i < 500 ? 3.0F : 1.0F;
  CHECK(loss_curve(losses, 22, 1) == "         3 █████▁▁▁▁▁\n");
  CHECK(loss_curve(std::vector<float>{1, NAN, 0}, 80, 1) == "         1 █ ▁\n");
  CHECK(loss_curve(std::vector<float>{1, 1}, 80, 1) == "         1 ▁▁\n");
  CHECK(loss_curve(std::vector<float>{1}, 80, 1).empty());
  CHECK(loss_curve(std::vector<float>{NAN, NAN}, 80, 1).empty());
}

TEST_CASE("losses: CSV in digits that read back to the same number") {
  CHECK(losses_csv(std::vector<float>{2.3025851F, 0.1F, 1e-20F}) ==
        "step,loss\n1,2.3025851\n2,0.1\n3,1e-20\n");
}

TEST_CASE("numbers with commas") {
  CHECK(with_commas(0) == "0");
  CHECK(with_commas(999) == "999");
  CHECK(with_commas(1000) == "1,000");
  CHECK(with_commas(-123456) == "-123,456");
  CHECK(with_commas(1234567) == "1,234,567");
}

TEST_CASE("progress: a rate has digits enough to mean something") {
  using std::chrono::duration;
  CHECK(sample_rate_text(96, duration<double>(192.3)) == "0.5 samples/s");
  CHECK(sample_rate_text(994, duration<double>(10)) == "99 samples/s");
  CHECK(sample_rate_text(996, duration<double>(10)) == "100 samples/s");
  CHECK(sample_rate_text(0, duration<double>(0)) == "0 samples/s");
}

}  // namespace
}  // namespace tdc::runner
