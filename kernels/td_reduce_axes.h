/// Reductions over some axes of a strided array. The kept axes number the outputs, which are shared
/// between cores; the elements of one output are taken in row-major order of the reduced axes.
#ifndef TD_REDUCE_AXES_H
#define TD_REDUCE_AXES_H

#include "td_position.h"
#include "td_reduce.h"

/// Adds `count` elements `step` apart to the partial sums, the first of them to sum `lane`.
static inline void td_add_to_partials(td_partials sum, int32_t lane, const float* x, int32_t count,
                                      int32_t step) {
  int32_t i = 0;
  for (; i < count && lane != 0; ++i, lane = (lane + 1) % TD_PARTIALS) sum[lane] += x[i * step];
  for (; i + TD_PARTIALS <= count; i += TD_PARTIALS) {
    TD_LANES for (int32_t j = 0; j < TD_PARTIALS; ++j) {
      sum[j] += x[(i + j) * step];
    }
  }
  for (int32_t j = 0; i + j < count; ++j) sum[j] += x[(i + j) * step];
}

/// The sum of the elements of one output, the first of which is at `x`.
static inline float td_sum_axes(const float* x, int32_t rank, const int32_t* extent,
                                const int32_t* stride) {
  const int32_t last = rank - 1;
  const int32_t rows = td_element_count(last, extent);
  td_partials sum = {0.0f};
  td_position position = {{0}};
  int32_t lane = 0;
  for (int32_t row = 0; row < rows; ++row) {
    const float* const from = x + td_offset_of(&position, rank, stride);
    if (stride[last] == 1)
      td_add_to_partials(sum, lane, from, extent[last], 1);
    else
      td_add_to_partials(sum, lane, from, extent[last], stride[last]);
    lane = (lane + extent[last]) % TD_PARTIALS;
    td_next_row(&position, rank, extent);
  }
  return td_sum_partials(sum);
}

/// Reduces the elements of one output.
typedef float (*td_reduction)(const float* x, int32_t rank, const int32_t* extent,
                              const int32_t* stride);

/// The body of a kernel whose struct holds `y`, `x`, `rank`, `extent`, `y_stride`, `x_stride` of
/// the kept axes and `reduce_rank`, `reduce_extent`, `reduce_stride` of the reduced ones.
#define TD_REDUCE(args, team, reduction)                                                  \
  td_reduce_outputs((args)->y, (args)->x, (args)->rank, (args)->extent, (args)->y_stride, \
                    (args)->x_stride, (args)->reduce_rank, (args)->reduce_extent,         \
                    (args)->reduce_stride, team, reduction)

TD_INLINE void td_reduce_outputs(float* y, const float* x, int32_t rank, const int32_t* extent,
                                 const int32_t* y_stride, const int32_t* x_stride,
                                 int32_t reduce_rank, const int32_t* reduce_extent,
                                 const int32_t* reduce_stride, td_team team,
                                 td_reduction reduction) {
  td_range share = td_share(td_element_count(rank, extent), team);
  td_position position = td_position_of(share.begin, rank, extent);
  for (; share.begin < share.end; ++share.begin) {
    y[td_offset_of(&position, rank, y_stride)] = reduction(
        x + td_offset_of(&position, rank, x_stride), reduce_rank, reduce_extent, reduce_stride);
    td_next_element(&position, rank, extent);
  }
}

#endif
