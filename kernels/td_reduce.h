/// Sums that do not run over the batch: eight partial sums, of the elements whose index is 0, 1,
/// ..., 7 modulo 8, each starting from +0 and ascending, then a fixed tree:
///
///     0   4   2   6   1   5   3   7
///      \ /     \ /     \ /     \ /
///       +       +       +       +
///        \     /         \     /
///           +               +
///             \           /
///                   +
///
/// The lanes are independent, so that a core hides the latency of an addition and a machine with
/// vector registers keeps them in one.
#ifndef TD_REDUCE_H
#define TD_REDUCE_H

#include "td_kernels.h"
#include "td_order.h"

#define TD_PARTIALS 8

/// Whether a distance is 1 and the compiler knows so.
#define TD_IS_1(distance) (__builtin_constant_p(distance) && (distance) == 1)

typedef float td_partials[TD_PARTIALS];

static inline float td_sum_partials(const td_partials s) {
  return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]));
}

/// How a partial sum takes in the elements a and b of two rows; `constant` is the same for the row.
typedef float (*td_fold_step)(float sum, float a, float b, float constant);

static inline float td_fold_add(float sum, float a, float b, float constant) {
  (void)b, (void)constant;
  return sum + a;
}

static inline float td_fold_squared_difference(float sum, float a, float b, float constant) {
  (void)constant;
  const float difference = a - b;
  return td_fmaf(difference, difference, sum);
}

/// The sum over two dense rows of `count` elements, which may be the same row.
TD_INLINE float td_fold_row(const float* a, const float* b, int32_t count, float constant,
                            td_fold_step step) {
  td_partials sum = {0.0f};
  int32_t i = 0;
#if defined(__riscv)
  // In functions that are compiled in this order a load stands before each step.
  for (; i + TD_PARTIALS <= count; i += TD_PARTIALS) {
    float next_a = a[i], next_b = b[i];
    TD_LANES for (int32_t j = 0; j < TD_PARTIALS; ++j) {
      const float here_a = next_a, here_b = next_b;
      if (j < TD_PARTIALS - 1) next_a = a[i + j + 1], next_b = b[i + j + 1];
      sum[j] = step(sum[j], here_a, here_b, constant);
    }
  }
#endif
  for (; i + TD_PARTIALS <= count; i += TD_PARTIALS) {
    TD_LANES for (int32_t j = 0; j < TD_PARTIALS; ++j) {
      sum[j] = step(sum[j], a[i + j], b[i + j], constant);
    }
  }
  TD_LANES for (int32_t j = 0; j < TD_PARTIALS - 1; ++j) {
    if (i + j >= count) break;
    sum[j] = step(sum[j], a[i + j], b[i + j], constant);
  }
  return td_sum_partials(sum);
}

/// The sum over two rows whose elements lie `a_apart` and `b_apart` apart, in a loop that is small
/// where this is not known to be 1.
TD_INLINE float td_fold_apart(const float* a, int32_t a_apart, const float* b, int32_t b_apart,
                              int32_t count, float constant, td_fold_step step) {
  if (TD_IS_1(a_apart) && TD_IS_1(b_apart)) return td_fold_row(a, b, count, constant, step);
  td_partials sum = {0.0f};
  TD_ROLLED for (int32_t i = 0; i < count; ++i) {
    float* const part = &sum[i % TD_PARTIALS];
    *part = step(*part, a[i * a_apart], b[i * b_apart], constant);
  }
  return td_sum_partials(sum);
}

static inline float td_fold_deviation(float sum, float a, float b, float constant) {
  (void)b;
  return sum + (a - constant);
}

/// The mean of a dense row (count >= 1) as norms take it: a first mean, corrected by the mean of
/// what is left of the elements. So a row of equal elements has exactly their value, unless their
/// sum overflows.
static inline float td_mean_row(const float* a, int32_t count) {
  const float first = td_fold_row(a, a, count, 0.0f, td_fold_add) / (float)count;
  return first + td_fold_row(a, a, count, first, td_fold_deviation) / (float)count;
}

#if defined(__riscv_flen)
/// The larger one, or the one that is no NaN. gcc's built-in would call libm.
static inline float td_larger_number(float a, float b) {
  __asm__("fmax.s %0, %0, %1" : "+f"(a) : "f"(b));
  return a;
}
#endif

/// The largest of `count` elements (at least 1), `apart` apart, to be subtracted from all of them:
/// a NaN among them may be left out, because it stays one then, and a zero may have either sign.
TD_INLINE float td_max_apart(const float* a, int32_t apart, int32_t count) {
#if defined(__riscv_flen)
  float even = *a, odd = even;
  const float* const end = a + count * apart;
  if (count % 2 == 1) a += apart;
  TD_ROLLED while (a != end) {
    even = td_larger_number(even, a[0]);
    odd = td_larger_number(odd, a[apart]);
    a += 2 * apart;
  }
  return td_larger_number(even, odd);
#else
  td_partials largest;
  for (int32_t j = 0; j < TD_PARTIALS; ++j) largest[j] = a[0];
  int32_t i = 0;
  for (; i + TD_PARTIALS <= count; i += TD_PARTIALS) {
    TD_LANES for (int32_t j = 0; j < TD_PARTIALS; ++j) {
      largest[j] = td_maxf(largest[j], a[(i + j) * apart]);
    }
  }
  for (int32_t j = 0; i + j < count; ++j) largest[j] = td_maxf(largest[j], a[(i + j) * apart]);
  for (int32_t j = 1; j < TD_PARTIALS; ++j) largest[0] = td_maxf(largest[0], largest[j]);
  return largest[0];
#endif
}

/// The sum of e^(a - largest) over `count` elements, `apart` apart.
static inline float td_sum_exp(const float* a, int32_t apart, int32_t count, float largest) {
  enum { kBlock = 16 * TD_PARTIALS };
  float power[kBlock];
  td_partials sum = {0.0f};
  while (count > 0) {
    const int32_t block = td_min_int(count, kBlock);
    td_exp_row(power, 1, a, apart, block, largest);
    int32_t i = 0;
    for (; i + TD_PARTIALS <= block; i += TD_PARTIALS) {
      TD_LANES for (int32_t j = 0; j < TD_PARTIALS; ++j) {
        sum[j] += power[i + j];
      }
    }
    TD_ROLLED for (int32_t j = 0; i + j < block; ++j) sum[j] += power[i + j];
    a += block * apart;
    count -= block;
  }
  return td_sum_partials(sum);
}

/// The largest element of a dense row.
static inline float td_max_row(const float* a, int32_t count) {
  return td_max_apart(a, 1, count);
}

#endif
