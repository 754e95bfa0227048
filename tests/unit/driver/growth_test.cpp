#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "bench/growth_stages.h"

namespace tdc::test {
namespace {

/// The processor time of a stage that is enough to compare: less is taken for this.
constexpr double kMeasurable = 0.002;

TEST_CASE("growth: no stage takes the square of the size of a program") {
  constexpr int64_t kFactor = 8;
  // n log n takes about 10 times as long, the square 64 times.
  constexpr double kMost = 24;
  for (const GrowingProgram& program : growing_programs()) {
    if (program.name == "weights") continue;  // linear in bytes, and large
    const std::vector<StageTime> small = stage_times(program.text(program.smallest));
    const std::vector<StageTime> large = stage_times(program.text(kFactor * program.smallest));
    REQUIRE(small.size() == large.size());
    for (size_t i = 0; i < small.size(); ++i) {
      const double ratio = large[i].seconds / std::max(kMeasurable, small[i].seconds);
      CHECK_MESSAGE(ratio < kMost,
                    fmt::format("{}, {}: {:.3f} s, {} times the size {:.3f} s", program.name,
                                small[i].stage, small[i].seconds, kFactor, large[i].seconds));
    }
  }
}

}  // namespace
}  // namespace tdc::test
