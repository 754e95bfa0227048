#include "td_elementwise.h"

/// b where a is not 0, else c. A NaN is not 0. Nothing is computed with b and c, so a NaN shows
/// only where it is taken.
static inline float td_where_of(float a, float b, float c) {
  return a != 0.0f ? b : c;
}

void td_where_f32(const td_where_f32_args* args, td_team team) {
  TD_MAP_TERNARY(args, team, td_where_of);
}
