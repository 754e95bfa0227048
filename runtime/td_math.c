/// Sine and cosine for every finite float.
///
/// The argument is reduced in integers (Payne and Hanek): x = significand * 2^exponent, and of
/// significand * 2/pi only the bits below the weight of 4 quarter turns matter. They come from 96
/// bits of 2/pi, taken where the exponent says:
///
///     2/pi  0.a2f9836e 4e441529 fc2757d1 f534ddc0 ...
///                  [------- 96 bits -------]            times 24 bits, modulo 2^96:
///                  [qq|fraction of a quarter turn ...]
///
/// This leaves at least 62 good bits after the point; no float comes closer than 2^-32 to a
/// multiple of a quarter turn, so that the reduced argument is always good to a float's last bit.
#include "td_kernel.h"

typedef struct {
  uint32_t quarter;  // modulo 4
  float angle;       // radians, from -pi/4 to pi/4
} td_reduced_angle;

// 2/pi behind 32 zero bits, so that the window never starts before the first word.
static const uint32_t kTwoOverPi[8] = {0x00000000u, 0xa2f9836eu, 0x4e441529u, 0xfc2757d1u,
                                       0xf534ddc0u, 0xdb629599u, 0x3c439041u, 0xfe5163abu};

static uint32_t td_window_word(uint32_t word, uint32_t shift) {
  const uint64_t pair = ((uint64_t)kTwoOverPi[word] << 32) | kTwoOverPi[word + 1u];
  return (uint32_t)((pair << shift) >> 32);
}

/// For finite x >= 0.
static td_reduced_angle td_reduce_angle(float x) {
  if (x < 0x1.921fb4p-1f) return (td_reduced_angle){.quarter = 0u, .angle = x};
  const uint32_t bits = td_bits_of_float(x);
  const uint32_t significand = (bits & 0x007fffffu) | 0x00800000u;
  // x = significand * 2^(biased - 150); bit 0 of the table weighs 2^31. The window's first bit
  // shall weigh 2 quarter turns after the multiplication: start = exponent + 30.
  const uint32_t start = (bits >> 23) - 120u;
  const uint32_t word = start >> 5;
  const uint32_t shift = start & 31u;
  const uint64_t low = (uint64_t)significand * td_window_word(word + 2u, shift);
  const uint64_t middle = (uint64_t)significand * td_window_word(word + 1u, shift) + (low >> 32);
  const uint32_t high = significand * td_window_word(word, shift) + (uint32_t)(middle >> 32);
  const uint64_t turns = ((uint64_t)high << 32) | (uint32_t)middle;  // in 2^-62 quarter turns

  const uint32_t quarter = (uint32_t)(turns >> 62) + (uint32_t)((turns >> 61) & 1u);
  const uint64_t fraction = turns << 2;  // two's complement, in 2^-64 quarter turns
  const uint32_t is_negative = (uint32_t)(fraction >> 63);
  const uint64_t magnitude = is_negative ? 0u - fraction : fraction;
  // Three pieces that are exact as floats, times pi/2 in two parts.
  const float first = (float)(int32_t)(magnitude >> 40) * 0x1p-24f;
  const float second = (float)(int32_t)((magnitude >> 16) & 0xffffffu) * 0x1p-48f;
  const float third = (float)(int32_t)(magnitude & 0xffffu) * 0x1p-64f;
  float angle = first * -0x1.777a5cp-25f;
  angle = td_fmaf(third, 0x1.921fb6p+0f, angle);
  angle = td_fmaf(second, 0x1.921fb6p+0f, angle);
  angle = td_fmaf(first, 0x1.921fb6p+0f, angle);
  return (td_reduced_angle){.quarter = quarter & 3u, .angle = is_negative ? -angle : angle};
}

/// sin of an angle from -pi/4 to pi/4.
static float td_sine_of_small(float angle) {
  const float square = angle * angle;
  float series = 0x1.882736p-19f;
  series = td_fmaf(series, square, -0x1.a08584p-13f);
  series = td_fmaf(series, square, 0x1.11119ap-7f);
  series = td_fmaf(series, square, -0x1.555556p-3f);
  return td_fmaf(square * angle, series, angle);
}

/// cos of an angle from -pi/4 to pi/4.
static float td_cosine_of_small(float angle) {
  const float square = angle * angle;
  float series = 0x1.9bc774p-16f;
  series = td_fmaf(series, square, -0x1.6c129ep-10f);
  series = td_fmaf(series, square, 0x1.555554p-5f);
  series = td_fmaf(series, square, -0.5f);
  return td_fmaf(series, square, 1.0f);
}

/// sin(quarter * pi/2 + angle).
static float td_sine_of_reduced(uint32_t quarter, float angle) {
  const float sine = (quarter & 1u) ? td_cosine_of_small(angle) : td_sine_of_small(angle);
  return (quarter & 2u) ? -sine : sine;
}

float td_sinf(float x) {
  const float magnitude = td_absf(x);
  if (!(magnitude <= TD_FLOAT_MAX)) return TD_NAN;
  const td_reduced_angle reduced = td_reduce_angle(magnitude);
  const float sine = td_sine_of_reduced(reduced.quarter, reduced.angle);
  return (td_bits_of_float(x) >> 31) ? -sine : sine;
}

