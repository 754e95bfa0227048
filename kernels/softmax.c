#include "td_rows.h"

TD_INLINE void td_softmax_row(float* y, int32_t y_step, const float* x, int32_t x_step,
                              int32_t count) {
  const float largest = td_max_apart(x, x_step, count);
  TD_INDEPENDENT_APART(i, 0, count, y, y_step, td_expf(x[i * x_step] - largest));
  const float sum = td_fold_apart(y, y_step, y, y_step, count, 0.0f, td_fold_add);
  TD_INDEPENDENT_APART(i, 0, count, y, y_step, y[i * y_step] / sum);
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
  TD_INDEPENDENT_APART(i, 0, count, dx, dx_step, y[i * y_step] * (dy[i * dy_step] - product));
}

/// dx = y * (dy - sum of y * dy) for each row, y softmax's result; dx may be y or dy.
void td_softmax_grad_f32(const td_softmax_grad_f32_args* args, td_team team) {
  TD_MAP_ROW_GRADIENTS(args, team, td_softmax_grad_row);
}
