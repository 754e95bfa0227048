#include "td_elementwise.h"

/// |a|; +0 for both zeros.
static inline float td_abs_of(float a) {
  return td_absf(a);
}

void td_abs_f32(const td_abs_f32_args* args, td_team team) {
  TD_MAP_UNARY(args, team, td_abs_of);
}

/// dx = dy where x > 0, -dy where x < 0, +0 at both zeros. Where x is NaN it is dy, so that a NaN
/// is not hidden.
static inline float td_abs_grad_of(float x, float dy) {
  const float beside_zero = x < 0.0f ? -dy : dy;
  return x == 0.0f ? 0.0f : beside_zero;
}

void td_abs_grad_f32(const td_abs_grad_f32_args* args, td_team team) {
  TD_MAP_BINARY(args, team, td_abs_grad_of);
}
