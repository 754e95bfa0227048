/// Attention masks: row i sees its first `seen + i` columns, the others are hidden. The work items
/// are rows.
#include "td_kernels.h"

TD_INLINE void td_mask_rows(float* y, const float* x, td_range share, int32_t rows, int32_t columns,
                            int32_t first_seen, int32_t y_batch, int32_t y_row, int32_t x_batch,
                            int32_t x_row, float hidden) {
  for (int32_t item = share.begin; item < share.end; ++item) {
    const int32_t row = item % rows;
    const int32_t batch = item / rows;
    float* const to = y + batch * y_batch + row * y_row;
    const float* const from = x + batch * x_batch + row * x_row;
    const int32_t seen = td_max_int(td_min_int(first_seen + row, columns), 0);
    TD_INDEPENDENT(i, 0, seen, to, from[i]);
    for (int32_t i = seen; i < columns; ++i) to[i] = hidden;
  }
}

/// Hidden scores become minus infinity.
void td_mask_f32(const td_mask_f32_args* args, td_team team) {
  td_mask_rows(args->y, args->x, td_share(args->batch * args->rows, team), args->rows,
               args->columns, args->seen, args->y_batch, args->y_row, args->x_batch, args->x_row,
               -TD_INFINITY);
}

/// Hidden gradients become 0.
void td_mask_grad_f32(const td_mask_grad_f32_args* args, td_team team) {
  td_mask_rows(args->y, args->x, td_share(args->batch * args->rows, team), args->rows,
               args->columns, args->seen, args->y_batch, args->y_row, args->x_batch, args->x_row,
               0.0f);
}
