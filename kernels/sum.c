#include "td_reduce_axes.h"

/// The sum over the reduced axes, in eight partial sums.
void td_sum_f32(const td_sum_f32_args* args, td_team team) {
  TD_REDUCE(args, team, td_sum_axes);
}
