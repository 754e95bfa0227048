#include "soc/fpu.h"

#include <doctest/doctest.h>
#include <verilated.h>

#include <bit>
#include <vector>

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

TEST_CASE("one core's products pass another core's division, each result with its owner") {
  VerilatedContext context;
  Fpu fpu(context);
  int cycle = 0;
  do {
    fpu.offer(6, operation(kDivide, 7.0f, 3.0f, 0.0f));
    fpu.clock();
    REQUIRE(++cycle < 10);
  } while (!fpu.has_accepted());
  std::vector<float> products;
  float accepted = 0;
  bool is_divided = false;
  for (cycle = 0; cycle < 100 && !(is_divided && fpu.is_idle()); ++cycle) {
    if (accepted < 8) fpu.offer(2, operation(kMultiplyAdd, accepted, 2.0f, 1.0f));
    fpu.clock();
    if (fpu.has_accepted()) accepted += 1;
    if (!fpu.has_result()) continue;
    const FpuResult result = fpu.result();
    if (result.core == 6) {
      CHECK(std::bit_cast<float>(result.value) == 7.0f / 3.0f);
      CHECK(products.size() == 8);
      is_divided = true;
    } else {
      REQUIRE(result.core == 2);
      products.push_back(std::bit_cast<float>(result.value));
    }
  }
  CHECK(is_divided);
  CHECK(products == std::vector<float>{1, 3, 5, 7, 9, 11, 13, 15});
}

}  // namespace
}  // namespace tdc::soc
