#include "td_elementwise.h"

/// y = a * h, h = a + 3 held between 0 and 6, times 1/6.
static inline float td_hardswish_of(float a) {
  return a * (td_clampf(a + 3.0f, 0.0f, 6.0f) * 0x1.555556p-3f);
}

void td_hardswish_f32(const td_hardswish_f32_args* args, td_team team) {
  TD_MAP_UNARY(args, team, td_hardswish_of);
}

/// dx = +0 where x <= -3, dy where x >= 3, else dy * (x * 1/3 + 1/2); NaN where x is NaN.
static inline float td_hardswish_grad_of(float x, float dy) {
  const float between = dy * td_fmaf(x, 0x1.555556p-2f, 0.5f);
  const float from_below = x <= -3.0f ? 0.0f : between;
  return x >= 3.0f ? dy : from_below;
}

void td_hardswish_grad_f32(const td_hardswish_grad_f32_args* args, td_team team) {
  TD_MAP_BINARY(args, team, td_hardswish_grad_of);
}
