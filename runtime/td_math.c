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
#include "td_math.h"

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
