#include "td_elementwise.h"

/// y = cos a, a in radians and of any size; NaN for infinities.
static inline float td_cos_of(float a) {
  return td_cosf(a);
}

void td_cos_f32(const td_cos_f32_args* args, td_team team) {
  TD_MAP_UNARY(args, team, td_cos_of);
}
