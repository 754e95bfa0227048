#include "td_kernels.h"

/// y[row][i] = x[row][index[row][i]]; a NaN if the index is no class. The work items are rows.
void td_gather_f32(const td_gather_f32_args* args, td_team team) {
  const td_range share = td_share(args->rows, team);
  for (int32_t row = share.begin; row < share.end; ++row) {
    const float* const x = args->x + row * args->x_row;
    const int32_t* const index = args->index + row * args->index_row;
    float* const y = args->y + row * args->y_row;
    for (int32_t i = 0; i < args->each; ++i)
      y[i] = index[i] >= 0 && index[i] < args->classes ? x[index[i]] : TD_NAN;
  }
}

/// dx[row][c] = sum of dy[row][i] over the i whose index is c, one chain of additions from +0, i
/// ascending. Indices that are no class add nothing. The work items are rows.
void td_gather_grad_f32(const td_gather_grad_f32_args* args, td_team team) {
  const td_range share = td_share(args->rows, team);
  for (int32_t row = share.begin; row < share.end; ++row) {
    const float* const dy = args->dy + row * args->dy_row;
    const int32_t* const index = args->index + row * args->index_row;
    float* const dx = args->dx + row * args->dx_row;
    for (int32_t c = 0; c < args->classes; ++c) dx[c] = 0.0f;
    for (int32_t i = 0; i < args->each; ++i)
      if (index[i] >= 0 && index[i] < args->classes) dx[index[i]] += dy[i];
  }
}
