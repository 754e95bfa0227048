#include "td_elementwise.h"

/// y = a + 3 held between 0 and 6, times 1/6: exactly 1 from 3 on, NaN for NaN.
static inline float td_hardsigmoid_of(float a) {
  return td_clampf(a + 3.0f, 0.0f, 6.0f) * 0x1.555556p-3f;
}

void td_hardsigmoid_f32(const td_hardsigmoid_f32_args* args, td_team team) {
  TD_MAP_UNARY(args, team, td_hardsigmoid_of);
}

/// dx = dy * 1/6 where 0 < y < 1, and where y is NaN; else +0.
static inline float td_hardsigmoid_grad_of(float y, float dy) {
  return ((y <= 0.0f) | (y >= 1.0f)) ? 0.0f : dy * 0x1.555556p-3f;
}

void td_hardsigmoid_grad_f32(const td_hardsigmoid_grad_f32_args* args, td_team team) {
  TD_MAP_BINARY(args, team, td_hardsigmoid_grad_of);
}
