/// Elementary functions in single precision that give the same bits on every machine and with every
/// compiler: built from +, -, *, /, square root and fused multiply-add only, all of them correctly
/// rounded by IEEE 754, in an order that the source fixes. They need no libm and never read or set
/// the floating-point environment or `errno`.
///
/// Compile with `-ffp-contract=off`, never with `-ffast-math`; what compilers tell of such options
/// is refused here, for all kernels and models. The inline functions have no
/// branches on values, only selections, so that a compiler can run them in vector registers.
///
/// Error bounds are in units in the last place of the correctly rounded result;
/// `kernels/numerics.md` holds the maxima measured over all 2^32 arguments. A NaN argument gives a
/// NaN everywhere.
#ifndef TD_MATH_H
#define TD_MATH_H

#include <stdint.h>

#if defined(__FAST_MATH__) || (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__) || \
    defined(__ASSOCIATIVE_MATH__) || defined(__RECIPROCAL_MATH__) || defined(__NO_SIGNED_ZEROS__)
#error "-ffast-math and its parts give other numbers: compile without them"
#endif
#if defined(__FLT_EVAL_METHOD__) && \
    (__FLT_EVAL_METHOD__ < 0 || __FLT_EVAL_METHOD__ == 1 || __FLT_EVAL_METHOD__ == 2)
#error "float must be computed as float, not in a wider format: on x86 use -mfpmath=sse"
#endif

#define TD_INFINITY __builtin_inff()
#define TD_NAN __builtin_nanf("")
#define TD_FLOAT_MIN 0x1p-126f  // smallest normal number
#define TD_FLOAT_MAX 0x1.fffffep+127f

// ---------------------------------------------------------------------------------------------
// Bits
// ---------------------------------------------------------------------------------------------

static inline uint32_t td_bits_of_float(float x) {
  uint32_t bits;
  __builtin_memcpy(&bits, &x, sizeof bits);
  return bits;
}

static inline float td_float_of_bits(uint32_t bits) {
  float x;
  __builtin_memcpy(&x, &bits, sizeof x);
  return x;
}

/// The bits of x, and the float of bits, by way of the memory `at`: faster than a move between the
/// registers of floats and of integers where that is the work of a shared FPU.
static inline uint32_t td_reread(float* at, float x) {
  *(volatile float*)at = x;
  return *(volatile uint32_t*)(void*)at;
}

static inline float td_reread_bits(float* at, uint32_t bits) {
  *(volatile uint32_t*)(void*)at = bits;
  return *(volatile float*)at;
}

/// |x|; clears the sign of a NaN too.
static inline float td_absf(float x) {
  return __builtin_fabsf(x);
}

/// The magnitude of `magnitude` with the sign of `sign`.
static inline float td_copysignf(float magnitude, float sign) {
  return __builtin_copysignf(magnitude, sign);
}

// ---------------------------------------------------------------------------------------------
// Fused multiply-add and square root
// ---------------------------------------------------------------------------------------------

/// a * b + c rounded once, without an instruction for it.
///
/// The product of two floats is exact in double. The sum is not, and rounding it to double and then
/// to float rounds twice, which is wrong when the first rounding lands on a tie of the second. So
/// the sum is rounded to odd: if it is inexact, the neighbour with an odd last bit is taken, which
/// never is such a tie. The 53 bits of a double are more than the 24 + 2 that this needs.
static inline float td_fmaf_software(float a, float b, float c) {
  const double product = (double)a * (double)b;
  const double addend = (double)c;
  const double sum = product + addend;
  const double part = sum - product;  // TwoSum: sum + error == product + addend exactly
  const double error = (product - (sum - part)) + (addend - part);
  uint64_t bits;
  __builtin_memcpy(&bits, &sum, sizeof bits);
  // error is NaN if sum is infinite or NaN, and then both comparisons are false.
  const uint64_t inexact = (uint64_t)(error > 0.0) | (uint64_t)(error < 0.0);
  const uint64_t even = ~bits & 1u;
  const uint64_t away = (uint64_t)((error > 0.0) == (sum > 0.0));
  bits += (inexact & even) * (2u * away - 1u);  // one step away from zero or towards it
  double odd;
  __builtin_memcpy(&odd, &bits, sizeof odd);
  return (float)odd;
}

