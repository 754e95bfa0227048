#include "td_elementwise.h"

/// y = tanh a.
static inline float td_tanh_of(float a) {
  return td_tanhf(a);
}

void td_tanh_f32(const td_tanh_f32_args* args, td_team team) {
  TD_MAP_UNARY(args, team, td_tanh_of);
}

/// dx = dy * (1 - y^2), the difference rounded once.
static inline float td_tanh_grad_of(float y, float dy) {
  return dy * td_fmaf(-y, y, 1.0f);
}

void td_tanh_grad_f32(const td_tanh_grad_f32_args* args, td_team team) {
  TD_MAP_BINARY(args, team, td_tanh_grad_of);
}
