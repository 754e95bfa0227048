/// Jobs of the matrix engine (td_platform.h) from the argument structs of kernels: what the
/// engine's kernels share. Core 0 alone calls such a kernel; it starts jobs and returns the ticket
/// of the last.
#ifndef TD_ENGINE_JOB_H
#define TD_ENGINE_JOB_H

#include "td_kernels.h"

/// Groups of the engine's array: so many rows and columns of a job are computed side by side.
#define TD_ENGINE_GROUP_ROWS 6u
#define TD_ENGINE_GROUP_COLUMNS 8u

/// Copies of these functions in all their callers would be most of the code.
#if defined(__clang__)
#define TD_ENGINE_CODE static __attribute__((noinline, unused))
#else
#define TD_ENGINE_CODE static __attribute__((noinline, noclone, unused))
#endif

/// A loop around a job: how far y, a and b move.
typedef struct {
  int32_t count;
  int32_t y, a, b;
} td_engine_loop;

/// A job for each turn of two loops.
typedef struct {
  td_engine_job job;
  td_engine_loop inner, outer;
} td_engine_jobs;

/// Zeros beside rows of `width` columns (td_platform.h), of which a piece may have none. Columns
/// that all lie in the rows are not tested.
TD_ENGINE_CODE void td_engine_set_window(td_engine_job* job, int32_t begin, int32_t column,
                                         int32_t depth, int32_t width) {
  const int32_t columns = ((int32_t)job->columns[0] - 1) * column;
  const int32_t depths = ((int32_t)job->depth[0] - 1) * depth;
  const int32_t low = begin + td_min_int(columns, 0) + td_min_int(depths, 0);
  const int32_t high = begin + td_max_int(columns, 0) + td_max_int(depths, 0);
  if (low >= 0 && high < width) return;
  job->window = 1u;  // and nothing is in it
  job->window_begin = -1;
  if (width == 0) return;
  job->window = (uint32_t)width;
  job->window_begin = begin;
  job->window_column = column;
  job->window_depth = depth;
}

/// Makes one loop of the two of columns, where one of them is no loop or y and b go on evenly.
TD_ENGINE_CODE void td_engine_merge_columns(td_engine_job* job) {
  const int32_t count = (int32_t)job->columns[0];
  const int32_t outer = (int32_t)job->columns[1];
  if (count == 1) {
    job->y_column[0] = job->y_column[1];
    job->b_column[0] = job->b_column[1];
    job->window_column = 0;
  } else if (outer != 1 && (job->window != 0u || job->y_column[1] != count * job->y_column[0] ||
                            job->b_column[1] != count * job->b_column[0])) {
    return;
  }
  job->columns[0] = (uint32_t)(count * outer);
  job->columns[1] = 1u;
}

static inline int td_engine_can_transpose(const td_engine_job* job) {
  return job->columns[1] == 1u && job->window == 0u;
}

static inline void td_engine_transpose_loop(td_engine_loop* loop) {
  const int32_t a = loop->a;
  loop->a = loop->b;
  loop->b = a;
}

/// The transposed problem, which has the same chains.
TD_ENGINE_CODE void td_engine_transpose(td_engine_jobs* jobs) {
  td_engine_job* const job = &jobs->job;
  const td_engine_job from = *job;
  job->a = from.b, job->b = from.a;
  job->rows = from.columns[0], job->columns[0] = from.rows;
  job->y_row = from.y_column[0], job->y_column[0] = from.y_row;
  job->a_row = from.b_column[0], job->b_column[0] = from.a_row;
  for (int i = 0; i < 3; ++i) {
    job->a_depth[i] = from.b_depth[i];
    job->b_depth[i] = from.a_depth[i];
  }
  td_engine_transpose_loop(&jobs->inner);
  td_engine_transpose_loop(&jobs->outer);
}

/// Makes `loop` the outer loop of columns if it moves one operand only: one job in place of many.
TD_ENGINE_CODE void td_engine_take_loop(td_engine_jobs* jobs, td_engine_loop* loop) {
  if (loop->count == 1 || jobs->job.columns[1] != 1u) return;
  if (loop->b == 0 && td_engine_can_transpose(&jobs->job)) td_engine_transpose(jobs);
  if (loop->a != 0) return;
  jobs->job.columns[1] = (uint32_t)loop->count;
  jobs->job.y_column[1] = loop->y;
  jobs->job.b_column[1] = loop->b;
  loop->count = 1;
  td_engine_merge_columns(&jobs->job);
}

