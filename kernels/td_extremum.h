/// Largest and smallest elements over axes: kernels that differ in which of two elements counts.
#ifndef TD_EXTREMUM_H
#define TD_EXTREMUM_H

#include "td_reduce_axes.h"

/// Which of two elements counts: `td_maxf` or `td_minf`.
typedef float (*td_choice)(float first, float second);

/// The extremum of one output: the first NaN if there is one, the first of equal ones.
TD_INLINE float td_extremum_axes(const float* x, int32_t rank, const int32_t* extent,
                                 const int32_t* stride, td_choice choice) {
  const int32_t last = rank - 1;
  const int32_t rows = td_element_count(last, extent);
  td_position position = {{0}};
  float best = *x;
  for (int32_t row = 0; row < rows; ++row) {
    const float* const from = x + td_offset_of(&position, rank, stride);
    for (int32_t i = 0; i < extent[last]; ++i) best = choice(best, from[i * stride[last]]);
    td_next_row(&position, rank, extent);
  }
  return best;
}

/// Whether an element is beyond the extremum so far; false if one is a NaN.
typedef int (*td_is_beyond)(float element, float best);

/// The body of a kernel whose struct holds `dx`, `x`, `dy`, strides of all three along the kept
/// axes and of the first two along the reduced ones: dx = dy at the first NaN, or the first of the
/// extrema, of each group; +0 elsewhere. The work items are groups.
#define TD_EXTREMUM_GRAD(args, team, is_beyond)                                         \
  td_extremum_gradient((args)->dx, (args)->x, (args)->dy, (args)->rank, (args)->extent, \
                       (args)->dx_stride, (args)->x_stride, (args)->dy_stride,          \
                       (args)->reduce_rank, (args)->reduce_extent, (args)->reduce_dx,   \
                       (args)->reduce_x, team, is_beyond)

TD_INLINE void td_extremum_gradient(float* all_dx, const float* all_x, const float* dy,
                                    int32_t rank, const int32_t* extent, const int32_t* dx_stride,
                                    const int32_t* x_stride, const int32_t* dy_stride,
                                    int32_t reduce_rank, const int32_t* reduce_extent,
                                    const int32_t* reduce_dx, const int32_t* reduce_x, td_team team,
                                    td_is_beyond is_beyond) {
  td_range share = td_share(td_element_count(rank, extent), team);
  td_position kept = td_position_of(share.begin, rank, extent);
  const int32_t count = td_element_count(reduce_rank, reduce_extent);
  for (; share.begin < share.end; ++share.begin) {
    const float* const x = all_x + td_offset_of(&kept, rank, x_stride);
    float* const dx = all_dx + td_offset_of(&kept, rank, dx_stride);
    float best = *x;
    float* at = dx;
    td_position reduced = {{0}};
    for (int32_t i = 0; i < count; ++i) {
      const float here = x[td_offset_of(&reduced, reduce_rank, reduce_x)];
      float* const to = dx + td_offset_of(&reduced, reduce_rank, reduce_dx);
      *to = 0.0f;
      if (is_beyond(here, best) || (here != here && best == best)) {
        best = here;
        at = to;
      }
      td_next_element(&reduced, reduce_rank, reduce_extent);
    }
    *at = dy[td_offset_of(&kept, rank, dy_stride)];
    td_next_element(&kept, rank, extent);
  }
}

#endif
