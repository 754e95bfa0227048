#include "td_elementwise.h"

/// The square root, NaN below zero.
static inline float td_sqrt_of(float a) {
  return td_sqrtf(a);
}

void td_sqrt_f32(const td_sqrt_f32_args* args, td_team team) {
  TD_MAP_UNARY(args, team, td_sqrt_of);
}