/// a * b + c rounded once. Defining TD_SOFT_FMAF selects the version without an instruction.
static inline float td_fmaf(float a, float b, float c) {
#if defined(TD_SOFT_FMAF) || !(defined(__FMA__) || defined(__riscv_flen) || defined(__aarch64__))
  return td_fmaf_software(a, b, c);
#elif defined(__clang__)
  return __builtin_elementwise_fma(a, b, c);  // the other built-in calls libm on some systems
#else
  return __builtin_fmaf(a, b, c);
#endif
}

/// The square root, correctly rounded; NaN below zero, -0 for -0. gcc's built-in is not used where
/// it would call libm to set `errno`.
static inline float td_sqrtf(float x) {
#if defined(__clang__)
  return __builtin_elementwise_sqrt(x);
#elif defined(__riscv_flen)
  float root;
  __asm__("fsqrt.s %0, %1" : "=f"(root) : "f"(x));
  return root;
#elif defined(__AVX__)
  float root;
  __asm__("vsqrtss %1, %1, %0" : "=x"(root) : "x"(x));
  return root;
#elif defined(__SSE__)
  float root;
  __asm__("sqrtss %1, %0" : "=x"(root) : "x"(x));
  return root;
#else
  return __builtin_sqrtf(x);
#endif
}

// ---------------------------------------------------------------------------------------------
// Order and conversion, with explicit comparisons
// ---------------------------------------------------------------------------------------------

/// The larger one; the first NaN if there is one, and the first argument if they are equal.
static inline float td_maxf(float first, float second) {
  const int take = (second > first) | ((second != second) & (first == first));
  return take ? second : first;
}

/// The smaller one; the first NaN if there is one, and the first argument if they are equal.
static inline float td_minf(float first, float second) {
  const int take = (second < first) | ((second != second) & (first == first));
  return take ? second : first;
}

/// x held between `low` and `high` (low <= high, neither a NaN); a NaN stays a NaN.
static inline float td_clampf(float x, float low, float high) {
  const float raised = x < low ? low : x;
  return raised > high ? high : raised;
}

/// x without its fraction; the nearest int32_t if it is out of range, 0 for a NaN.
static inline int32_t td_float_to_int(float x) {
  if (x >= 0x1p31f) return INT32_MAX;
  if (x >= -0x1p31f) return (int32_t)x;
  return x < 0.0f ? INT32_MIN : 0;
}

// ---------------------------------------------------------------------------------------------
// Exponential family
// ---------------------------------------------------------------------------------------------

/// x = exponent * ln 2 + rest with |rest| <= ln 2 / 2, and e^rest - 1 = excess + excess_low.
typedef struct {
  uint32_t exponent;  // two's complement
  float excess;
  float excess_low;
} td_exp_parts;

/// For |x| < 2^20; anything for a NaN, with a NaN in `excess`.
static inline td_exp_parts td_exp_split(float x) {
  // Adding 1.5 * 2^23 leaves the nearest integer in the low bits of the significand.
  const float shifted = td_fmaf(x, 0x1.715476p+0f, 0x1.8p+23f);
  const float exponent = shifted - 0x1.8p+23f;
  const float partial = td_fmaf(exponent, -0x1.62e43p-1f, x);  // exact
  const float rest = td_fmaf(exponent, 0x1.05c61p-29f, partial);
  float series = 0x1.a2d982p-13f;
  series = td_fmaf(series, rest, 0x1.6d3074p-10f);
  series = td_fmaf(series, rest, 0x1.110fc2p-7f);
  series = td_fmaf(series, rest, 0x1.5555p-5f);
  series = td_fmaf(series, rest, 0x1.555556p-3f);
  series = td_fmaf(series, rest, 0x1p-1f);
  const float square = rest * rest;
  td_exp_parts parts;
  parts.exponent = td_bits_of_float(shifted) - td_bits_of_float(0x1.8p+23f);
  parts.excess = td_fmaf(square, series, rest);
  parts.excess_low = td_fmaf(square, series, rest - parts.excess);
  return parts;
}

/// significand * 2^exponent for a significand near 1 and an exponent (two's complement) from -150
/// to 128. As one float 2^exponent may be out of range, its halves never are. The first product is
/// exact, the second rounds once if the result is subnormal.
static inline float td_scale_by_power_of_two(float significand, uint32_t exponent) {
  const uint32_t biased = exponent + 256u;
  const uint32_t half = biased >> 1;
  const float scale = td_float_of_bits((half - 1u) << 23);
  const float other_scale = td_float_of_bits((biased - half - 1u) << 23);
  return significand * scale * other_scale;
}

