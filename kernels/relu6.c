#include "td_elementwise.h"

/// a held between 0 and 6: +0 for both zeros, NaN for NaN.
static inline float td_relu6_of(float a) {
  const float raised = a <= 0.0f ? 0.0f : a;
  return raised > 6.0f ? 6.0f : raised;
}

void td_relu6_f32(const td_relu6_f32_args* args, td_team team) {
  TD_MAP_UNARY(args, team, td_relu6_of);
}

/// dx = dy where 0 < y < 6, else +0. Where y is NaN it is dy, so that a NaN is not hidden.
static inline float td_relu6_grad_of(float y, float dy) {
  return ((y <= 0.0f) | (y >= 6.0f)) ? 0.0f : dy;
}

void td_relu6_grad_f32(const td_relu6_grad_f32_args* args, td_team team) {
  TD_MAP_BINARY(args, team, td_relu6_grad_of);
}
