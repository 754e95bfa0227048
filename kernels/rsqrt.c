#include "td_elementwise.h"

/// y = 1 / sqrt(a): infinity of its sign for a zero, NaN below zero.
static inline float td_rsqrt_of(float a) {
  return td_rsqrtf(a);
}

void td_rsqrt_f32(const td_rsqrt_f32_args* args, td_team team) {
  TD_MAP_UNARY(args, team, td_rsqrt_of);
}

/// dx = dy * ((-0.5 * y) * (y * y)).
static inline float td_rsqrt_grad_of(float y, float dy) {
  return dy * (-0.5f * y * (y * y));
}

void td_rsqrt_grad_f32(const td_rsqrt_grad_f32_args* args, td_team team) {
  TD_MAP_BINARY(args, team, td_rsqrt_grad_of);
}
