#include "td_reduce.h"

/// y = (x - max x) - log(sum of e^(x - max x)) for each row; y may be x. A row with a NaN, with
/// +infinity or with nothing but -infinity becomes NaN.
void td_log_softmax_f32(const td_log_softmax_f32_args* args, td_team team) {
  const td_range share = td_share(args->rows, team);
  for (int32_t row = share.begin; row < share.end; ++row) {
    float* const y = args->y + row * args->y_row;
    const float* const x = args->x + row * args->x_row;
    const float largest = td_max_row(x, args->columns);
    const float logarithm = td_logf(td_fold_row(x, x, args->columns, largest, td_fold_exp));
    TD_INDEPENDENT(i, 0, args->columns, y, (x[i] - largest) - logarithm);
  }
}

/// dx = dy - e^y * sum of dy for each row, y log_softmax's result; dx may be y or dy.
void td_log_softmax_grad_f32(const td_log_softmax_grad_f32_args* args, td_team team) {
  const td_range share = td_share(args->rows, team);
  for (int32_t row = share.begin; row < share.end; ++row) {
    float* const dx = args->dx + row * args->dx_row;
    const float* const y = args->y + row * args->y_row;
    const float* const dy = args->dy + row * args->dy_row;
    const float sum = td_fold_row(dy, dy, args->columns, 0.0f, td_fold_add);
    TD_INDEPENDENT(i, 0, args->columns, dx, td_fmaf(-td_expf(y[i]), sum, dy[i]));
  }
}
