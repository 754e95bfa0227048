#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "bench/growth_stages.h"

// Sanitizers take minutes for it, and other times than the compiler has.
#ifndef TDC_SANITIZED

namespace tdc::test {
namespace {

/// The processor time of a stage that is enough to compare: less is taken for this.
constexpr double kMeasurable = 0.002;

constexpr int64_t kFactor = 8;
/// n log n takes about 10 times as long, the square 64 times.
constexpr double kMost = 24;

/// What grew too fast, one stage a line.
std::string too_slow(const std::vector<StageTime>& small, const std::vector<StageTime>& large) {
  std::string text;
  for (size_t i = 0; i < small.size(); ++i)
    if (large[i].seconds > kMost * std::max(kMeasurable, small[i].seconds))
      text += fmt::format("{}: {:.3f} s, {} times the size {:.3f} s\n", small[i].stage,
                          small[i].seconds, kFactor, large[i].seconds);
  return text;
}

TEST_CASE("growth: no stage takes the square of the size of a program") {
  for (const GrowingProgram& program : growing_programs()) {
    if (program.name == "weights") continue;  // linear in bytes, and large
    const std::vector<StageTime> small = stage_times(program.text(program.smallest));
    std::vector<StageTime> large = stage_times(program.text(kFactor * program.smallest));
    REQUIRE(small.size() == large.size());
    // On a busy machine caches are, too: what is slow once is measured again.
    for (int again = 0; again < 4 && !too_slow(small, large).empty(); ++again) {
      const std::vector<StageTime> other = stage_times(program.text(kFactor * program.smallest));
      for (size_t i = 0; i < large.size(); ++i)
        large[i].seconds = std::min(large[i].seconds, other[i].seconds);
    }
    CHECK_MESSAGE(too_slow(small, large).empty(), program.name, "\n", too_slow(small, large));
  }
}

}  // namespace
}  // namespace tdc::test

#endif
