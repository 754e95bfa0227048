/// Rows along any axis of an array [outer][count][inner], one for each (outer, inner): softmax and
/// its logarithm. The structs of their kernels say for each operand how far apart rows lie along
/// both axes, and elements along a row; most often these are dense, for which the loops of a row
/// are compiled once more.
#ifndef TD_ROWS_H
#define TD_ROWS_H

#include "td_reduce.h"

/// `to[i * step] = value` for i < count, in a loop that is small where `step` is not known to be 1.
#define TD_ROW(i, count, to, step, value)                                        \
  do {                                                                           \
    if (TD_IS_1(step))                                                           \
      TD_INDEPENDENT(i, 0, count, to, value);                                    \
    else                                                                         \
      TD_ROLLED for (int32_t i = 0; i < (count); ++i)(to)[i * (step)] = (value); \
  } while (0)

#if defined(__riscv)
#define TD_ROWS_TWICE 0  // what is made of a row needs no vectors
#else
#define TD_ROWS_TWICE 1
#endif

/// A row, the rows being counted by `inner` first.
typedef struct {
  int32_t outer, inner;
} td_row;

static inline td_row td_row_of(int32_t row, int32_t inner) {
  const td_row at = {row / inner, row % inner};
  return at;
}

static inline void td_next_of_rows(td_row* row, int32_t inner) {
  if (++row->inner < inner) return;
  row->inner = 0;
  ++row->outer;
}

static inline int32_t td_row_offset(td_row row, int32_t from_outer, int32_t from_inner) {
  return row.outer * from_outer + row.inner * from_inner;
}

/// Makes a row of `count` elements of y, `y_step` apart, of one of x.
typedef void (*td_row_function)(float* y, int32_t y_step, const float* x, int32_t x_step,
                                int32_t count);

/// The body of a kernel with operands y and x.
#define TD_MAP_ROWS(args, team, function)                                                     \
  td_map_rows((args)->y, (args)->y_outer, (args)->y_step, (args)->y_inner, (args)->x,         \
              (args)->x_outer, (args)->x_step, (args)->x_inner, (args)->outer, (args)->count, \
              (args)->inner, team, function)

TD_INLINE void td_map_rows(float* y, int32_t y_outer, int32_t y_step, int32_t y_inner,
                           const float* x, int32_t x_outer, int32_t x_step, int32_t x_inner,
                           int32_t outer, int32_t count, int32_t inner, td_team team,
                           td_row_function function) {
  td_range share = td_share(outer * inner, team);
  td_row row = td_row_of(share.begin, inner);
  for (; share.begin < share.end; ++share.begin, td_next_of_rows(&row, inner)) {
    float* const to = y + td_row_offset(row, y_outer, y_inner);
    const float* const from = x + td_row_offset(row, x_outer, x_inner);
    if (TD_ROWS_TWICE && y_step == 1 && x_step == 1)
      function(to, 1, from, 1, count);
    else
      function(to, y_step, from, x_step, count);
  }
}

/// Makes a row of dx of one of y and one of dy.
typedef void (*td_row_gradient)(float* dx, int32_t dx_step, const float* y, int32_t y_step,
                                const float* dy, int32_t dy_step, int32_t count);

/// The body of a kernel with operands dx, y and dy.
#define TD_MAP_ROW_GRADIENTS(args, team, function)                                                 \
  td_map_row_gradients((args)->dx, (args)->dx_outer, (args)->dx_step, (args)->dx_inner, (args)->y, \
                       (args)->y_outer, (args)->y_step, (args)->y_inner, (args)->dy,               \
                       (args)->dy_outer, (args)->dy_step, (args)->dy_inner, (args)->outer,         \
                       (args)->count, (args)->inner, team, function)

TD_INLINE void td_map_row_gradients(float* dx, int32_t dx_outer, int32_t dx_step, int32_t dx_inner,
                                    const float* y, int32_t y_outer, int32_t y_step,
                                    int32_t y_inner, const float* dy, int32_t dy_outer,
                                    int32_t dy_step, int32_t dy_inner, int32_t outer, int32_t count,
                                    int32_t inner, td_team team, td_row_gradient function) {
  td_range share = td_share(outer * inner, team);
  td_row row = td_row_of(share.begin, inner);
  for (; share.begin < share.end; ++share.begin, td_next_of_rows(&row, inner)) {
    float* const to = dx + td_row_offset(row, dx_outer, dx_inner);
    const float* const from_y = y + td_row_offset(row, y_outer, y_inner);
    const float* const from_dy = dy + td_row_offset(row, dy_outer, dy_inner);
    if (dx_step == 1 && y_step == 1 && dy_step == 1)
      function(to, 1, from_y, 1, from_dy, 1, count);
    else
      function(to, dx_step, from_y, y_step, from_dy, dy_step, count);
  }
}

#endif
