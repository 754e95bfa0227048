#include "td_elementwise.h"

/// y = 1 / (1 + e^-a).
static inline float td_sigmoid_of(float a) {
  return td_sigmoidf(a);
}

void td_sigmoid_f32(const td_sigmoid_f32_args* args, td_team team) {
  TD_MAP_UNARY(args, team, td_sigmoid_of);
}

/// dx = dy * (y * (1 - y)).
static inline float td_sigmoid_grad_of(float y, float dy) {
  return dy * (y * (1.0f - y));
}

void td_sigmoid_grad_f32(const td_sigmoid_grad_f32_args* args, td_team team) {
  TD_MAP_BINARY(args, team, td_sigmoid_grad_of);
}
