#include "td_elementwise.h"

/// The larger of a and b: the first NaN if there is one, a if they are equal.
static inline float td_maximum_of(float a, float b) {
  return td_maxf(a, b);
}

void td_maximum_f32(const td_maximum_f32_args* args, td_team team) {
  TD_MAP_BINARY(args, team, td_maximum_of);
}

/// da = dy where a > b, +0 where a < b, and half of dy where neither is larger: at ties, as -0 and
/// +0 are, and where one is NaN.
static inline float td_maximum_grad_of(float a, float b, float dy) {
  const float otherwise = a < b ? 0.0f : 0.5f * dy;
  return a > b ? dy : otherwise;
}

void td_maximum_grad_f32(const td_maximum_grad_f32_args* args, td_team team) {
  TD_MAP_TERNARY(args, team, td_maximum_grad_of);
}
