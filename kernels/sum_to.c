#include "td_position.h"

// Outputs that are summed side by side, so that the chains hide each other's latency.
#define TD_CHAINS 8

/// What a chain goes over, read once: the struct may lie where a load takes long.
typedef struct {
  int32_t rows;          // of the reduced axes
  int32_t extent, step;  // of a row
  uint32_t accumulate;
} td_chain;

/// One chain of additions for each of `count` outputs; x of the next output is `x_step` further on.
TD_INLINE void td_sum_chains(float* y, int32_t y_step, const float* x, int32_t x_step,
                             const td_sum_to_f32_args* args, td_chain chain, int32_t count) {
  float sum[TD_CHAINS];
  TD_LANES for (int32_t j = 0; j < count; ++j) sum[j] = chain.accumulate ? y[j * y_step] : 0.0f;
  td_position position = {{0}};
  const float* from = x;
  for (int32_t row = 0;;) {
    for (int32_t i = 0; i < chain.extent; ++i, from += chain.step) {
      TD_LANES for (int32_t j = 0; j < count; ++j) sum[j] += from[j * x_step];
    }
    if (++row == chain.rows) break;  // often the first is the only one
    td_next_row(&position, args->reduce_rank, args->reduce_extent);
    from = x + td_offset_of(&position, args->reduce_rank, args->reduce_stride);
  }
  TD_LANES for (int32_t j = 0; j < count; ++j) y[j * y_step] = sum[j];
}

/// The sum over the reduced axes as one chain of additions in row-major order, the first of which
/// is the batch; it starts from y or from +0. The gradient of what was broadcast.
void td_sum_to_f32(const td_sum_to_f32_args* args, td_team team) {
  td_range share = td_share(td_element_count(args->rank, args->extent), team);
  td_position position = td_position_of(share.begin, args->rank, args->extent);
  const int32_t last = args->rank - 1;
  const int32_t y_step = args->y_stride[last];
  const int32_t x_step = args->x_stride[last];
  const int32_t inner = args->reduce_rank - 1;
  const td_chain chain = {.rows = td_element_count(inner, args->reduce_extent),
                          .extent = args->reduce_extent[inner],
                          .step = args->reduce_stride[inner],
                          .accumulate = args->accumulate};
  while (share.begin < share.end) {
    const int32_t count =
        td_min_int(args->extent[last] - position.index[last], share.end - share.begin);
    float* const y = args->y + td_offset_of(&position, args->rank, args->y_stride);
    const float* const x = args->x + td_offset_of(&position, args->rank, args->x_stride);
    int32_t j = 0;
    for (; j + TD_CHAINS <= count; j += TD_CHAINS) {
      if (x_step == 1)
        td_sum_chains(y + j * y_step, y_step, x + j, 1, args, chain, TD_CHAINS);
      else
        td_sum_chains(y + j * y_step, y_step, x + j * x_step, x_step, args, chain, TD_CHAINS);
    }
    for (; j < count; ++j)
      td_sum_chains(y + j * y_step, y_step, x + j * x_step, x_step, args, chain, 1);
    share.begin += count;
    td_next_row(&position, args->rank, args->extent);
  }
}
