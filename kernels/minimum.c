#include "td_elementwise.h"

/// The smaller of a and b: the first NaN if there is one, a if they are equal.
static inline float td_minimum_of(float a, float b) {
  return td_minf(a, b);
}

void td_minimum_f32(const td_minimum_f32_args* args, td_team team) {
  TD_MAP_BINARY(args, team, td_minimum_of);
}
