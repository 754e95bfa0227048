#include "td_position.h"

/// How many elements of a lie between its first and the one at a position of y, which is so far
/// from the first; -1 if the position lies between two of them.
static inline int32_t td_element_at(int32_t distance, int32_t step) {
  if (step == 1) return distance;  // divisions take time
  return distance % step == 0 ? distance / step : -1;
}

/// y = a at the positions `begin`, `begin + step` and so on, to `end`, along one axis; `value` at
/// the others. The work items are elements of y.
void td_pad_f32(const td_pad_f32_args* args, td_team team) {
  td_range share = td_share(td_element_count(args->rank, args->extent), team);
  td_position position = td_position_of(share.begin, args->rank, args->extent);
  for (; share.begin < share.end; ++share.begin) {
    const int32_t at = position.index[args->axis];
    const int32_t element =
        at >= args->begin && at < args->end ? td_element_at(at - args->begin, args->step) : -1;
    float value = args->value;
    if (element >= 0) {
      value = args->a[td_offset_of(&position, args->rank, args->a_stride) +
                      (element - at) * args->a_stride[args->axis]];
    }
    args->y[td_offset_of(&position, args->rank, args->y_stride)] = value;
    td_next_element(&position, args->rank, args->extent);
  }
}
