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

#define TD_PARTIALS 8

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

static inline float td_fold_exp(float sum, float a, float b, float constant) {
  (void)b;
  return sum + td_expf(a - constant);
}

static inline float td_fold_squared_difference(float sum, float a, float b, float constant) {
  (void)constant;
  const float difference = a - b;
  return td_fmaf(difference, difference, sum);
}

/// The sum over two rows of `count` elements (which may be the same row), `a_apart` and `b_apart`
/// apart.
TD_INLINE float td_fold_apart(const float* a, int32_t a_apart, const float* b, int32_t b_apart,
                              int32_t count, float constant, td_fold_step step) {
  td_partials sum = {0.0f};
  int32_t i = 0;
  for (; i + TD_PARTIALS <= count; i += TD_PARTIALS) {
    TD_LANES for (int32_t j = 0; j < TD_PARTIALS; ++j) {
      sum[j] = step(sum[j], a[(i + j) * a_apart], b[(i + j) * b_apart], constant);
    }
  }
  for (int32_t j = 0; i + j < count; ++j)
    sum[j] = step(sum[j], a[(i + j) * a_apart], b[(i + j) * b_apart], constant);
  return td_sum_partials(sum);
}

/// The sum over two dense rows.
TD_INLINE float td_fold_row(const float* a, const float* b, int32_t count, float constant,
                            td_fold_step step) {
  return td_fold_apart(a, 1, b, 1, count, constant, step);
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

/// The largest of `count` elements (at least 1), `apart` apart; a NaN if there is one.
TD_INLINE float td_max_apart(const float* a, int32_t apart, int32_t count) {
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
}

/// The largest element of a dense row.
static inline float td_max_row(const float* a, int32_t count) {
  return td_max_apart(a, 1, count);
}

#endif
