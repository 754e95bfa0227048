#include "td_elementwise.h"

/// y = a * sigmoid(a).
static inline float td_silu_of(float a) {
  return a * td_sigmoidf(a);
}

void td_silu_f32(const td_silu_f32_args* args, td_team team) {
  TD_MAP_UNARY(args, team, td_silu_of);
}

/// dx = dy * (s * (1 + x * (1 - s))) with s = sigmoid(x).
static inline float td_silu_grad_of(float x, float dy) {
  const float share = td_sigmoidf(x);
  return dy * (share * td_fmaf(x, 1.0f - share, 1.0f));
}

void td_silu_grad_f32(const td_silu_grad_f32_args* args, td_team team) {
  TD_MAP_BINARY(args, team, td_silu_grad_of);
}
