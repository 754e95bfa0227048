#include "td_reduce_axes.h"

static inline float td_mean_axes(const float* x, int32_t rank, const int32_t* extent,
                                 const int32_t* stride) {
  return td_sum_axes(x, rank, extent, stride) / (float)td_element_count(rank, extent);
}

/// The sum over the reduced axes, divided by the number of elements.
void td_mean_f32(const td_mean_f32_args* args, td_team team) {
  TD_REDUCE(args, team, td_mean_axes);
}
