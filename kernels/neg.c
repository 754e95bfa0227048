#include "td_elementwise.h"

/// y = -a; changes the sign of zeros and NaNs too.
static inline float td_neg_of(float a) {
  return -a;
}

void td_neg_f32(const td_neg_f32_args* args, td_team team) {
  TD_MAP_UNARY(args, team, td_neg_of);
}