/// e^x, within 1 ulp, subnormal results included. Infinity from 88.72284 on, 0 below -103.97208.
static inline float td_expf(float x) {
  const td_exp_parts parts = td_exp_split(td_clampf(x, -104.0f, 89.0f));
  return td_scale_by_power_of_two(1.0f + parts.excess, parts.exponent);
}

/// y = e^(x - subtracted) for `count` elements `y_step` and `x_step` apart; y may be x (td_math.c).
/// Says whether a result may be below 2^-97.
uint32_t td_exp_row(float* y, int32_t y_step, const float* x, int32_t x_step, int32_t count,
                    float subtracted);

/// y = e^(-x^2 / 2) for a dense row of y likewise; y may be x if that is dense.
void td_bell_row(float* y, const float* x, int32_t x_step, int32_t count);

/// e^x - 1 for x up to 88, within 1 ulp; -0 for -0.
static inline float td_expm1f(float x) {
  const td_exp_parts parts = td_exp_split(td_clampf(x, -20.0f, 88.0f));
  const float scale = td_float_of_bits((parts.exponent + 127u) << 23);
  const float whole = scale - 1.0f;
  const float sum = td_fmaf(scale, parts.excess, whole);
  const float sum_low = td_fmaf(scale, parts.excess, whole - sum);
  return td_copysignf(sum + td_fmaf(scale, parts.excess_low, sum_low), x);
}

/// 1 / (1 + e^-x), within 2.5 ulp, subnormal results included; 1 from 16.635532 on, 0 below
/// -103.97208.
static inline float td_sigmoidf(float x) {
  const float small = td_expf(-td_absf(x));  // at most 1, so that nothing overflows
  const float numerator = x >= 0.0f ? 1.0f : small;
  return numerator / (1.0f + small);
}

/// tanh x, within 1 ulp; odd, so -0 for -0; 1 from 9.010914 on.
///
/// With t = e^2|x| - 1 this is t / (t + 2). What the roundings of t and of t + 2 lose is known
/// exactly and is put back into the quotient, which is good to little more than half an ulp for
/// small and large arguments alike.
static inline float td_tanhf(float x) {
  const float magnitude = td_absf(x);
  const float bounded = magnitude > 10.0f ? 10.0f : magnitude;
  const td_exp_parts parts = td_exp_split(2.0f * bounded);
  const float scale = td_float_of_bits((parts.exponent + 127u) << 23);
  const float whole = scale - 1.0f;
  const float t = td_fmaf(scale, parts.excess, whole);
  const float t_low = td_fmaf(scale, parts.excess_low, td_fmaf(scale, parts.excess, whole - t));
  const float divisor = t + 2.0f;
  const float divisor_lost = t < 2.0f ? t - (divisor - 2.0f) : 2.0f - (divisor - t);
  const float reciprocal = 1.0f / divisor;
  const float quotient = t * reciprocal;
  const float rest = td_fmaf(-quotient, divisor, t) + t_low;
  const float corrected =
      td_fmaf(td_fmaf(-quotient, divisor_lost + t_low, rest), reciprocal, quotient);
  return td_copysignf(corrected, x);
}

/// erf x, within 2 ulp; odd, so -0 for -0; 1 from 3.9192059 on.
static inline float td_erff(float x) {
  // Near zero: x + x * p(x^2).
  const float square = x * x;
  float near = 0x1.5d5c98p-14f;
  near = td_fmaf(near, square, -0x1.aa4e96p-11f);
  near = td_fmaf(near, square, 0x1.54c5a6p-8f);
  near = td_fmaf(near, square, -0x1.b80db2p-6f);
  near = td_fmaf(near, square, 0x1.ce2df2p-4f);
  near = td_fmaf(near, square, -0x1.812742p-2f);
  near = td_fmaf(near, square, 0x1.06eba8p-3f);
  near = td_fmaf(near, x, x);
  // Elsewhere: 1 - e^-(t + t * p(t)) for t = |x|.
  const float magnitude = td_absf(x);
  const float t = magnitude > 4.0f ? 4.0f : magnitude;
  float far = -0x1.b9e716p-21f;
  far = td_fmaf(far, t, 0x1.00a942p-15f);
  far = td_fmaf(far, t, -0x1.eeff36p-12f);
  far = td_fmaf(far, t, 0x1.136b84p-8f);
  far = td_fmaf(far, t, -0x1.984496p-6f);
  far = td_fmaf(far, t, 0x1.b8a44ap-4f);
  far = td_fmaf(far, t, 0x1.44c744p-1f);
  far = td_fmaf(far, t, 0x1.07e3d4p-3f);
  far = td_fmaf(far, t, t);
  far = td_copysignf(1.0f - td_expf(-far), x);
  return magnitude < 0.921875f ? near : far;
}

