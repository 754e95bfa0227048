/// The loops of elementwise kernels. The outputs are numbered in row-major order, each core takes a
/// contiguous range of them, and the range is walked row by row (a row is the last axis).
///
/// `function` must be a static inline function: with everything inlined the inner loops hold
/// nothing but its body, and those over dense rows run in vector registers where there are some.
#ifndef TD_ELEMENTWISE_H
#define TD_ELEMENTWISE_H

#include "td_position.h"

/// Applies `function` to every element: the body of a kernel whose struct holds `y`, `a`, `rank`,
/// `extent`, `y_stride`, `a_stride` (and `b`, `b_stride`).
#define TD_MAP_UNARY(args, team, function)                                           \
  td_map_unary((args)->y, (args)->a, (args)->rank, (args)->extent, (args)->y_stride, \
               (args)->a_stride, team, function)
#define TD_MAP_BINARY(args, team, function)                                                      \
  td_map_binary((args)->y, (args)->a, (args)->b, (args)->rank, (args)->extent, (args)->y_stride, \
                (args)->a_stride, (args)->b_stride, team, function)

TD_INLINE void td_map_unary_row(float* y, const float* a, int32_t count, int32_t y_step,
                                int32_t a_step, float (*function)(float)) {
  if (y_step == 1 && a_step == 1) {
    TD_INDEPENDENT(i, 0, count, y, function(a[i]));
  } else {
    for (int32_t i = 0; i < count; ++i) y[i * y_step] = function(a[i * a_step]);
  }
}

TD_INLINE void td_map_unary(float* y, const float* a, int32_t rank, const int32_t* extent,
                            const int32_t* y_stride, const int32_t* a_stride, td_team team,
                            float (*function)(float)) {
  td_range share = td_share(td_element_count(rank, extent), team);
  td_position position = td_position_of(share.begin, rank, extent);
  const int32_t last = rank - 1;
  while (share.begin < share.end) {
    const int32_t count = td_min_int(extent[last] - position.index[last], share.end - share.begin);
    td_map_unary_row(y + td_offset_of(&position, rank, y_stride),
                     a + td_offset_of(&position, rank, a_stride), count, y_stride[last],
                     a_stride[last], function);
    share.begin += count;
    td_next_row(&position, rank, extent);
  }
}

TD_INLINE void td_map_binary_row(float* y, const float* a, const float* b, int32_t count,
                                 int32_t y_step, int32_t a_step, int32_t b_step,
                                 float (*function)(float, float)) {
  if (y_step == 1 && a_step == 1 && b_step == 1) {
    TD_INDEPENDENT(i, 0, count, y, function(a[i], b[i]));
  } else if (y_step == 1 && a_step == 1 && b_step == 0) {
    const float same = *b;
    TD_INDEPENDENT(i, 0, count, y, function(a[i], same));
  } else {
    for (int32_t i = 0; i < count; ++i) y[i * y_step] = function(a[i * a_step], b[i * b_step]);
  }
}

TD_INLINE void td_map_binary(float* y, const float* a, const float* b, int32_t rank,
                             const int32_t* extent, const int32_t* y_stride,
                             const int32_t* a_stride, const int32_t* b_stride, td_team team,
                             float (*function)(float, float)) {
  td_range share = td_share(td_element_count(rank, extent), team);
  td_position position = td_position_of(share.begin, rank, extent);
  const int32_t last = rank - 1;
  while (share.begin < share.end) {
    const int32_t count = td_min_int(extent[last] - position.index[last], share.end - share.begin);
    td_map_binary_row(y + td_offset_of(&position, rank, y_stride),
                      a + td_offset_of(&position, rank, a_stride),
                      b + td_offset_of(&position, rank, b_stride), count, y_stride[last],
                      a_stride[last], b_stride[last], function);
    share.begin += count;
    td_next_row(&position, rank, extent);
  }
}

#endif
