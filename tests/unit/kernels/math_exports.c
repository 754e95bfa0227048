/// The inline functions of td_math.h as functions over arrays, so that each build's own version can
/// be tested.
#include "td_math.h"

#define EXPORT(name, function)                                 \
  void name(float* y, const float* x, int64_t count);          \
  void name(float* y, const float* x, int64_t count) {         \
    for (int64_t i = 0; i < count; ++i) y[i] = function(x[i]); \
  }

EXPORT(test_exp, td_expf)
EXPORT(test_log, td_logf)
EXPORT(test_tanh, td_tanhf)
EXPORT(test_erf, td_erff)
EXPORT(test_sigmoid, td_sigmoidf)
EXPORT(test_sin, td_sinf)
EXPORT(test_cos, td_cosf)
EXPORT(test_sqrt, td_sqrtf)
EXPORT(test_rsqrt, td_rsqrtf)
EXPORT(test_softplus, td_softplusf)

static float expm1_up_to_88(float x) {
  return td_expm1f(x > 88.0f ? 88.0f : x);
}
EXPORT(test_expm1, expm1_up_to_88)

static float cube(float x) {
  return td_powf(x, td_exponent_of(3.0f, 0.0f));
}
EXPORT(test_cube, cube)

static float power(float x) {
  return td_powf(x, td_exponent_of(-37.3f, 0.0f));
}
EXPORT(test_power, power)

/// An exponent that one float does not hold.
static float power_minus_1(float x) {
  const float exponent = 0.3f;
  const float less = exponent - 1.0f;
  return td_powf(x, td_exponent_of(less, exponent - (less + 1.0f)));
}
EXPORT(test_power_minus_1, power_minus_1)

void test_fma(float* y, const float* a, const float* b, const float* c, int64_t count);
void test_fma(float* y, const float* a, const float* b, const float* c, int64_t count) {
  for (int64_t i = 0; i < count; ++i) y[i] = td_fmaf(a[i], b[i], c[i]);
}

void test_pow(float* y, const float* x, const float* exponent, int64_t count);
void test_pow(float* y, const float* x, const float* exponent, int64_t count) {
  for (int64_t i = 0; i < count; ++i) y[i] = td_powf(x[i], td_exponent_of(exponent[i], 0.0f));
}
