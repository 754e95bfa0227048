/* What a matrix engine computes, in C. The platform of a board without an engine includes this and
 * computes each job at its start (host/platform_host.c): the bits are the engine's. Columns are
 * computed in blocks whose chains stay in registers; they are vectors where b's columns lie side by
 * side. */
#ifndef TD_ENGINE_H
#define TD_ENGINE_H

#include "td_kernel.h"

#if defined(__riscv)
#define TD_ENGINE_ROWS 4
#define TD_ENGINE_COLUMNS 4
#else
#define TD_ENGINE_ROWS 6
#define TD_ENGINE_COLUMNS 16
#endif

/* Columns that are computed together. */
typedef struct {
  int32_t count;
  int32_t y[TD_ENGINE_COLUMNS];  /* where they lie, in elements */
  int32_t b[TD_ENGINE_COLUMNS];  /* the same, for depth 0 */
  int32_t at[TD_ENGINE_COLUMNS]; /* what the window tests, for inner depth 0 */
  int is_run;                    /* a whole block, and b side by side */
} td_engine_columns;

static inline td_engine_columns td_engine_columns_at(const td_engine_job* job, int32_t first) {
  const int32_t inner_count = (int32_t)job->columns[0];
  td_engine_columns block = {
      .count = td_min_int(inner_count * (int32_t)job->columns[1] - first, TD_ENGINE_COLUMNS)};
  int32_t outer = first / inner_count;
  int32_t inner = first - outer * inner_count;
  block.is_run = job->b_column[0] == 1 && block.count == TD_ENGINE_COLUMNS &&
                 inner + TD_ENGINE_COLUMNS <= inner_count;
  for (int32_t j = 0; j < block.count; ++j) {
    block.y[j] = inner * job->y_column[0] + outer * job->y_column[1];
    block.b[j] = inner * job->b_column[0] + outer * job->b_column[1];
    block.at[j] = job->window_begin + inner * job->window_column;
    if (++inner == inner_count) {
      inner = 0;
      ++outer;
    }
  }
  return block;
}

static inline int td_engine_sees(const td_engine_job* job, int32_t at) {
  return job->window == 0u || (at >= 0 && (uint32_t)at < job->window);
}

/* The row of b for one depth, whose offset is `from` and whose part in the window is `shift`: where
 * it lies, or a copy with zeros. */
TD_INLINE const float* td_engine_row_of_b(const td_engine_job* job, const td_engine_columns* block,
                                          int32_t from, int32_t shift, float* copy) {
  const int32_t last = TD_ENGINE_COLUMNS - 1;
  if (block->is_run && td_engine_sees(job, block->at[0] + shift) &&
      td_engine_sees(job, block->at[last] + shift))
    return job->b + (from + block->b[0]);
  for (int32_t j = 0; j < block->count; ++j)
    copy[j] = td_engine_sees(job, block->at[j] + shift) ? job->b[from + block->b[j]] : 0.0f;
  return copy;
}

/* The chains of a block of columns and of `rows` rows, a constant, from `row` on. */
TD_INLINE void td_engine_block(const td_engine_job* job, const td_engine_columns* block,
                               int32_t row, int rows) {
  float sum[TD_ENGINE_ROWS][TD_ENGINE_COLUMNS] = {{0}};
  float copy[TD_ENGINE_COLUMNS] = {0};
  float* const y = job->y + row * job->y_row;
  for (int i = 0; job->accumulate && i < rows; ++i)
    for (int32_t j = 0; j < block->count; ++j) sum[i][j] = y[i * job->y_row + block->y[j]];
  for (int32_t outer = 0; outer < (int32_t)job->depth[2]; ++outer)
    for (int32_t middle = 0; middle < (int32_t)job->depth[1]; ++middle) {
      int32_t a = row * job->a_row + outer * job->a_depth[2] + middle * job->a_depth[1];
      int32_t b = outer * job->b_depth[2] + middle * job->b_depth[1];
      int32_t shift = 0;
      for (uint32_t left = job->depth[0]; left > 0; --left) {
        const float* const row_of_b = td_engine_row_of_b(job, block, b, shift, copy);
        for (int i = 0; i < rows; ++i) {
          const float factor = job->a[a + i * job->a_row];
          TD_LANES for (int j = 0; j < TD_ENGINE_COLUMNS; ++j) sum[i][j] =
              td_fmaf(factor, row_of_b[j], sum[i][j]);
        }
        a += job->a_depth[0];
        b += job->b_depth[0];
        shift += job->window_depth;
      }
    }
  for (int i = 0; i < rows; ++i)
    for (int32_t j = 0; j < block->count; ++j) y[i * job->y_row + block->y[j]] = sum[i][j];
}

static inline void td_engine_compute(const td_engine_job* job) {
  const int32_t columns = (int32_t)(job->columns[0] * job->columns[1]);
  const int32_t rows = (int32_t)job->rows;
  for (int32_t column = 0; column < columns; column += TD_ENGINE_COLUMNS) {
    const td_engine_columns block = td_engine_columns_at(job, column);
    int32_t row = 0;
    for (; row + TD_ENGINE_ROWS <= rows; row += TD_ENGINE_ROWS)
      td_engine_block(job, &block, row, TD_ENGINE_ROWS);
    for (; row < rows; ++row) td_engine_block(job, &block, row, 1);
  }
}

#endif
