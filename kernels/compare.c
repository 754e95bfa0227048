#include "td_elementwise.h"

/// Masks: 1 where a comparison of a and b holds, else +0. A NaN is equal to nothing and in no
/// order, and -0 equals +0.
static inline float td_equal_of(float a, float b) {
  return a == b ? 1.0f : 0.0f;
}

void td_equal_f32(const td_equal_f32_args* args, td_team team) {
  TD_MAP_BINARY(args, team, td_equal_of);
}

static inline float td_not_equal_of(float a, float b) {
  return a != b ? 1.0f : 0.0f;
}

void td_not_equal_f32(const td_not_equal_f32_args* args, td_team team) {
  TD_MAP_BINARY(args, team, td_not_equal_of);
}

static inline float td_less_of(float a, float b) {
  return a < b ? 1.0f : 0.0f;
}

void td_less_f32(const td_less_f32_args* args, td_team team) {
  TD_MAP_BINARY(args, team, td_less_of);
}

static inline float td_less_equal_of(float a, float b) {
  return a <= b ? 1.0f : 0.0f;
}

void td_less_equal_f32(const td_less_equal_f32_args* args, td_team team) {
  TD_MAP_BINARY(args, team, td_less_equal_of);
}
