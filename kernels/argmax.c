#include "td_position.h"

/// The index of the first NaN, or of the first of the largest elements.
static int32_t td_first_largest(const float* x, int32_t count, int32_t stride) {
  int32_t first = 0;
  float largest = *x;
  for (int32_t i = 1; i < count; ++i) {
    const float here = x[i * stride];
    if (here > largest || (here != here && largest == largest)) {
      first = i;
      largest = here;
    }
  }
  return first;
}

/// y = where the largest element stands along the reduced axis, of which there is one. The work
/// items are elements of y.
void td_argmax_f32(const td_argmax_f32_args* args, td_team team) {
  td_range share = td_share(td_element_count(args->rank, args->extent), team);
  td_position kept = td_position_of(share.begin, args->rank, args->extent);
  for (; share.begin < share.end; ++share.begin) {
    args->y[td_offset_of(&kept, args->rank, args->y_stride)] =
        td_first_largest(args->x + td_offset_of(&kept, args->rank, args->x_stride),
                         args->reduce_extent[0], args->reduce_stride[0]);
    td_next_element(&kept, args->rank, args->extent);
  }
}