/// ln x, within 1 ulp, subnormal arguments included; -infinity for both zeros, NaN below zero.
static inline float td_logf(float x) {
  const int is_subnormal = x < TD_FLOAT_MIN;
  const float scaled_up = x * 0x1p+23f;
  const float normal = is_subnormal ? scaled_up : x;
  // normal = 2^exponent * (1 + f) with 1 + f from 2/3 to 4/3.
  const uint32_t bits = td_bits_of_float(normal);
  const uint32_t biased = (bits + (0x3f800000u - 0x3f2aaaabu)) >> 23;
  const float f = td_float_of_bits(bits - ((biased - 127u) << 23)) - 1.0f;
  const float bias = is_subnormal ? 150.0f : 127.0f;
  const float exponent = (float)(int32_t)biased - bias;
  float series = 0x1.ea62c6p-4f;
  series = td_fmaf(series, f, -0x1.fd14b6p-4f);
  series = td_fmaf(series, f, 0x1.b9356ep-4f);
  series = td_fmaf(series, f, -0x1.f74ba2p-4f);
  series = td_fmaf(series, f, 0x1.24e7e2p-3f);
  series = td_fmaf(series, f, -0x1.55788ap-3f);
  series = td_fmaf(series, f, 0x1.999818p-3f);
  series = td_fmaf(series, f, -0x1.ffffb4p-3f);
  series = td_fmaf(series, f, 0x1.555556p-2f);
  series = td_fmaf(series, f, -0.5f);
  // exponent * ln 2 in a part that is exact (its constant has 15 bits) and a small one.
  const float whole = exponent * 0x1.62e4p-1f;
  const float sum = whole + f;
  const float sum_low = (whole - sum) + f;
  const float tail = td_fmaf(f * f, series, td_fmaf(exponent, 0x1.7f7d1cp-20f, sum_low));
  const float finite = sum + tail;
  const float up_to_infinity = x > TD_FLOAT_MAX ? x : finite;
  const float from_zero = x == 0.0f ? -TD_INFINITY : up_to_infinity;
  return x >= 0.0f ? from_zero : TD_NAN;
}

/// ln(1 + e^x), within 2 ulp, subnormal results included: max(x, 0) + ln(1 + e^-|x|). The
/// rounding error of 1 + e^-|x| is known exactly; divided by it, it is what the logarithm lacks.
static inline float td_softplusf(float x) {
  const float small = td_expf(-td_absf(x));
  const float sum = 1.0f + small;
  const float rest = td_logf(sum) + (small - (sum - 1.0f)) / sum;
  return (x > 0.0f ? x : 0.0f) + rest;
}

// ---------------------------------------------------------------------------------------------
// Powers
// ---------------------------------------------------------------------------------------------

/// An exponent high + low with |low| far below |high|; (-1)^exponent is 1, -1, or a NaN for an
/// exponent that is no whole number.
typedef struct {
  float high;
  float low;
  float sign;
} td_exponent;

static inline td_exponent td_exponent_of(float high, float low) {
  const int32_t whole = td_float_to_int(high);
  const int is_even = td_absf(high) >= 0x1p+24f;  // as all floats from there on
  const int is_whole = is_even | (((float)whole == high) & (low == 0.0f));
  const int is_odd = (is_even ^ 1) & whole & 1;
  const float sign = is_odd ? -1.0f : 1.0f;
  const td_exponent exponent = {high, low, is_whole ? sign : TD_NAN};
  return exponent;
}

