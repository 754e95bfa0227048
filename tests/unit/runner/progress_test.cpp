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

}  // namespace
}  // namespace tdc::runner
