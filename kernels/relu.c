#include "td_elementwise.h"

/// max(a, 0): +0 for both zeros, NaN for NaN.
static inline float td_relu_of(float a) {
  return a <= 0.0f ? 0.0f : a;
}

void td_relu_f32(const td_relu_f32_args* args, td_team team) {
  TD_MAP_UNARY(args, team, td_relu_of);
}

/// dx = dy where y > 0, else +0. Where y is NaN it is dy, so that a NaN is not hidden.
static inline float td_relu_grad_of(float y, float dy) {
  return y <= 0.0f ? 0.0f : dy;
}

void td_relu_grad_f32(const td_relu_grad_f32_args* args, td_team team) {
  TD_MAP_BINARY(args, team, td_relu_grad_of);
}
