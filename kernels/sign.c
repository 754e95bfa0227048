#include "td_elementwise.h"

/// 1 above 0, -1 below, +0 at both zeros, NaN for NaN.
static inline float td_sign_of(float a) {
  const float at_zero = a == 0.0f ? 0.0f : a;
  const float below = a < 0.0f ? -1.0f : at_zero;
  return a > 0.0f ? 1.0f : below;
}

void td_sign_f32(const td_sign_f32_args* args, td_team team) {
  TD_MAP_UNARY(args, team, td_sign_of);
}
