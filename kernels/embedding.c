#include "td_kernels.h"

/// y[row] = table[index[row]]; a row of NaN if the index is not in the vocabulary.
void td_embedding_f32(const td_embedding_f32_args* args, td_team team) {
  const td_range share = td_share(args->rows, team);
  for (int32_t row = share.begin; row < share.end; ++row) {
    float* const y = args->y + row * args->y_row;
    const int32_t index = args->index[row];
    if (index < 0 || index >= args->vocabulary) {
      for (int32_t i = 0; i < args->columns; ++i) y[i] = TD_NAN;
      continue;
    }
    const float* const entry = args->table + index * args->table_row;
    for (int32_t i = 0; i < args->columns; ++i) y[i] = entry[i];
  }
}

/// dtable[v] = sum of dy over the rows whose index is first_entry + v, one chain of additions, rows
/// ascending. Other indices add nothing. The work items are columns.
void td_embedding_grad_f32(const td_embedding_grad_f32_args* args, td_team team) {
  const td_range share = td_share(args->columns, team);
  if (!args->accumulate) {
    for (int32_t v = 0; v < args->vocabulary; ++v)
      for (int32_t i = share.begin; i < share.end; ++i)
        args->dtable[v * args->dtable_row + i] = 0.0f;
  }
  for (int32_t row = 0; row < args->rows; ++row) {
    const int32_t index = args->index[row];
    if (index < args->first_entry || index - args->first_entry >= args->vocabulary) continue;
    float* const entry = args->dtable + (index - args->first_entry) * args->dtable_row;
    const float* const dy = args->dy + row * args->dy_row;
    TD_INDEPENDENT(i, share.begin, share.end, entry, entry[i] + dy[i]);
  }
}
