#include "td_reduce.h"

/// y = e^(x - max x) / sum of e^(x - max x) for each row; y may be x. A row with a NaN, with
/// +infinity or with nothing but -infinity becomes NaN.
///
/// Divides, because a product with the rounded reciprocal would err alike in all elements of a row:
/// the row's sum would be off, and with it, by the mean of dy, every gradient that goes through.
void td_softmax_f32(const td_softmax_f32_args* args, td_team team) {
  const td_range share = td_share(args->rows, team);
  for (int32_t row = share.begin; row < share.end; ++row) {
    float* const y = args->y + row * args->y_row;
    const float* const x = args->x + row * args->x_row;
    const float largest = td_max_row(x, args->columns);
    TD_INDEPENDENT(i, 0, args->columns, y, td_expf(x[i] - largest));
    const float sum = td_fold_row(y, y, args->columns, 0.0f, td_fold_add);
    TD_INDEPENDENT(i, 0, args->columns, y, y[i] / sum);
  }
}

static inline float td_fold_product(float sum, float a, float b, float constant) {
  (void)constant;
  return td_fmaf(a, b, sum);
}

/// dx = y * (dy - sum of y * dy) for each row, y softmax's result; dx may be y or dy.
void td_softmax_grad_f32(const td_softmax_grad_f32_args* args, td_team team) {
  const td_range share = td_share(args->rows, team);
  for (int32_t row = share.begin; row < share.end; ++row) {
    float* const dx = args->dx + row * args->dx_row;
    const float* const y = args->y + row * args->y_row;
    const float* const dy = args->dy + row * args->dy_row;
    const float product = td_fold_row(y, dy, args->columns, 0.0f, td_fold_product);
    TD_INDEPENDENT(i, 0, args->columns, dx, y[i] * (dy[i] - product));
  }
}
