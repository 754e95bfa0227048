#include "td_position.h"
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

/// dx = 2 * dloss / columns * (x - target), each with the loss that it is part of; dx may be x or
/// target. The work items are elements.
void td_mse_grad_f32(const td_mse_grad_f32_args* args, td_team team) {
  td_range share = td_share(td_element_count(args->rank, args->extent), team);
  td_position position = td_position_of(share.begin, args->rank, args->extent);
  const int32_t last = args->rank - 1;
  const int32_t dx_step = args->dx_stride[last], x_step = args->x_stride[last];
  const int32_t target_step = args->target_stride[last], dloss_step = args->dloss_stride[last];
  const float columns = (float)args->columns;
  while (share.begin < share.end) {
    const int32_t count =
        td_min_int(args->extent[last] - position.index[last], share.end - share.begin);
    float* const dx = args->dx + td_offset_of(&position, args->rank, args->dx_stride);
    const float* const x = args->x + td_offset_of(&position, args->rank, args->x_stride);
    const float* const target =
        args->target + td_offset_of(&position, args->rank, args->target_stride);
    const float* const dloss =
        args->dloss + td_offset_of(&position, args->rank, args->dloss_stride);
    if (dx_step == 1 && x_step == 1 && target_step == 1 && dloss_step == 0) {
      const float scale = 2.0f * *dloss / columns;
      TD_INDEPENDENT(i, 0, count, dx, scale * (x[i] - target[i]));
    } else {
      for (int32_t i = 0; i < count; ++i) {
        const float scale = 2.0f * dloss[i * dloss_step] / columns;
        dx[i * dx_step] = scale * (x[i * x_step] - target[i * target_step]);
      }
    }
    share.begin += count;
    td_next_row(&position, args->rank, args->extent);
  }
}
