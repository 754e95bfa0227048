#include "td_kernels.h"

/// y = w - lr * (g * inverse_count), the product with lr and the difference rounded once. y may be
/// w.
void td_sgd_update_f32(const td_sgd_update_f32_args* args, td_team team) {
  const td_range share = td_share(args->count, team);
  float* const y = args->y;
  const float* const w = args->w;
  const float* const g = args->g;
  const float rate = -*args->lr;
  const float inverse_count = *args->inverse_count;
  TD_INDEPENDENT for (int32_t i = share.begin; i < share.end; ++i) {
    y[i] = td_fmaf(rate, g[i] * inverse_count, w[i]);
  }
}
