#include "td_elementwise.h"

/// y = e^a.
static inline float td_exp_of(float a) {
  return td_expf(a);
}

void td_exp_f32(const td_exp_f32_args* args, td_team team) {
  TD_MAP_UNARY(args, team, td_exp_of);
}
