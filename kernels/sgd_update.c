#include "td_kernels.h"

/// y = w - lr * (g * inverse_count), the product with lr and the difference rounded once. y may be
/// w. Cores share the elements, numbered row by row.
void td_sgd_update_f32(const td_sgd_update_f32_args* args, td_team team) {
  td_range share = td_share(args->rows * args->columns, team);
  const float rate = -*args->lr;
  const float inverse_count = *args->inverse_count;
  int32_t row = share.begin / args->columns;
  int32_t column = share.begin - row * args->columns;
  while (share.begin < share.end) {
    const int32_t count = td_min_int(args->columns - column, share.end - share.begin);
    float* const y = args->y + row * args->y_row + column;
    const float* const w = args->w + row * args->w_row + column;
    const float* const g = args->g + row * args->g_row + column;
    TD_INDEPENDENT(i, 0, count, y, td_fmaf(rate, g[i] * inverse_count, w[i]));
    share.begin += count;
    ++row;
    column = 0;
  }
}
