#include "td_elementwise.h"
#include "td_order.h"

#if !defined(__riscv_flen)

/// The share of the normal distribution below x: (1 + erf(x / sqrt 2)) / 2.
static inline float td_normal_share(float x) {
  return td_fmaf(0.5f, td_erff(x * 0x1.6a09e6p-1f), 0.5f);
}

/// y = a * P(a) with the normal distribution P (the form with erf).
static inline float td_gelu_of(float a) {
  return a * td_normal_share(a);
}

void td_gelu_f32(const td_gelu_f32_args* args, td_team team) {
  TD_MAP_UNARY(args, team, td_gelu_of);
}

/// dx = dy * (P(x) + x * p(x)) with the normal density p(x) = e^(-x^2 / 2) / sqrt(2 pi).
static inline float td_gelu_grad_of(float x, float dy) {
  const float density = 0x1.988454p-2f * td_expf(-0.5f * x * x);
  return dy * td_fmaf(x, density, td_normal_share(x));
}

void td_gelu_grad_f32(const td_gelu_grad_f32_args* args, td_team team) {
  TD_MAP_BINARY(args, team, td_gelu_grad_of);
}

#else

// Without vectors a branch to one of the two formulas of td_erff saves the other. The constants of
// both find room in registers; gcc would load them at each use.

/// y = x * P(x), or dy * (P(x) + x * p(x)) of `power` = e^(-x^2 / 2), for a row; y may be x or dy.
TD_INLINE void td_normal_row(float* y, int32_t y_step, const float* x, int32_t x_step,
                             const float* dy, int32_t dy_step, const float* power, int32_t count,
                             int is_gradient) {
  const float near_0 = td_here(0x1.5d5c98p-14f), near_1 = td_here(-0x1.aa4e96p-11f),
              near_2 = td_here(0x1.54c5a6p-8f), near_3 = td_here(-0x1.b80db2p-6f);
  const float near_4 = td_here(0x1.ce2df2p-4f), near_5 = td_here(-0x1.812742p-2f),
              near_6 = td_here(0x1.06eba8p-3f);
  const float far_0 = td_here(-0x1.b9e716p-21f), far_1 = td_here(0x1.00a942p-15f),
              far_2 = td_here(-0x1.eeff36p-12f), far_3 = td_here(0x1.136b84p-8f);
  const float far_4 = td_here(-0x1.984496p-6f), far_5 = td_here(0x1.b8a44ap-4f),
              far_6 = td_here(0x1.44c744p-1f), far_7 = td_here(0x1.07e3d4p-3f);
  const float exp_0 = td_here(0x1.a2d982p-13f), exp_1 = td_here(0x1.6d3074p-10f),
              exp_2 = td_here(0x1.110fc2p-7f), exp_3 = td_here(0x1.5555p-5f),
              exp_4 = td_here(0x1.555556p-3f);
  const float log2_e = td_here(0x1.715476p+0f), magic = td_here(0x1.8p+23f),
              minus_ln_2 = td_here(-0x1.62e43p-1f), ln_2_rest = td_here(0x1.05c61p-29f);
  const float root = td_here(0x1.6a09e6p-1f), half = td_here(0.5f), one = td_here(1.0f);
  TD_ROLLED do {
    const float at = *x;
    const uint32_t magnitude = *(const volatile uint32_t*)(const void*)x << 1;
    const float factor = is_gradient ? *dy : at;
    const float s = at * root;
    float erf;
    if (magnitude < 0x3fa6e091u << 1) {  // |s| < 0.921875
      const float square = s * s;
      float near = td_fmaf(near_0, square, near_1);
      near = td_fmaf(near, square, near_2);
      near = td_fmaf(near, square, near_3);
      near = td_fmaf(near, square, near_4);
      near = td_fmaf(near, square, near_5);
      near = td_fmaf(near, square, near_6);
      erf = td_fmaf(near, s, s);
    } else if (magnitude < 0x40b504f4u << 1) {  // |s| < 4
      const float t = td_absf(s);
      float far = td_fmaf(far_0, t, far_1);
      far = td_fmaf(far, t, far_2);
      far = td_fmaf(far, t, far_3);
      far = td_fmaf(far, t, far_4);
      far = td_fmaf(far, t, far_5);
      far = td_fmaf(far, t, far_6);
      far = td_fmaf(far, t, far_7);
      far = td_fmaf(far, t, t);
      // e^-far as in td_exp_split; the power of 2 is in range, so the product with it is exact.
      const float shifted = td_fmaf(-far, log2_e, magic);
      const uint32_t scale = (td_reread(y, shifted) << 23) + 0x3f800000u;
      const float exponent = shifted - magic;
      const float rest = td_fmaf(exponent, ln_2_rest, td_fmaf(exponent, minus_ln_2, -far));
      float series = td_fmaf(exp_0, rest, exp_1);
      series = td_fmaf(series, rest, exp_2);
      series = td_fmaf(series, rest, exp_3);
      series = td_fmaf(series, rest, exp_4);
      series = td_fmaf(series, rest, half);
      const float significand = one + td_fmaf(rest * rest, series, rest);
      erf = td_copysignf(td_fmaf(-significand, td_reread_bits(y, scale), one), s);
    } else {
      erf = td_copysignf(one, s);
    }
    const float share = td_fmaf(half, erf, half);
    *y = factor * (is_gradient ? td_fmaf(at, 0x1.988454p-2f * *power++, share) : share);
    x += x_step;
    y += y_step;
    if (is_gradient) dy += dy_step;
  }
  while (--count > 0);
}

static void td_gelu_row(float* y, int32_t y_step, const float* a, int32_t a_step, int32_t count) {
  td_normal_row(y, y_step, a, a_step, a, 0, a, count, 0);
}

void td_gelu_f32(const td_gelu_f32_args* args, td_team team) {
  TD_MAP_UNARY_ROWS(args, team, td_gelu_row);
}

static void td_gelu_grad_row(float* y, int32_t y_step, const float* x, int32_t x_step,
                             const float* dy, int32_t dy_step, int32_t count) {
  enum { kBlock = 128 };
  float power[kBlock];
  while (count > 0) {
    const int32_t block = td_min_int(count, kBlock);
    td_bell_row(power, x, x_step, block);
    td_normal_row(y, y_step, x, x_step, dy, dy_step, power, block, 1);
    y += block * y_step;
    x += block * x_step;
    dy += block * dy_step;
    count -= block;
  }
}

void td_gelu_grad_f32(const td_gelu_grad_f32_args* args, td_team team) {
  TD_MAP_BINARY_ROWS(args, team, td_gelu_grad_row);
}

#endif
