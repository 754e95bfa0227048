#include "td_position.h"

/// y = x with mirror images before and after it along one axis. The work items are elements of y.
void td_reflect_pad_f32(const td_reflect_pad_f32_args* args, td_team team) {
  td_range share = td_share(td_element_count(args->rank, args->extent), team);
  td_position position = td_position_of(share.begin, args->rank, args->extent);
  for (; share.begin < share.end; ++share.begin) {
    const int32_t at = position.index[args->axis];
    int32_t from = args->first + at - args->before;
    if (from < 0) from = -from;
    if (from > args->last) from = 2 * args->last - from;
    args->y[td_offset_of(&position, args->rank, args->output_stride)] =
        args->x[td_offset_of(&position, args->rank, args->input_stride) +
                (from - at) * args->input_stride[args->axis]];
    td_next_element(&position, args->rank, args->extent);
  }
}

/// dx = sum of dy at the positions that show an element of x, from +0 and in ascending order: in
/// the image before x, in x, in the image after it. The work items are elements of dx.
void td_reflect_pad_grad_f32(const td_reflect_pad_grad_f32_args* args, td_team team) {
  td_range share = td_share(td_element_count(args->rank, args->extent), team);
  td_position position = td_position_of(share.begin, args->rank, args->extent);
  const int32_t stride = args->input_stride[args->axis];
  for (; share.begin < share.end; ++share.begin) {
    const int32_t at = position.index[args->axis];
    const int32_t from_first = args->first + at;
    const int32_t from_last = args->last - from_first;
    // dy at the position of x itself.
    const float* const own = args->dy + td_offset_of(&position, args->rank, args->input_stride) +
                             (args->before + from_first - at) * stride;
    float sum = 0.0f;
    if (from_first > 0 && from_first <= args->before) sum += own[-2 * from_first * stride];
    sum += *own;
    if (from_last > 0 && from_last <= args->after) sum += own[2 * from_last * stride];
    args->dx[td_offset_of(&position, args->rank, args->output_stride)] = sum;
    td_next_element(&position, args->rank, args->extent);
  }
}
