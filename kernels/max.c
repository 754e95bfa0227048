#include "td_extremum.h"

static inline float td_max_axes(const float* x, int32_t rank, const int32_t* extent,
                                const int32_t* stride) {
  return td_extremum_axes(x, rank, extent, stride, td_maxf);
}

static inline int td_is_larger(float element, float best) {
  return element > best;
}

/// The largest element over the reduced axes; a NaN if there is one.
void td_max_f32(const td_max_f32_args* args, td_team team) {
  TD_REDUCE(args, team, td_max_axes);
}

/// dx = dy at the first NaN, or the first of the largest elements, of each group; +0 elsewhere.
void td_max_grad_f32(const td_max_grad_f32_args* args, td_team team) {
  const td_max_grad_f32_args p = *args;
  TD_EXTREMUM_GRAD(&p, team, td_is_larger);
}
