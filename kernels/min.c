#include "td_extremum.h"

static inline float td_min_axes(const float* x, int32_t rank, const int32_t* extent,
                                const int32_t* stride) {
  return td_extremum_axes(x, rank, extent, stride, td_minf);
}

static inline int td_is_smaller(float element, float best) {
  return element < best;
}

/// The smallest element over the reduced axes; a NaN if there is one.
void td_min_f32(const td_min_f32_args* args, td_team team) {
  TD_REDUCE(args, team, td_min_axes);
}

/// dx = dy at the first NaN, or the first of the smallest elements, of each group; +0 elsewhere.
void td_min_grad_f32(const td_min_grad_f32_args* args, td_team team) {
  const td_min_grad_f32_args p = *args;
  TD_EXTREMUM_GRAD(&p, team, td_is_smaller);
}
