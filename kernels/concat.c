#include "td_position.h"

/// y = a, then b, along one axis. The work items are elements of y.
void td_concat_f32(const td_concat_f32_args* args, td_team team) {
  td_range share = td_share(td_element_count(args->rank, args->extent), team);
  td_position position = td_position_of(share.begin, args->rank, args->extent);
  for (; share.begin < share.end; ++share.begin) {
    const int32_t in_b = position.index[args->axis] - args->split;
    args->y[td_offset_of(&position, args->rank, args->y_stride)] =
        in_b < 0 ? args->a[td_offset_of(&position, args->rank, args->a_stride)]
                 : args->b[td_offset_of(&position, args->rank, args->b_stride) -
                           args->split * args->b_stride[args->axis]];
    td_next_element(&position, args->rank, args->extent);
  }
}
