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

void test_fma(float* y, const float* a, const float* b, const float* c, int64_t count);
void test_fma(float* y, const float* a, const float* b, const float* c, int64_t count) {
  for (int64_t i = 0; i < count; ++i) y[i] = td_fmaf(a[i], b[i], c[i]);
}
