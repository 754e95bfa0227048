#include "td_reduce_axes.h"

/// The largest element over the reduced axes; a NaN if there is one.
void td_max_f32(const td_max_f32_args* args, td_team team) {
  TD_REDUCE(args, team, td_max_axes);
}

/// dx = dy at the first NaN, or the first of the largest elements, of each group; +0 elsewhere. The
/// work items are groups.
void td_max_grad_f32(const td_max_grad_f32_args* args, td_team team) {
  const td_max_grad_f32_args p = *args;
  td_range share = td_share(td_element_count(p.rank, p.extent), team);
  td_position kept = td_position_of(share.begin, p.rank, p.extent);
  const int32_t count = td_element_count(p.reduce_rank, p.reduce_extent);
  for (; share.begin < share.end; ++share.begin) {
    const float* const x = p.x + td_offset_of(&kept, p.rank, p.x_stride);
    float* const dx = p.dx + td_offset_of(&kept, p.rank, p.dx_stride);
    float largest = *x;
    float* at = dx;
    td_position reduced = {{0}};
    for (int32_t i = 0; i < count; ++i) {
      const float here = x[td_offset_of(&reduced, p.reduce_rank, p.reduce_x)];
      float* const to = dx + td_offset_of(&reduced, p.reduce_rank, p.reduce_dx);
      *to = 0.0f;
      if (here > largest || (here != here && largest == largest)) {
        largest = here;
        at = to;
      }
      td_next_element(&reduced, p.reduce_rank, p.reduce_extent);
    }
    *at = p.dy[td_offset_of(&kept, p.rank, p.dy_stride)];
    td_next_element(&kept, p.rank, p.extent);
  }
}
