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
#define TD_MAP_TERNARY(args, team, function)                                                   \
  td_map_ternary((args)->y, (args)->a, (args)->b, (args)->c, (args)->rank, (args)->extent,     \
                 (args)->y_stride, (args)->a_stride, (args)->b_stride, (args)->c_stride, team, \
                 function)
/// The same for what makes a row of y of one of a, and of one of b.
#define TD_MAP_UNARY_ROWS(args, team, function)                                           \
  td_map_unary_rows((args)->y, (args)->a, (args)->rank, (args)->extent, (args)->y_stride, \
                    (args)->a_stride, team, function)
#define TD_MAP_BINARY_ROWS(args, team, function)                                    \
  td_map_binary_rows((args)->y, (args)->a, (args)->b, (args)->rank, (args)->extent, \
                     (args)->y_stride, (args)->a_stride, (args)->b_stride, team, function)
/// The same for functions whose last argument is `constants`: an array of the kernel's own, so that
/// its elements stay in registers.
#define TD_MAP_UNARY_WITH(args, team, constants, function)                                \
  td_map_unary_with((args)->y, (args)->a, (args)->rank, (args)->extent, (args)->y_stride, \
                    (args)->a_stride, team, constants, function)
#define TD_MAP_BINARY_WITH(args, team, constants, function)                                 \
  td_map_binary_with((args)->y, (args)->a, (args)->b, (args)->rank, (args)->extent,         \
                     (args)->y_stride, (args)->a_stride, (args)->b_stride, team, constants, \
                     function)

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

/// A row of `count` elements (at least 1), the step after each operand.
typedef void (*td_unary_row)(float* y, int32_t y_step, const float* a, int32_t a_step,
                             int32_t count);
typedef void (*td_binary_row)(float* y, int32_t y_step, const float* a, int32_t a_step,
                              const float* b, int32_t b_step, int32_t count);

TD_INLINE void td_map_unary_rows(float* y, const float* a, int32_t rank, const int32_t* extent,
                                 const int32_t* y_stride, const int32_t* a_stride, td_team team,
                                 td_unary_row function) {
  td_range share = td_share(td_element_count(rank, extent), team);
  td_position position = td_position_of(share.begin, rank, extent);
  const int32_t last = rank - 1;
  while (share.begin < share.end) {
    const int32_t count = td_min_int(extent[last] - position.index[last], share.end - share.begin);
    function(y + td_offset_of(&position, rank, y_stride), y_stride[last],
             a + td_offset_of(&position, rank, a_stride), a_stride[last], count);
    share.begin += count;
    td_next_row(&position, rank, extent);
  }
}

