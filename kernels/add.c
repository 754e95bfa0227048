#include "td_elementwise.h"

/// y = a + b.
static inline float td_add_of(float a, float b) {
  return a + b;
}

void td_add_f32(const td_add_f32_args* args, td_team team) {
  TD_MAP_BINARY(args, team, td_add_of);
}
