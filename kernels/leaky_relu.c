#include "td_elementwise.h"

/// y = a where a > 0, else slope * a, NaN too.
static inline float td_leaky_relu_of(float a, const float* slope) {
  return a > 0.0f ? a : slope[0] * a;
}

void td_leaky_relu_f32(const td_leaky_relu_f32_args* args, td_team team) {
  const float constants[] = {args->slope};
  TD_MAP_UNARY_WITH(args, team, constants, td_leaky_relu_of);
}

/// dx = dy where x > 0, else slope * dy: at 0, and where x is NaN.
static inline float td_leaky_relu_grad_of(float x, float dy, const float* slope) {
  return x > 0.0f ? dy : slope[0] * dy;
}

void td_leaky_relu_grad_f32(const td_leaky_relu_grad_f32_args* args, td_team team) {
  const float constants[] = {args->slope};
  TD_MAP_BINARY_WITH(args, team, constants, td_leaky_relu_grad_of);
}