TD_INLINE void td_map_binary_rows(float* y, const float* a, const float* b, int32_t rank,
                                  const int32_t* extent, const int32_t* y_stride,
                                  const int32_t* a_stride, const int32_t* b_stride, td_team team,
                                  td_binary_row function) {
  td_range share = td_share(td_element_count(rank, extent), team);
  td_position position = td_position_of(share.begin, rank, extent);
  const int32_t last = rank - 1;
  while (share.begin < share.end) {
    const int32_t count = td_min_int(extent[last] - position.index[last], share.end - share.begin);
    function(y + td_offset_of(&position, rank, y_stride), y_stride[last],
             a + td_offset_of(&position, rank, a_stride), a_stride[last],
             b + td_offset_of(&position, rank, b_stride), b_stride[last], count);
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

TD_INLINE void td_map_unary_row_with(float* y, const float* a, int32_t count, int32_t y_step,
                                     int32_t a_step, const float* constants,
                                     float (*function)(float, const float*)) {
  if (y_step == 1 && a_step == 1) {
    TD_INDEPENDENT(i, 0, count, y, function(a[i], constants));
  } else {
    for (int32_t i = 0; i < count; ++i) y[i * y_step] = function(a[i * a_step], constants);
  }
}

TD_INLINE void td_map_unary_with(float* y, const float* a, int32_t rank, const int32_t* extent,
                                 const int32_t* y_stride, const int32_t* a_stride, td_team team,
                                 const float* constants, float (*function)(float, const float*)) {
  td_range share = td_share(td_element_count(rank, extent), team);
  td_position position = td_position_of(share.begin, rank, extent);
  const int32_t last = rank - 1;
  while (share.begin < share.end) {
    const int32_t count = td_min_int(extent[last] - position.index[last], share.end - share.begin);
    td_map_unary_row_with(y + td_offset_of(&position, rank, y_stride),
                          a + td_offset_of(&position, rank, a_stride), count, y_stride[last],
                          a_stride[last], constants, function);
    share.begin += count;
    td_next_row(&position, rank, extent);
  }
}

TD_INLINE void td_map_binary_row_with(float* y, const float* a, const float* b, int32_t count,
                                      int32_t y_step, int32_t a_step, int32_t b_step,
                                      const float* constants,
                                      float (*function)(float, float, const float*)) {
  if (y_step == 1 && a_step == 1 && b_step == 1) {
    TD_INDEPENDENT(i, 0, count, y, function(a[i], b[i], constants));
  } else {
    for (int32_t i = 0; i < count; ++i)
      y[i * y_step] = function(a[i * a_step], b[i * b_step], constants);
  }
}

TD_INLINE void td_map_binary_with(float* y, const float* a, const float* b, int32_t rank,
                                  const int32_t* extent, const int32_t* y_stride,
                                  const int32_t* a_stride, const int32_t* b_stride, td_team team,
                                  const float* constants,
                                  float (*function)(float, float, const float*)) {
  td_range share = td_share(td_element_count(rank, extent), team);
  td_position position = td_position_of(share.begin, rank, extent);
  const int32_t last = rank - 1;
  while (share.begin < share.end) {
    const int32_t count = td_min_int(extent[last] - position.index[last], share.end - share.begin);
    td_map_binary_row_with(y + td_offset_of(&position, rank, y_stride),
                           a + td_offset_of(&position, rank, a_stride),
                           b + td_offset_of(&position, rank, b_stride), count, y_stride[last],
                           a_stride[last], b_stride[last], constants, function);
    share.begin += count;
    td_next_row(&position, rank, extent);
  }
}

TD_INLINE void td_map_ternary_row(float* y, const float* a, const float* b, const float* c,
                                  int32_t count, int32_t y_step, int32_t a_step, int32_t b_step,
                                  int32_t c_step, float (*function)(float, float, float)) {
  if (y_step == 1 && a_step == 1 && b_step == 1 && c_step == 1) {
    TD_INDEPENDENT(i, 0, count, y, function(a[i], b[i], c[i]));
  } else {
    for (int32_t i = 0; i < count; ++i)
      y[i * y_step] = function(a[i * a_step], b[i * b_step], c[i * c_step]);
  }
}

TD_INLINE void td_map_ternary(float* y, const float* a, const float* b, const float* c,
                              int32_t rank, const int32_t* extent, const int32_t* y_stride,
                              const int32_t* a_stride, const int32_t* b_stride,
                              const int32_t* c_stride, td_team team,
                              float (*function)(float, float, float)) {
  td_range share = td_share(td_element_count(rank, extent), team);
  td_position position = td_position_of(share.begin, rank, extent);
  const int32_t last = rank - 1;
  while (share.begin < share.end) {
    const int32_t count = td_min_int(extent[last] - position.index[last], share.end - share.begin);
    td_map_ternary_row(
        y + td_offset_of(&position, rank, y_stride), a + td_offset_of(&position, rank, a_stride),
        b + td_offset_of(&position, rank, b_stride), c + td_offset_of(&position, rank, c_stride),
        count, y_stride[last], a_stride[last], b_stride[last], c_stride[last], function);
    share.begin += count;
    td_next_row(&position, rank, extent);
  }
}

#endif
