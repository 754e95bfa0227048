#include "td_position.h"

/// y = a, of whole numbers. The work items are elements of y.
void td_copy_i32(const td_copy_i32_args* args, td_team team) {
  td_range share = td_share(td_element_count(args->rank, args->extent), team);
  td_position position = td_position_of(share.begin, args->rank, args->extent);
  for (; share.begin < share.end; ++share.begin) {
    args->y[td_offset_of(&position, args->rank, args->y_stride)] =
        args->a[td_offset_of(&position, args->rank, args->a_stride)];
    td_next_element(&position, args->rank, args->extent);
  }
}
