#include "td_elementwise.h"

/// a held between low and high: the bound where a equals it, NaN for NaN.
static inline float td_clamp_of(float a, const float* bounds) {
  return td_clampf(a, bounds[0], bounds[1]);
}

void td_clamp_f32(const td_clamp_f32_args* args, td_team team) {
  const float bounds[] = {args->low, args->high};
  TD_MAP_UNARY_WITH(args, team, bounds, td_clamp_of);
}

/// dx = dy where y lies between the bounds, +0 at them. Where y is NaN it is dy, so that a NaN is
/// not hidden.
static inline float td_clamp_grad_of(float y, float dy, const float* bounds) {
  return ((y <= bounds[0]) | (y >= bounds[1])) ? 0.0f : dy;
}

void td_clamp_grad_f32(const td_clamp_grad_f32_args* args, td_team team) {
  const float bounds[] = {args->low, args->high};
  TD_MAP_BINARY_WITH(args, team, bounds, td_clamp_grad_of);
}
