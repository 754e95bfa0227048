#include "ir/initialize.h"

#include <bit>
#include <cmath>

namespace tdc::ir {
namespace {

constexpr uint64_t kGolden = 0x9E3779B97F4A7C15;

uint64_t mix(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  return z ^ (z >> 31);
}

uint64_t fnv1a(std::string_view text) {
  uint64_t hash = 0xCBF29CE484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3;
  return hash;
}

/// Natural logarithm of 0 < x < 1 from basic operations only: x = m 2^e with m in [sqrt(1/2),
/// sqrt(2)), log m = 2 atanh((m - 1) / (m + 1)) as a series; error below 1e-15.
double logarithm(double x) {
  const auto bits = std::bit_cast<uint64_t>(x);
  auto exponent = static_cast<int64_t>((bits >> 52) & 0x7FF) - 1023;
  double mantissa = std::bit_cast<double>((bits & 0x000FFFFFFFFFFFFF) | 0x3FF0000000000000);
  constexpr double kSqrtTwo = 1.4142135623730951;
  if (mantissa >= kSqrtTwo) {
    mantissa *= 0.5;
    ++exponent;
  }
  const double t = (mantissa - 1) / (mantissa + 1);
  const double t2 = t * t;
  double sum = 0;
  for (int n = 25; n >= 1; n -= 2) sum = sum * t2 + 1.0 / n;
  constexpr double kLogTwo = 0.69314718055994531;
  return 2 * t * sum + static_cast<double>(exponent) * kLogTwo;
}

/// The value below which a standard normal variable lies with probability 0 < p < 1.
/// P. J. Acklam's rational approximation, relative error below 1.15e-9.
double inverse_normal(double p) {
  constexpr double a[] = {-3.969683028665376e+01, 2.209460984245205e+02,  -2.759285104469687e+02,
                          1.383577518672690e+02,  -3.066479806614716e+01, 2.506628277459239e+00};
  constexpr double b[] = {-5.447609879822406e+01, 1.615858368580409e+02, -1.556989798598866e+02,
                          6.680131188771972e+01, -1.328068155288572e+01};
  constexpr double c[] = {-7.784894002430293e-03, -3.223964580411365e-01, -2.400758277161838e+00,
                          -2.549732539343734e+00, 4.374664141464968e+00,  2.938163982698783e+00};
  constexpr double d[] = {7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e+00,
                          3.754408661907416e+00};
  constexpr double kTail = 0.02425;
  const auto tail = [&](double q) {
    return (((((c[0] * q + c[1]) * q + c[2]) * q + c[3]) * q + c[4]) * q + c[5]) /
           ((((d[0] * q + d[1]) * q + d[2]) * q + d[3]) * q + 1);
  };
  if (p < kTail) return tail(std::sqrt(-2 * logarithm(p)));
  if (p > 1 - kTail) return -tail(std::sqrt(-2 * logarithm(1 - p)));
  const double q = p - 0.5;
  const double r = q * q;
  return (((((a[0] * r + a[1]) * r + a[2]) * r + a[3]) * r + a[4]) * r + a[5]) * q /
         (((((b[0] * r + b[1]) * r + b[2]) * r + b[3]) * r + b[4]) * r + 1);
}

}  // namespace

uint64_t random_bits(uint64_t seed, std::string_view path, uint64_t index) {
  return mix(mix(seed + kGolden * fnv1a(path)) + kGolden * (index + 1));
}

std::vector<float> initial_values(const Variable& variable, uint64_t seed) {
  const auto count = static_cast<size_t>(element_count(variable.type));
  std::vector<float> values(count, static_cast<float>(variable.init.scale));
  for (size_t i = 0; i < count; ++i) {
    const uint64_t bits = random_bits(seed, variable.path, i);
    switch (variable.init.kind) {
      case Initializer::Kind::constant:
        break;
      case Initializer::Kind::uniform: {
        const double unit = static_cast<double>(bits >> 40) * 0x1p-23 - 1;
        values[i] = static_cast<float>(variable.init.scale * unit);
        break;
      }
      case Initializer::Kind::normal: {
        const double probability = (static_cast<double>(bits >> 32) + 0.5) * 0x1p-32;
        values[i] = static_cast<float>(variable.init.scale * inverse_normal(probability));
        break;
      }
    }
  }
  return values;
}

}  // namespace tdc::ir
