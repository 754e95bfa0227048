#include "td_position.h"
#include "td_reduce.h"

/// Adds `count` elements of a and b, `a_step` and `b_step` apart, to the parts `begin` to `end` of
/// one sum. The first element belongs to part `first`, the next to the next one.
TD_INLINE void td_add_to_lanes(td_partials sum, int32_t begin, int32_t end, int32_t first,
                               const float* a, int32_t a_step, const float* b, int32_t b_step,
                               int32_t count, td_fold_step step) {
  if (end - begin < TD_PARTIALS) {
    for (int32_t j = begin; j < end; ++j) {
      float part = sum[j];
      for (int32_t i = (j - first + TD_PARTIALS) % TD_PARTIALS; i < count; i += TD_PARTIALS)
        part = step(part, a[i * a_step], b[i * b_step], 0.0f);
      sum[j] = part;
    }
    return;
  }
  int32_t i = 0;
  for (; i < count && first != 0; ++i, first = (first + 1) % TD_PARTIALS)
    sum[first] = step(sum[first], a[i * a_step], b[i * b_step], 0.0f);
  for (; i + TD_PARTIALS <= count; i += TD_PARTIALS) {
    TD_LANES for (int32_t j = 0; j < TD_PARTIALS; ++j) {
      sum[j] = step(sum[j], a[(i + j) * a_step], b[(i + j) * b_step], 0.0f);
    }
  }
  for (int32_t j = 0; i + j < count; ++j)
    sum[j] = step(sum[j], a[(i + j) * a_step], b[(i + j) * b_step], 0.0f);
}

/// An operand of the sums: its strides along the kept and along the reduced axes.
typedef struct {
  const float* data;
  const int32_t* kept;
  const int32_t* reduced;
} td_lanes_operand;

/// The parts `begin` to `end` of the sum of which the first elements are at `a` and `b`. Rows of a
/// that are dense, with b `b_dense` apart, have a loop of their own.
TD_INLINE void td_fold_lanes(float* y, int32_t begin, int32_t end, const float* a,
                             const int32_t* a_stride, const float* b, const int32_t* b_stride,
                             int32_t b_dense, int32_t rank, const int32_t* extent,
                             uint32_t accumulate, td_fold_step step) {
  td_partials sum = {0.0f};
  if (accumulate)
    for (int32_t j = begin; j < end; ++j) sum[j] = y[j];
  const int32_t last = rank - 1;
  const int32_t rows = td_element_count(last, extent);
  td_position position = {{0}};
  int32_t first = 0;
  for (int32_t row = 0; row < rows; ++row) {
    const float* const from_a = a + td_offset_of(&position, rank, a_stride);
    const float* const from_b = b + td_offset_of(&position, rank, b_stride);
    if (a_stride[last] == 1 && b_stride[last] == b_dense)
      td_add_to_lanes(sum, begin, end, first, from_a, 1, from_b, b_dense, extent[last], step);
    else
      td_add_to_lanes(sum, begin, end, first, from_a, a_stride[last], from_b, b_stride[last],
                      extent[last], step);
    first = (first + extent[last]) % TD_PARTIALS;
    td_next_row(&position, rank, extent);
  }
  for (int32_t j = begin; j < end; ++j) y[j] = sum[j];
}

/// The body of a kernel whose struct holds `y`, `rank`, `extent`, `y_stride` of the kept axes,
/// `reduce_rank`, `reduce_extent` of the reduced ones. The work items are the parts of all sums.
#define TD_FOLD_LANES(args, a, b, b_dense, accumulate, team, step)                            \
  td_fold_all_lanes((args)->y, (args)->y_stride, a, b, b_dense, (args)->rank, (args)->extent, \
                    (args)->reduce_rank, (args)->reduce_extent, accumulate, team, step)

TD_INLINE void td_fold_all_lanes(float* y, const int32_t* y_stride, td_lanes_operand a,
                                 td_lanes_operand b, int32_t b_dense, int32_t rank,
                                 const int32_t* extent, int32_t reduce_rank,
                                 const int32_t* reduce_extent, uint32_t accumulate, td_team team,
                                 td_fold_step step) {
  td_range share = td_share(td_element_count(rank, extent) * TD_PARTIALS, team);
  while (share.begin < share.end) {
    const td_position at = td_position_of(share.begin / TD_PARTIALS, rank, extent);
    const int32_t begin = share.begin % TD_PARTIALS;
    const int32_t end = td_min_int(TD_PARTIALS, begin + (share.end - share.begin));
    td_fold_lanes(y + td_offset_of(&at, rank, y_stride), begin, end,
                  a.data + td_offset_of(&at, rank, a.kept), a.reduced,
                  b.data + td_offset_of(&at, rank, b.kept), b.reduced, b_dense, reduce_rank,
                  reduce_extent, accumulate, step);
    share.begin += end - begin;
  }
}

/// The eight partial sums over the reduced axes; they go on from y or from +0.
void td_sum_lanes_f32(const td_sum_lanes_f32_args* args, td_team team) {
  const td_lanes_operand a = {args->a, args->a_stride, args->reduce_a};
  TD_FOLD_LANES(args, a, a, 1, args->accumulate, team, td_fold_add);
}

/// The eight partial sums of (a - b)^2 over the reduced axes; they go on from y or from +0.
void td_squared_difference_lanes_f32(const td_squared_difference_lanes_f32_args* args,
                                     td_team team) {
  const td_lanes_operand a = {args->a, args->a_stride, args->reduce_a};
  const td_lanes_operand b = {args->b, args->b_stride, args->reduce_b};
  TD_FOLD_LANES(args, a, b, 1, args->accumulate, team, td_fold_squared_difference);
}

static inline float td_fold_exp_difference(float sum, float a, float b, float constant) {
  (void)constant;
  return sum + td_expf(a - b);
}

/// The eight partial sums of e^(a - b) over the reduced axes, along which b is the same.
void td_exp_difference_lanes_f32(const td_exp_difference_lanes_f32_args* args, td_team team) {
  const td_lanes_operand a = {args->a, args->a_stride, args->reduce_a};
  const td_lanes_operand b = {args->b, args->b_stride, args->reduce_b};
  TD_FOLD_LANES(args, a, b, 0, 0u, team, td_fold_exp_difference);
}

/// The tree of the eight partial sums of each row, divided by `divisor`.
void td_join_lanes_f32(const td_join_lanes_f32_args* args, td_team team) {
  const td_range share = td_share(args->rows, team);
  for (int32_t row = share.begin; row < share.end; ++row)
    args->y[row * args->y_row] =
        td_sum_partials(args->x + row * args->x_row) / (float)args->divisor;
}
