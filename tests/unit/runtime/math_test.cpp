#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "bench/math_sweep.h"
#include "unit/kernels/kernels.h"

namespace tdc::kernels {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kSmallest = std::numeric_limits<float>::denorm_min();
constexpr float kLargest = std::numeric_limits<float>::max();

std::vector<float> apply(const Build& build, const std::string& name, const std::vector<float>& x) {
  std::vector<float> y(x.size());
  build.get<math_sweep::ArrayFunction>(name)(y.data(), x.data(), static_cast<int64_t>(x.size()));
  return y;
}

/// Every 4093rd float (a prime, so that all patterns of low bits occur): 1,049,344 of each sign and
/// size.
std::vector<float> sweep() {
  std::vector<float> x;
  for (uint64_t bits = 0; bits < uint64_t{1} << 32; bits += 4093)
    x.push_back(std::bit_cast<float>(static_cast<uint32_t>(bits)));
  return x;
}

/// Every float next to the places where the functions change.
std::vector<float> edges() {
  std::vector<float> x = {0.0F,      -0.0F,     kSmallest,  -kSmallest, kLargest,
                          -kLargest, kInfinity, -kInfinity, kNaN};
  for (const float centre :
       {0x1p-126F,  0x1p-24F,   0x1p-12F,   0.25F,  0.3465736F,  0.5F,       2.0F / 3.0F,
        0.6931472F, 0.785398F,  0.921875F,  1.0F,   4.0F / 3.0F, 1.5707964F, 3.1415927F,
        3.919206F,  4.0F,       9.010914F,  10.0F,  16.635532F,  87.33655F,  88.72284F,
        89.0F,      103.27893F, 103.97208F, 104.0F, 1e5F,        1e30F})
    for (int step = -100; step <= 100; ++step) {
      const auto bits = static_cast<uint32_t>(std::bit_cast<int32_t>(centre) + step);
      x.push_back(std::bit_cast<float>(bits));
      x.push_back(-std::bit_cast<float>(bits));
    }
  return x;
}

TEST_CASE("the elementary functions keep their stated bounds and have the same bits everywhere") {
  for (const std::vector<float>& x : {sweep(), edges()})
    for (const math_sweep::Function& function : math_sweep::kFunctions) {
      const std::vector<float> y = apply(builds().front(), function.name, x);
      size_t worst = 0;
      double error = 0;
      for (size_t i = 0; i < x.size(); ++i) {
        const double exact = function.exact(x[i]);
        const double here = math_sweep::same_sign_of_zero(y[i], exact)
                                ? math_sweep::error_ulp(y[i], exact)
                                : INFINITY;
        if (here > error) {
          error = here;
          worst = i;
        }
      }
      CAPTURE(function.name);
      CAPTURE(x[worst]);
      CHECK(error <= function.bound_ulp);
      for (const Build& build : builds()) {
        CAPTURE(build.name);
        CHECK(same_bits(apply(build, function.name, x), y));
      }
    }
}

TEST_CASE("exact values of the elementary functions") {
  const Build& build = builds().front();
  CHECK(same_bits(apply(build, "test_exp", {0, -0.0F, kInfinity, -kInfinity, kNaN, 89, -104}),
                  {1, 1, kInfinity, 0, kNaN, kInfinity, 0}));
  CHECK(same_bits(apply(build, "test_log", {1, 0, -0.0F, kInfinity, -kInfinity, kNaN, -1}),
                  {0, -kInfinity, -kInfinity, kInfinity, kNaN, kNaN, kNaN}));
  CHECK(same_bits(apply(build, "test_tanh", {0, -0.0F, kInfinity, -kInfinity, kNaN, -kSmallest}),
                  {0, -0.0F, 1, -1, kNaN, -kSmallest}));
  CHECK(same_bits(apply(build, "test_erf", {0, -0.0F, kInfinity, -kInfinity, kNaN}),
                  {0, -0.0F, 1, -1, kNaN}));
  CHECK(same_bits(apply(build, "test_sigmoid", {0, kInfinity, -kInfinity, kNaN}),
                  {0.5F, 1, 0, kNaN}));
  CHECK(same_bits(apply(build, "test_sin", {0, -0.0F, kInfinity, kNaN}), {0, -0.0F, kNaN, kNaN}));
  CHECK(same_bits(apply(build, "test_cos", {0, -kInfinity, kNaN}), {1, kNaN, kNaN}));
}

TEST_CASE("powers keep their stated bound and have the same bits everywhere") {
  constexpr double kBound = 1.1;
  Random random(2);
  std::vector<float> x, exponent;
  for (int i = 0; i < 300'000; ++i) {  // results from 2^-150 to 2^150, half of x from 0.5 to 2
    const float base = i % 2 == 0 ? std::ldexp(random.uniform(1, 2), random.integer(-126, 126))
                                  : random.uniform(0.5F, 2);
    x.push_back(base);
    exponent.push_back(base == 1 ? 1 : random.uniform(-150, 150) / std::log2(base));
  }
  const float bases[] = {0,         -0.0F,      1,    -1,   2,     -2,       kSmallest, -kSmallest,
                         kInfinity, -kInfinity, kNaN, 0.5F, -0.5F, kLargest, -kLargest};
  const float exponents[] = {0,      -0.0F,    1,        -1,         2,        -2,
                             3,      -3,       0.5F,     1.5F,       -2.5F,    1e10F,
                             -1e30F, 16777215, 16777216, 8388607.5F, kSmallest};
  for (const float base : bases)
    for (const float power : exponents) {
      x.push_back(base);
      exponent.push_back(power);
    }
  using Pow = void(float*, const float*, const float*, int64_t);
  std::vector<float> first;
  for (const Build& build : builds()) {
    CAPTURE(build.name);
    std::vector<float> y(x.size());
    build.get<Pow>("test_pow")(y.data(), x.data(), exponent.data(), static_cast<int64_t>(y.size()));
    if (first.empty()) first = y;
    CHECK(same_bits(y, first));
  }
  for (size_t i = 0; i < x.size(); ++i) {
    const double exact = std::pow(double{x[i]}, double{exponent[i]});
    if (math_sweep::error_ulp(first[i], exact) <= kBound &&
        math_sweep::same_sign_of_zero(first[i], exact))
      continue;
    CAPTURE(x[i]);
    CAPTURE(exponent[i]);
    CHECK(double{first[i]} == exact);
  }
}

/// Operands of fused multiply-adds that are hard to round: products and addends of like size and
/// opposite sign, ties, and all kinds of special values.
struct Triples {
  std::vector<float> a, b, c;

