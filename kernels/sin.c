#include "td_elementwise.h"

/// y = sin a, a in radians and of any size; NaN for infinities.
static inline float td_sin_of(float a) {
  return td_sinf(a);
}

void td_sin_f32(const td_sin_f32_args* args, td_team team) {
  TD_MAP_UNARY(args, team, td_sin_of);
}
