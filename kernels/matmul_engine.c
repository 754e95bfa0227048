/// Matrix products on the matrix engine: all that td_matmul_f32 computes (matmul.c), with its bits.
/// One job if each axis of the batch moves one operand only, or goes on evenly; else one job for
/// each product of an axis that moves both.
#include "td_engine_job.h"

td_engine_ticket td_matmul_f32_engine(const td_matmul_f32_args* args) {
  const td_matmul_f32_args* const p = args;
  td_engine_jobs jobs = {
      .job = {.y = p->y,
              .a = p->a,
              .b = p->b,
              .rows = (uint32_t)p->m,
              .columns = {(uint32_t)p->n, 1u},
              .depth = {(uint32_t)p->k, (uint32_t)p->reduce, 1u},
              .y_row = p->y_row,
              .y_column = {p->y_col, 0},
              .a_row = p->a_row,
              .a_depth = {p->a_col, p->a_reduce, 0},
              .b_column = {p->b_col, 0},
              .b_depth = {p->b_row, p->b_reduce, 0},
              .window_begin = 0,
              .window_column = 0,
              .window_depth = 0,
              .window = 0u,
              .accumulate = p->accumulate,
              .row_groups = 0u,
              .column_groups = 0u},
      .inner = {p->batch, p->y_batch, p->a_batch, p->b_batch},
      .outer = {p->outer, p->y_outer, p->a_outer, p->b_outer},
  };
  return td_engine_launch(&jobs, TD_ENGINE_NO_JOB);
}
