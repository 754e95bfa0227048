#include "td_rows.h"

#if defined(__riscv_flen)
/// a / sum, by the reciprocal of sum and what that lacks; td_divide_row says where.
static inline float td_quotient(float a, float sum, float reciprocal, float low) {
  const float near = td_fmaf(a, reciprocal, a * low);
  const float rest = td_fmaf(-near, sum, a);
  return td_fmaf(rest, reciprocal, near);
}
#endif

/// y = y / sum for a row of numbers from 0 to 1, rounded as divisions are; sum is at least 1.
/// `is_small` if one may be below 2^-97 and not 0.
///
/// Dividers are slow where there is one for two cores. There the quotient is taken by the
/// reciprocal in two parts, which is off by 2^-22 of a unit of its last place before it is rounded,
/// and then corrected once: `rest` is exact (a multiple of 2^-144), and from a quotient less than a
/// unit off and a reciprocal that is rounded correctly this gives what a division gives
/// (Markstein). What could be subnormal is divided.
TD_INLINE void td_divide_row(float* y, int32_t y_step, int32_t count, float sum,
                             uint32_t is_small) {
#if defined(__riscv_flen)
  if (__builtin_expect(!is_small && count < 1 << 26, 1)) {
    const float reciprocal = 1.0f / sum;
    const float low = td_fmaf(-sum, reciprocal, 1.0f) * reciprocal;
    TD_INDEPENDENT_APART(i, 0, count, y, y_step, td_quotient(y[i * y_step], sum, reciprocal, low));
    return;
  }
  TD_ROLLED for (int32_t i = 0; i < count; ++i) y[i * y_step] /= sum;
#else
  (void)is_small;
  TD_INDEPENDENT_APART(i, 0, count, y, y_step, y[i * y_step] / sum);
#endif
}

TD_INLINE void td_softmax_row(float* y, int32_t y_step, const float* x, int32_t x_step,
                              int32_t count) {
  const float largest = td_max_apart(x, x_step, count);
  const uint32_t is_small = td_exp_row(y, y_step, x, x_step, count, largest);
  const float sum = y_step == 1 ? td_fold_row(y, y, count, 0.0f, td_fold_add)
                                : td_fold_apart(y, y_step, y, y_step, count, 0.0f, td_fold_add);
  td_divide_row(y, y_step, count, sum, is_small);
}

/// y = e^(x - max x) / sum of e^(x - max x) for each row; y may be x. A row with a NaN, with
/// +infinity or with nothing but -infinity becomes NaN.
///
/// Divides, because a product with the rounded reciprocal would err alike in all elements of a row:
/// the row's sum would be off, and with it, by the mean of dy, every gradient that goes through.
void td_softmax_f32(const td_softmax_f32_args* args, td_team team) {
  TD_MAP_ROWS(args, team, td_softmax_row);
}

static inline float td_fold_product(float sum, float a, float b, float constant) {
  (void)constant;
  return td_fmaf(a, b, sum);
}

TD_INLINE void td_softmax_grad_row(float* dx, int32_t dx_step, const float* y, int32_t y_step,
                                   const float* dy, int32_t dy_step, int32_t count) {
  const float product = td_fold_apart(y, y_step, dy, dy_step, count, 0.0f, td_fold_product);
  TD_ROW(i, count, dx, dx_step, y[i * y_step] * (dy[i * dy_step] - product));
}

/// dx = y * (dy - sum of y * dy) for each row, y softmax's result; dx may be y or dy.
void td_softmax_grad_f32(const td_softmax_grad_f32_args* args, td_team team) {
  TD_MAP_ROW_GRADIENTS(args, team, td_softmax_grad_row);
}
