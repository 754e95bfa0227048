#include "td_reduce.h"

/// loss = mean of (x - target)^2 for each row.
void td_mse_f32(const td_mse_f32_args* args, td_team team) {
  const td_range share = td_share(args->rows, team);
  for (int32_t row = share.begin; row < share.end; ++row) {
    const float sum =
        td_fold_row(args->x + row * args->x_row, args->target + row * args->target_row,
                    args->columns, 0.0f, td_fold_squared_difference);
    args->loss[row] = sum / (float)args->columns;
  }
}

/// dx = 2 * dloss / columns * (x - target) for each row; dx may be x or target. The work items are
/// elements.
void td_mse_grad_f32(const td_mse_grad_f32_args* args, td_team team) {
  td_range share = td_share(args->rows * args->columns, team);
  while (share.begin < share.end) {
    const int32_t row = share.begin / args->columns;
    const int32_t begin = share.begin % args->columns;
    const int32_t end = td_min_int(args->columns, begin + (share.end - share.begin));
    float* const dx = args->dx + row * args->dx_row;
    const float* const x = args->x + row * args->x_row;
    const float* const target = args->target + row * args->target_row;
    const float scale = 2.0f * args->dloss[row] / (float)args->columns;
    TD_INDEPENDENT(i, begin, end, dx, scale * (x[i] - target[i]));
    share.begin += end - begin;
  }
}