float td_cosf(float x) {
  const float magnitude = td_absf(x);
  if (!(magnitude <= TD_FLOAT_MAX)) return TD_NAN;
  const td_reduced_angle reduced = td_reduce_angle(magnitude);
  return td_sine_of_reduced((reduced.quarter + 1u) & 3u, reduced.angle);
}

// ---------------------------------------------------------------------------------------------
// Rows of exponentials
// ---------------------------------------------------------------------------------------------

#if defined(__riscv_flen)

/// e^x, apart from the loop: for what its short cut does not reach.
__attribute__((noinline, cold)) static float td_exp_beyond(float x) {
  return x < -104.0f ? 0.0f : td_expf(x);
}

/// As td_expf, two at a time, of one e^x and the other's steps in turn. The last of an odd count is
/// computed twice. Exponents from -96 to 31 need one scale, whose product is exact: it is added to
/// the bits. Bits go through y to integer registers, which is free where moves are the FPU's work.
TD_INLINE uint32_t td_exp_row_of(float* y, int32_t y_step, const float* x, int32_t x_step,
                                 int32_t count, float subtracted, int is_bell) {
  const uint32_t least = 0x4b400000u - 96u, range = 127u;
  const float* const end = y + count * y_step;
  uint32_t is_small = 0;
  const float* x_next = x + (count & 1 ? 0 : x_step);
  float* y_next = y + (count & 1 ? 0 : y_step);
  do {
    const float a = is_bell ? -0.5f * *x * *x : *x - subtracted;
    const float b = is_bell ? -0.5f * *x_next * *x_next : *x_next - subtracted;
    x = x_next + x_step;
    x_next = x + x_step;
    const float a_shifted = td_fmaf(a, 0x1.715476p+0f, 0x1.8p+23f);
    const float b_shifted = td_fmaf(b, 0x1.715476p+0f, 0x1.8p+23f);
    const uint32_t a_bits = td_reread(y, a_shifted), b_bits = td_reread(y_next, b_shifted);
    const float a_exponent = a_shifted - 0x1.8p+23f, b_exponent = b_shifted - 0x1.8p+23f;
    const float a_partial = td_fmaf(a_exponent, -0x1.62e43p-1f, a);
    const float b_partial = td_fmaf(b_exponent, -0x1.62e43p-1f, b);
    if (__builtin_expect(((a_bits - least) | (b_bits - least)) > range, 0)) {
      *y = td_exp_beyond(a);
      *y_next = td_exp_beyond(b);
      is_small |= !(*y == 0.0f || *y >= 0x1p-97f) | !(*y_next == 0.0f || *y_next >= 0x1p-97f);
    } else {
      const float a_rest = td_fmaf(a_exponent, 0x1.05c61p-29f, a_partial);
      const float b_rest = td_fmaf(b_exponent, 0x1.05c61p-29f, b_partial);
      float s = 0x1.a2d982p-13f, t = 0x1.a2d982p-13f;
      s = td_fmaf(s, a_rest, 0x1.6d3074p-10f), t = td_fmaf(t, b_rest, 0x1.6d3074p-10f);
      s = td_fmaf(s, a_rest, 0x1.110fc2p-7f), t = td_fmaf(t, b_rest, 0x1.110fc2p-7f);
      s = td_fmaf(s, a_rest, 0x1.5555p-5f), t = td_fmaf(t, b_rest, 0x1.5555p-5f);
      s = td_fmaf(s, a_rest, 0x1.555556p-3f), t = td_fmaf(t, b_rest, 0x1.555556p-3f);
      s = td_fmaf(s, a_rest, 0x1p-1f), t = td_fmaf(t, b_rest, 0x1p-1f);
      s = 1.0f + td_fmaf(a_rest * a_rest, s, a_rest);
      t = 1.0f + td_fmaf(b_rest * b_rest, t, b_rest);
      const uint32_t s_bits = td_reread(y, s), t_bits = td_reread(y_next, t);
      *y = td_float_of_bits(s_bits + (a_bits << 23));
      *y_next = td_float_of_bits(t_bits + (b_bits << 23));
    }
    y = y_next + y_step;
    y_next = y + y_step;
  } while (y != end);
  return is_small;
}

uint32_t td_exp_row(float* y, int32_t y_step, const float* x, int32_t x_step, int32_t count,
                    float subtracted) {
  return td_exp_row_of(y, y_step, x, x_step, count, subtracted, 0);
}

void td_bell_row(float* y, const float* x, int32_t x_step, int32_t count) {
  td_exp_row_of(y, 1, x, x_step, count, 0.0f, 1);
}

#else

uint32_t td_exp_row(float* y, int32_t y_step, const float* x, int32_t x_step, int32_t count,
                    float subtracted) {
  if (y_step == 1 && x_step == 1)
    TD_INDEPENDENT(i, 0, count, y, td_expf(x[i] - subtracted));
  else
    TD_INDEPENDENT_APART(i, 0, count, y, y_step, td_expf(x[i * x_step] - subtracted));
  return 1;
}

void td_bell_row(float* y, const float* x, int32_t x_step, int32_t count) {
  TD_INDEPENDENT(i, 0, count, y, td_expf(-0.5f * x[i * x_step] * x[i * x_step]));
}

#endif