/// The engine's groups of so many rows or columns.
static inline uint32_t td_engine_groups(uint32_t count, uint32_t group) {
  return (count + group - 1u) / group;
}

/// Cycles for each step of depth, in tiles of eight groups: these are computed one after another, a
/// sum comes back after four cycles, and one row of four groups takes more words than come in
/// these.
static inline uint32_t td_engine_turns(uint32_t row_groups, uint32_t column_groups) {
  const uint32_t turns =
      row_groups == 1u ? column_groups + column_groups / 4u : row_groups * column_groups;
  return turns < 4u ? 4u : turns;
}

/// Takes the orientation that takes fewer turns, and tiles of 2 x 4 or 4 x 2 groups: where the
/// first would leave a single column of groups at the edge, which takes as long as two, the other
/// one.
TD_ENGINE_CODE void td_engine_orient(td_engine_jobs* jobs) {
  td_engine_job* const job = &jobs->job;
  const uint32_t columns = job->columns[0] * job->columns[1];
  uint32_t row_groups = td_engine_groups(job->rows, TD_ENGINE_GROUP_ROWS);
  uint32_t column_groups = td_engine_groups(columns, TD_ENGINE_GROUP_COLUMNS);
  if (td_engine_can_transpose(job)) {
    const uint32_t rows = td_engine_groups(columns, TD_ENGINE_GROUP_ROWS);
    const uint32_t others = td_engine_groups(job->rows, TD_ENGINE_GROUP_COLUMNS);
    if (td_engine_turns(rows, others) < td_engine_turns(row_groups, column_groups)) {
      td_engine_transpose(jobs);
      row_groups = rows;
      column_groups = others;
    }
  }
  const int is_high = column_groups <= 2u || row_groups % 4u == 3u ||
                      (column_groups % 4u == 1u && row_groups % 4u != 1u);
  job->row_groups = is_high ? 4u : 2u;
  job->column_groups = is_high ? 2u : 4u;
}

/// Chains of nothing are +0. The core writes those of the first row, and the engine the others: one
/// product with a zero of the first row and with columns outside of the window, which are zeros.
TD_ENGINE_CODE td_engine_ticket td_engine_clear(const td_engine_job* job, td_engine_ticket last) {
  const int32_t step = job->y_column[0];
  const uint32_t columns = job->columns[0];
  const uint32_t rows = job->columns[1];
  for (uint32_t i = 0; i < rows; ++i) {
    float* y = job->y + (int32_t)i * job->y_column[1];
    for (uint32_t j = 0; j < columns; ++j) {
      *y = 0.0f;
      y += step;
    }
  }
  if (job->rows == 1u) return last;
  td_engine_job zeros = *job;
  zeros.y += job->y_row;
  zeros.rows -= 1u;
  zeros.a = job->y;
  zeros.a_row = 0;
  zeros.depth[0] = zeros.depth[1] = zeros.depth[2] = 1u;
  zeros.window = 1u;
  zeros.window_begin = -1;
  zeros.window_column = 0;
  zeros.row_groups = 2u;
  zeros.column_groups = 4u;
  return td_engine_start(&zeros);
}

/// Starts as few jobs as it can. Returns the ticket of the last one, or `last` if there is none.
TD_ENGINE_CODE td_engine_ticket td_engine_launch(td_engine_jobs* jobs, td_engine_ticket last) {
  td_engine_job* const job = &jobs->job;
  const int is_empty = job->depth[0] == 0u || job->depth[1] == 0u;
  if (is_empty && job->accumulate) return last;
  if (!is_empty) {
    td_engine_merge_columns(job);
    td_engine_take_loop(jobs, &jobs->inner);
    td_engine_take_loop(jobs, &jobs->outer);
    td_engine_orient(jobs);
  }
  const td_engine_loop inner = jobs->inner, outer = jobs->outer;
  float* const y = job->y;
  const float* const a = job->a;
  const float* const b = job->b;
  for (int32_t i = 0; i < outer.count; ++i)
    for (int32_t j = 0; j < inner.count; ++j) {
      job->y = y + (i * outer.y + j * inner.y);
      job->a = a + (i * outer.a + j * inner.a);
      job->b = b + (i * outer.b + j * inner.b);
      if (is_empty)
        last = td_engine_clear(job, last);
      else
        last = td_engine_start(job);
    }
  return last;
}

#endif
