#include "td_elementwise.h"

/// y = a where a > 0, else alpha * (e^a - 1): -alpha at -infinity, NaN for NaN.
static inline float td_elu_of(float a, const float* alpha) {
  const float below = alpha[0] * td_expm1f(a);
  return a > 0.0f ? a : below;
}

void td_elu_f32(const td_elu_f32_args* args, td_team team) {
  const float constants[] = {args->alpha};
  TD_MAP_UNARY_WITH(args, team, constants, td_elu_of);
}

/// dx = dy where x > 0, else dy * (alpha * e^x): at 0, and where x is NaN.
static inline float td_elu_grad_of(float x, float dy, const float* alpha) {
  const float below = dy * (alpha[0] * td_expf(x));
  return x > 0.0f ? dy : below;
}

void td_elu_grad_f32(const td_elu_grad_f32_args* args, td_team team) {
  const float constants[] = {args->alpha};
  TD_MAP_BINARY_WITH(args, team, constants, td_elu_grad_of);
}
