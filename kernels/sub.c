#include "td_elementwise.h"

/// y = a - b.
static inline float td_sub_of(float a, float b) {
  return a - b;
}

void td_sub_f32(const td_sub_f32_args* args, td_team team) {
  TD_MAP_BINARY(args, team, td_sub_of);
}