/// x^exponent as in C and numpy, within 1.1 ulp, subnormal arguments, results included: 1 for an
/// exponent of 0, even of a NaN; NaN for a number below 0 and an exponent that is no whole number.
///
/// e^(exponent ln |x|), with the logarithm and the product in two parts each.
static inline float td_powf(float x, td_exponent exponent) {
  const float magnitude = td_absf(x);
  const int is_subnormal = magnitude < TD_FLOAT_MIN;
  const float scaled_up = magnitude * 0x1p+23f;
  const float normal = is_subnormal ? scaled_up : magnitude;
  // normal = 2^binary * (1 + f) with 1 + f from sqrt(1/2) to sqrt(2).
  const uint32_t bits = td_bits_of_float(normal);
  const uint32_t biased = (bits + (0x3f800000u - 0x3f3504f3u)) >> 23;
  const float f = td_float_of_bits(bits - ((biased - 127u) << 23)) - 1.0f;
  const float bias = is_subnormal ? 150.0f : 127.0f;
  const float binary = (float)(int32_t)biased - bias;
  // ln(1 + f) = 2 (s + s^3/3 + s^5/5 + ...), s = f / (2 + f), as 2 (s + part + low).
  const float divisor = f + 2.0f;
  const float reciprocal = 1.0f / divisor;
  const float s = f * reciprocal;
  const float s_low = (td_fmaf(-s, divisor, f) - s * (f - (divisor - 2.0f))) * reciprocal;
  const float square = s * s;
  const float square_low = td_fmaf(s, s, -square) + 2.0f * s * s_low;
  const float third = square * 0x1.555556p-2f;
  const float third_low = td_fmaf(square, 0x1.555556p-2f, -third) +
                          td_fmaf(square, -0x1.555556p-27f, square_low * 0x1.555556p-2f);
  float series = 0x1.745d18p-4f;
  series = td_fmaf(series, square, 0x1.c71c72p-4f);
  series = td_fmaf(series, square, 0x1.24924ap-3f);
  series = td_fmaf(series, square, 0x1.99999ap-3f);
  const float part = s * third;
  const float low = td_fmaf(s, third, -part) +
                    td_fmaf(s, third_low + square * square * series, td_fmaf(s_low, third, s_low));
  const float half = s + part;
  const float half_low = (s - half) + part + low;
  // binary * ln 2 in a part that is exact (its constant has 15 bits) and a small one.
  const float whole = binary * 0x1.62e4p-1f;
  const float sum = td_fmaf(2.0f, half, whole);
  const float sum_low =
      td_fmaf(2.0f, half, whole - sum) + td_fmaf(binary, 0x1.7f7d1cp-20f, 2.0f * half_low);
  const float log = sum + sum_low;
  const float log_low = (sum - log) + sum_low;

  const float product = exponent.high * log;
  const float product_low =
      td_fmaf(exponent.high, log, -product) + td_fmaf(exponent.high, log_low, exponent.low * log);
  const float bounded = td_clampf(product, -104.0f, 89.0f);
  const float bounded_low = bounded == product ? product_low : 0.0f;
  const td_exp_parts parts = td_exp_split(bounded);
  const float excess_low = td_fmaf(parts.excess, bounded_low, bounded_low) + parts.excess_low;
  const float power = td_scale_by_power_of_two(1.0f + (parts.excess + excess_low), parts.exponent);

  // At 0 and infinity there is no logarithm; their powers are 0 or infinity, and have a sign for
  // odd exponents only.
  const int is_end = (magnitude == 0.0f) | (magnitude > TD_FLOAT_MAX);
  const float end = (magnitude == 0.0f) == (exponent.high > 0.0f) ? 0.0f : TD_INFINITY;
  const float sign_of_end = exponent.sign < 0.0f ? -1.0f : 1.0f;
  const float of_magnitude = is_end ? end : power;
  const float sign = is_end ? sign_of_end : exponent.sign;
  const float of_negative = of_magnitude * sign;
  const float of_number = (td_bits_of_float(x) >> 31) ? of_negative : of_magnitude;
  const float of_any = x == x ? of_number : TD_NAN;
  return exponent.high == 0.0f ? 1.0f : of_any;
}

/// 1 / sqrt(x), within 1.5 ulp; infinity of the sign of x for zeros, NaN below 0.
static inline float td_rsqrtf(float x) {
  return 1.0f / td_sqrtf(x);
}

// ---------------------------------------------------------------------------------------------
// Circular functions (td_math.c)
// ---------------------------------------------------------------------------------------------

/// sin x and cos x, x in radians, within 1.6 ulp for every finite argument; NaN for infinities.
float td_sinf(float x);
float td_cosf(float x);

#endif
