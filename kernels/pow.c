#include "td_elementwise.h"

/// y = a^exponent.
static inline float td_pow_of(float a, const float* exponent) {
  return td_powf(a, (td_exponent){exponent[0], exponent[1], exponent[2]});
}

/// y = a^2, rounded once.
static inline float td_square_of(float a) {
  return a * a;
}

void td_pow_f32(const td_pow_f32_args* args, td_team team) {
  if (args->exponent == 2.0f) {
    TD_MAP_UNARY(args, team, td_square_of);
  } else {
    const td_exponent exponent = td_exponent_of(args->exponent, 0.0f);
    const float constants[] = {exponent.high, exponent.low, exponent.sign};
    TD_MAP_UNARY_WITH(args, team, constants, td_pow_of);
  }
}

/// dx = dy * (exponent * x^(exponent - 1)).
static inline float td_pow_grad_of(float x, float dy, const float* exponent) {
  const td_exponent less = {exponent[1], exponent[2], exponent[3]};
  const float dx = dy * (exponent[0] * td_powf(x, less));
  return exponent[0] == 0.0f ? 0.0f : dx;
}

/// dx = dy * (2 * x).
static inline float td_square_grad_of(float x, float dy) {
  return dy * (2.0f * x);
}

/// For an exponent of 0 the gradient is +0 everywhere. exponent - 1 is taken in two parts, because
/// as one float it may lie half an ulp beside it, which powers of large numbers show.
void td_pow_grad_f32(const td_pow_grad_f32_args* args, td_team team) {
  const float exponent = args->exponent;
  if (exponent == 2.0f) {
    TD_MAP_BINARY(args, team, td_square_grad_of);
  } else {
    const float high = exponent - 1.0f;
    const float back = high - exponent;
    const float low = (exponent - (high - back)) - (1.0f + back);
    const td_exponent less = td_exponent_of(high, low);
    const float constants[] = {exponent, less.high, less.low, less.sign};
    TD_MAP_BINARY_WITH(args, team, constants, td_pow_grad_of);
  }
}