  void add(float x, float y, float z) {
    a.push_back(x);
    b.push_back(y);
    c.push_back(z);
  }
};

Triples triples() {
  Triples t;
  Random random(1);
  for (int i = 0; i < 300'000; ++i)  // any bits
    t.add(std::bit_cast<float>(random.bits()), std::bit_cast<float>(random.bits()),
          std::bit_cast<float>(random.bits()));
  for (int i = 0; i < 300'000; ++i) {  // an addend near a half ulp of the product, or the reverse
    const float a = random.uniform(1, 2);
    const float b = random.uniform(1, 2);
    const int scale = random.integer(-60, 60);
    const float c = std::ldexp(1.0F + static_cast<float>(random.integer(-1, 1)) * 0x1p-23F, scale);
    t.add(a, b, random.integer(0, 1) == 0 ? c : -c);
  }
  for (int i = 0; i < 300'000; ++i) {  // cancellation, and results in the subnormal range
    const float a = random.uniform(1, 2);
    const float b = std::ldexp(random.uniform(1, 2), random.integer(-152, -120));
    t.add(a, b, -(a * b) * (1 + static_cast<float>(random.integer(-2, 2)) * 0x1p-23F));
  }
  const float special[] = {
      0,         -0.0F,     1,          -1,   kSmallest, -kSmallest,     kLargest,
      -kLargest, kInfinity, -kInfinity, kNaN, 0x1p-75F,  0x1.000002p-75F};
  for (const float a : special)
    for (const float b : special)
      for (const float c : special) t.add(a, b, c);
  // The product's tail decides a tie that the sum in double hides.
  t.add(0x1.000002p+0F, 0x1.000002p+0F, 0x1p-48F);
  t.add(0x1.fffffep+0F, 0x1.fffffep+0F, 0x1p-60F);
  t.add(0x1p+24F, 0x1.000002p+0F, 0x1p-30F);
  return t;
}

TEST_CASE("td_fmaf rounds once, by instruction and by software") {
  const Triples t = triples();
  std::vector<float> expected(t.a.size());
  for (size_t i = 0; i < expected.size(); ++i) expected[i] = std::fma(t.a[i], t.b[i], t.c[i]);
  for (const Build& build : builds()) {
    std::vector<float> y(t.a.size());
    using Fma = void(float*, const float*, const float*, const float*, int64_t);
    build.get<Fma>("test_fma")(y.data(), t.a.data(), t.b.data(), t.c.data(),
                               static_cast<int64_t>(y.size()));
    CAPTURE(build.name);
    CHECK(same_bits(y, expected));
  }
}

TEST_CASE("minimum, maximum, clamp: the first NaN wins, ties go to the first argument") {
  CHECK(same_bits({td_maxf(1, 2), td_maxf(2, 1), td_maxf(kNaN, 1), td_maxf(1, kNaN),
                   td_maxf(0.0F, -0.0F), td_maxf(-0.0F, 0.0F)},
                  {2, 2, kNaN, kNaN, 0.0F, -0.0F}));
  CHECK(same_bits({td_minf(1, 2), td_minf(2, 1), td_minf(kNaN, 1), td_minf(1, kNaN),
                   td_minf(0.0F, -0.0F), td_minf(-0.0F, 0.0F)},
                  {1, 1, kNaN, kNaN, 0.0F, -0.0F}));
  CHECK(std::bit_cast<uint32_t>(td_maxf(std::bit_cast<float>(0x7fc00001U),
                                        std::bit_cast<float>(0x7fc00002U))) == 0x7fc00001U);
  CHECK(same_bits(
      {td_clampf(-2, -1, 1), td_clampf(0.5F, -1, 1), td_clampf(2, -1, 1), td_clampf(kNaN, -1, 1)},
      {-1, 0.5F, 1, kNaN}));
}

TEST_CASE("conversion to an integer cuts the fraction and saturates") {
  constexpr int32_t kMost = std::numeric_limits<int32_t>::max();
  constexpr int32_t kLeast = std::numeric_limits<int32_t>::min();
  CHECK(td_float_to_int(2.9F) == 2);
  CHECK(td_float_to_int(-2.9F) == -2);
  CHECK(td_float_to_int(0x1.fffffep+30F) == 2147483520);
  CHECK(td_float_to_int(0x1p31F) == kMost);
  CHECK(td_float_to_int(kInfinity) == kMost);
  CHECK(td_float_to_int(-0x1p31F) == kLeast);
  CHECK(td_float_to_int(-kInfinity) == kLeast);
  CHECK(td_float_to_int(kNaN) == 0);
}

TEST_CASE("td_share cuts work into contiguous pieces of nearly equal length") {
  for (int32_t count = 0; count < 40; ++count)
    for (uint32_t cores = 1; cores <= 16; ++cores) {
      int32_t begin = 0;
      for (uint32_t core = 0; core < cores; ++core) {
        const td_range share = td_share(count, td_team{.core = core, .cores = cores});
        CHECK(share.begin == begin);
        const int32_t length = share.end - share.begin;
        CHECK(length >= count / static_cast<int32_t>(cores));
        CHECK(length <= count / static_cast<int32_t>(cores) + 1);
        begin = share.end;
      }
      CHECK(begin == count);
    }
}

}  // namespace
}  // namespace tdc::kernels
