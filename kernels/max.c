#include "td_reduce_axes.h"

/// The largest element over the reduced axes; a NaN if there is one.
void td_max_f32(const td_max_f32_args* args, td_team team) {
  TD_REDUCE(args, team, td_max_axes);
}
