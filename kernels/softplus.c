#include "td_elementwise.h"

/// y = ln(1 + e^a): 0 at -infinity, infinity at infinity.
static inline float td_softplus_of(float a) {
  return td_softplusf(a);
}

void td_softplus_f32(const td_softplus_f32_args* args, td_team team) {
  TD_MAP_UNARY(args, team, td_softplus_of);
}

/// dx = dy * sigmoid(x).
static inline float td_softplus_grad_of(float x, float dy) {
  return dy * td_sigmoidf(x);
}

void td_softplus_grad_f32(const td_softplus_grad_f32_args* args, td_team team) {
  TD_MAP_BINARY(args, team, td_softplus_grad_of);
}
