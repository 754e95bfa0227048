#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

// The functions of td_math.h, their exact counterparts and stated error bounds; used by the strided
// sweep of the unit tests and by the exhaustive one of tests/bench/math_sweep.cpp.

namespace tdc::math_sweep {

/// Computes y[i] = f(x[i]); the array form is in tests/unit/kernels/math_exports.c.
using ArrayFunction = void(float* y, const float* x, int64_t count);

struct Function {
  const char* name;         ///< `test_exp`
  double (*exact)(double);  ///< good to far below an ulp of a float
  double bound_ulp;         ///< largest error that td_math.h states
};

inline constexpr Function kFunctions[] = {
    {"test_exp", [](double x) { return std::exp(x); }, 1},
    {"test_log", [](double x) { return std::log(x); }, 1},
    {"test_tanh", [](double x) { return std::tanh(x); }, 1},
    {"test_erf", [](double x) { return std::erf(x); }, 2},
    {"test_sigmoid",
     [](double x) { return x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x)); },
     2.5},
    {"test_sin", [](double x) { return std::sin(x); }, 1.6},
    {"test_cos", [](double x) { return std::cos(x); }, 1.6},
    {"test_sqrt", [](double x) { return std::sqrt(x); }, 0.5},
    {"test_rsqrt", [](double x) { return 1 / std::sqrt(x); }, 1.5},
    {"test_expm1", [](double x) { return std::expm1(x > 88 ? 88 : x); }, 1.5},
    {"test_softplus",
     [](double x) { return x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x)); }, 2},
    {"test_cube", [](double x) { return std::pow(x, 3); }, 1.1},
    {"test_power", [](double x) { return std::pow(x, -37.3F); }, 1.1},
    {"test_power_minus_1", [](double x) { return std::pow(x, 0.3F - 1.0); }, 1.1},
};

/// |y - exact| in units in the last place of the float nearest to `exact` (2^-149 for subnormal
/// ones). NaN and infinity must be met exactly and count as an infinite error if they are not.
inline double error_ulp(float y, double exact) {
  if (std::isnan(exact) || std::isnan(y)) return std::isnan(exact) && std::isnan(y) ? 0 : INFINITY;
  const auto rounded = static_cast<float>(exact);
  if (std::isinf(rounded) || std::isinf(y)) return y == rounded ? 0 : INFINITY;
  const int exponent = rounded == 0 ? -126 : std::max(std::ilogb(rounded), -126);
  return std::abs(static_cast<double>(y) - exact) / std::ldexp(1.0, exponent - 23);
}

/// The sign of zeros must be right too.
inline bool same_sign_of_zero(float y, double exact) {
  return y != 0 || exact != 0 || std::signbit(y) == std::signbit(exact);
}

}  // namespace tdc::math_sweep
