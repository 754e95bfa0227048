#include "td_reduce_axes.h"

/// The largest element over the reduced axes; a NaN if there is one.
void td_max_f32(const td_max_f32_args* args, td_team team) {
  TD_REDUCE(args, team, td_max_axes);
}

/// dx = dy at the first NaN, or the first of the largest elements, of each group; +0 elsewhere. The
/// work items are groups.
void td_max_grad_f32(const td_max_grad_f32_args* args, td_team team) {
  td_range share = td_share(td_element_count(args->rank, args->extent), team);
  td_position kept = td_position_of(share.begin, args->rank, args->extent);
  const int32_t count = td_element_count(args->reduce_rank, args->reduce_extent);
  for (; share.begin < share.end; ++share.begin) {
    const float* const x = args->x + td_offset_of(&kept, args->rank, args->x_stride);
    float* const dx = args->dx + td_offset_of(&kept, args->rank, args->dx_stride);
    float largest = *x;
    float* at = dx;
    td_position reduced = {{0}};
    for (int32_t i = 0; i < count; ++i) {
      const float here = x[td_offset_of(&reduced, args->reduce_rank, args->reduce_x)];
      float* const to = dx + td_offset_of(&reduced, args->reduce_rank, args->reduce_dx);
      *to = 0.0f;
      if (here > largest || (here != here && largest == largest)) {
        largest = here;
        at = to;
      }
      td_next_element(&reduced, args->reduce_rank, args->reduce_extent);
    }
    *at = args->dy[td_offset_of(&kept, args->rank, args->dy_stride)];
    td_next_element(&kept, args->rank, args->extent);
  }
}
