#include "td_rows.h"

TD_INLINE void td_log_softmax_row(float* y, int32_t y_step, const float* x, int32_t x_step,
                                  int32_t count) {
  const float largest = td_max_apart(x, x_step, count);
  const float logarithm = td_logf(td_sum_exp(x, x_step, count, largest));
  TD_INDEPENDENT_APART(i, 0, count, y, y_step, (x[i * x_step] - largest) - logarithm);
}

/// y = (x - max x) - log(sum of e^(x - max x)) for each row; y may be x. A row with a NaN, with
/// +infinity or with nothing but -infinity becomes NaN.
void td_log_softmax_f32(const td_log_softmax_f32_args* args, td_team team) {
  TD_MAP_ROWS(args, team, td_log_softmax_row);
}

TD_INLINE void td_log_softmax_grad_row(float* dx, int32_t dx_step, const float* y, int32_t y_step,
                                       const float* dy, int32_t dy_step, int32_t count) {
  const float sum = td_fold_apart(dy, dy_step, dy, dy_step, count, 0.0f, td_fold_add);
  enum { kBlock = 128 };
  float power[kBlock];
  while (count > 0) {
    const int32_t block = td_min_int(count, kBlock);
    td_exp_row(power, 1, y, y_step, block, 0.0f);
    TD_ROW(i, block, dx, dx_step, td_fmaf(-power[i], sum, dy[i * dy_step]));
    dx += block * dx_step;
    y += block * y_step;
    dy += block * dy_step;
    count -= block;
  }
}

/// dx = dy - e^y * sum of dy for each row, y log_softmax's result; dx may be y or dy.
void td_log_softmax_grad_f32(const td_log_softmax_grad_f32_args* args, td_team team) {
  TD_MAP_ROW_GRADIENTS(args, team, td_log_softmax_grad_row);
}
