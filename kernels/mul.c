#include "td_elementwise.h"

/// y = a * b.
static inline float td_mul_of(float a, float b) {
  return a * b;
}

void td_mul_f32(const td_mul_f32_args* args, td_team team) {
  TD_MAP_BINARY(args, team, td_mul_of);
}
