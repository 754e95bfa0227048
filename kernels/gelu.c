#include "td_elementwise.h"

/// The share of the normal distribution below x: (1 + erf(x / sqrt 2)) / 2.
static inline float td_normal_share(float x) {
  return td_fmaf(0.5f, td_erff(x * 0x1.6a09e6p-1f), 0.5f);
}

/// y = a * P(a) with the normal distribution P (the form with erf).
static inline float td_gelu_of(float a) {
  return a * td_normal_share(a);
}

void td_gelu_f32(const td_gelu_f32_args* args, td_team team) {
  TD_MAP_UNARY(args, team, td_gelu_of);
}

/// dx = dy * (P(x) + x * p(x)) with the normal density p(x) = e^(-x^2 / 2) / sqrt(2 pi).
static inline float td_gelu_grad_of(float x, float dy) {
  const float density = 0x1.988454p-2f * td_expf(-0.5f * x * x);
  return dy * td_fmaf(x, density, td_normal_share(x));
}

void td_gelu_grad_f32(const td_gelu_grad_f32_args* args, td_team team) {
  TD_MAP_BINARY(args, team, td_gelu_grad_of);
}
