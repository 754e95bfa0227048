// The factors of the learning rate, in every build, against the formulas of the manual.

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <numbers>
#include <vector>

#include "unit/kernels/kernels.h"

namespace tdc::kernels {
namespace {

using Warmup = float(uint32_t, uint32_t);
using Decay = float(uint32_t, uint32_t, uint32_t, float);

/// The factors of updates 0 to 7, which have the same bits in every build.
std::vector<float> factors_of_warmup(uint32_t warmup) {
  std::vector<float> first;
  for (const Build& build : builds()) {
    std::vector<float> factors;
    for (uint32_t update = 0; update < 8; ++update)
      factors.push_back(build.get<Warmup>("td_schedule_warmup")(update, warmup));
    if (first.empty()) first = factors;
    CHECK(same_bits(factors, first));
  }
  return first;
}

std::vector<float> factors_of(const char* decay, uint32_t warmup, uint32_t total, float last) {
  std::vector<float> first;
  for (const Build& build : builds()) {
    std::vector<float> factors;
    for (uint32_t update = 0; update < 8; ++update)
      factors.push_back(build.get<Decay>(decay)(update, warmup, total, last));
    if (first.empty()) first = factors;
    CHECK(same_bits(factors, first));
  }
  return first;
}

TEST_CASE("learn-4: a warm-up rises by the same in each update and ends at 1") {
  CHECK(factors_of_warmup(4) == std::vector<float>{0.25F, 0.5F, 0.75F, 1, 1, 1, 1, 1});
  CHECK(factors_of_warmup(0) == std::vector<float>(8, 1.0F));
}

TEST_CASE("learn-4: a straight line from 1 behind the warm-up to the last factor, which stays") {
  CHECK(factors_of("td_schedule_linear", 2, 6, 0.5F) ==
        std::vector<float>{0.5F, 1, 1, 0.875F, 0.75F, 0.625F, 0.5F, 0.5F});
  CHECK(factors_of("td_schedule_linear", 0, 4, 0) ==
        std::vector<float>{1, 0.75F, 0.5F, 0.25F, 0, 0, 0, 0});
}

TEST_CASE("learn-4: half a cosine from 1 behind the warm-up to the last factor, which stays") {
  const std::vector<float> factors = factors_of("td_schedule_cosine", 2, 6, 0.5F);
  CHECK(factors[0] == 0.5F);
  CHECK(factors[1] == 1);
  for (size_t update = 2; update < 8; ++update) {
    const double progress = update < 6 ? (static_cast<double>(update) - 2) / 4 : 1;
    const double wave = (1 + std::cos(std::numbers::pi * progress)) / 2;
    CHECK(factors[update] == doctest::Approx(0.5 + 0.5 * wave).epsilon(1e-6));
  }
}

}  // namespace
}  // namespace tdc::kernels
