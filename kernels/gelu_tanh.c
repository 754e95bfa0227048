#include "td_elementwise.h"

// (1 + tanh u) / 2 is sigmoid(2 u), and 2 u = a * (kLinear + kCubic * a^2).
static const float kLinear = 0x1.988454p+0f;  // 2 sqrt(2 / pi)
static const float kCubic = 0x1.2444f2p-4f;   // the same times 0.044715

/// y = a * sigmoid(2 u).
static inline float td_gelu_tanh_of(float a) {
  return a * td_sigmoidf(a * td_fmaf(kCubic, a * a, kLinear));
}

void td_gelu_tanh_f32(const td_gelu_tanh_f32_args* args, td_team team) {
  TD_MAP_UNARY(args, team, td_gelu_tanh_of);
}

/// dx = dy * (s + x * (s * (1 - s)) * (2 u)') with s = sigmoid(2 u). 1 - s would lose what it is
/// multiplied by, so that t = sigmoid(-|2 u|) is taken: s is t or 1 - t. Beyond 20 t is exactly 0;
/// x is held there, because its square may overflow.
static inline float td_gelu_tanh_grad_of(float x, float dy) {
  const float bounded = td_clampf(x, -20.0f, 20.0f);
  const float square = bounded * bounded;
  const float small = td_sigmoidf(-td_absf(bounded * td_fmaf(kCubic, square, kLinear)));
  const float large = 1.0f - small;
  const float slope = td_fmaf(3.0f * kCubic, square, kLinear);
  return dy * td_fmaf(bounded * (small * large), slope, bounded < 0.0f ? small : large);
}

void td_gelu_tanh_grad_f32(const td_gelu_tanh_grad_f32_args* args, td_team team) {
  TD_MAP_BINARY(args, team, td_gelu_tanh_grad_of);
}
