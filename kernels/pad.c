#include "td_position.h"

/// y = a at the positions `begin` to `end` along one axis, +0 at the others. The work items are
/// elements of y.
void td_pad_f32(const td_pad_f32_args* args, td_team team) {
  td_range share = td_share(td_element_count(args->rank, args->extent), team);
  td_position position = td_position_of(share.begin, args->rank, args->extent);
  for (; share.begin < share.end; ++share.begin) {
    const int32_t at = position.index[args->axis];
    float value = 0.0f;
    if (at >= args->begin && at < args->end) {
      value = args->a[td_offset_of(&position, args->rank, args->a_stride) -
                      args->begin * args->a_stride[args->axis]];
    }
    args->y[td_offset_of(&position, args->rank, args->y_stride)] = value;
    td_next_element(&position, args->rank, args->extent);
  }
}
