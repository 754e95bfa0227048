#include "soc/fpu.h"

#include <doctest/doctest.h>
#include <verilated.h>

#include <bit>

namespace tdc::soc {
namespace {

// Operation codes of FPnew; all formats are fp32, rounding to nearest even.
constexpr uint32_t kMultiplyAdd = 0;
constexpr uint32_t kDivide = 4;

FpuOperation operation(uint32_t code, float a, float b, float c) {
  return {{std::bit_cast<uint32_t>(a), std::bit_cast<uint32_t>(b), std::bit_cast<uint32_t>(c)},
          code,
          0};
}

TEST_CASE("one core's products take a cycle each beside another core's division") {
  VerilatedContext context;
  Fpu fpu(context);
  int cycle = 0;
  do {
    fpu.offer(6, operation(kDivide, 7.0f, 3.0f, 0.0f));
    fpu.clock();
    REQUIRE(++cycle < 10);
  } while (!fpu.has_accepted());
  bool is_divided = false;
  for (int product = 0; product < 100; ++product) {
    fpu.offer(2, operation(kMultiplyAdd, static_cast<float>(product), 2.0f, 1.0f));
    fpu.clock();
    REQUIRE(fpu.has_accepted());
    REQUIRE(fpu.has_result(FpuUnit::kPipeline));
    CHECK(fpu.result(FpuUnit::kPipeline).core == 2);
    CHECK(std::bit_cast<float>(fpu.result(FpuUnit::kPipeline).value) ==
          2.0f * static_cast<float>(product) + 1.0f);
    if (!fpu.has_result(FpuUnit::kDivider)) continue;
    CHECK_FALSE(is_divided);
    CHECK(fpu.result(FpuUnit::kDivider).core == 6);
    CHECK(std::bit_cast<float>(fpu.result(FpuUnit::kDivider).value) == 7.0f / 3.0f);
    is_divided = true;
  }
  CHECK(is_divided);
}

}  // namespace
}  // namespace tdc::soc
