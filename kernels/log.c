#include "td_elementwise.h"

/// y = ln a.
static inline float td_log_of(float a) {
  return td_logf(a);
}

void td_log_f32(const td_log_f32_args* args, td_team team) {
  TD_MAP_UNARY(args, team, td_log_of);
}
