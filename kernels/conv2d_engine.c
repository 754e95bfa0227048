/// Convolution and its two gradients on the matrix engine: all that the kernels of conv2d.c
/// compute, with their bits. Images are read where they lie:
///
///                    rows a           columns b                   depth, outermost first
///     y              outputs w        rows, columns of x          channel, kernel row and column
///     gradient of x  channels w       rows, columns of dy         output, kernel row and column
///     gradient of w  outputs dy       channels, kernel columns x  image, row, column of y
///
/// Columns outside of the image are the zeros of the window. Rows outside are not in the chains, so
/// that there is a job for each band of rows whose chains hold the same rows of the kernel, and for
/// each band of rows of the kernel whose chains hold the same rows of y; with a stride, for each
/// phase of the gradient of x, too. Images, groups and rows of the kernel are loops around the job,
/// which become its columns where these have room (td_engine_job.h).
#include "td_engine_job.h"
#include "td_reach.h"

td_engine_ticket td_conv2d_f32_engine(const td_conv2d_f32_args* args) {
  const td_conv2d_f32_args* const p = args;
  const int32_t kernel = p->kernel_height * p->kernel_width;
  const td_reach reach = {.rows = p->out_height,
                          .step = p->stride_height,
                          .taps = p->kernel_height,
                          .tap_step = p->dilation_height,
                          .pad = p->pad_top,
                          .extent = p->height};
  td_engine_ticket last = TD_ENGINE_NO_JOB;
  td_band band = {0};
  while (band.end < p->out_height) {
    band = td_band_of(&reach, band.end);
    const int32_t x_first =
        band.begin * p->stride_height + band.tap * p->dilation_height - p->pad_top;
    td_engine_jobs jobs = {
        .job = {.y = p->y + band.begin * p->y_row,
                .a = p->w + band.tap * p->kernel_width,
                .b = p->x + (x_first * p->x_row - p->pad_left),
                .rows = (uint32_t)p->outputs,
                .columns = {(uint32_t)p->out_width, (uint32_t)(band.end - band.begin)},
                .depth = {(uint32_t)p->kernel_width, (uint32_t)(band.tap_end - band.tap),
                          (uint32_t)p->channels},
                .y_row = p->y_channel,
                .y_column = {1, p->y_row},
                .a_row = p->w_output,
                .a_depth = {1, p->kernel_width, kernel},
                .b_column = {p->stride_width, p->stride_height * p->x_row},
                .b_depth = {p->dilation_width, p->dilation_height * p->x_row, p->x_channel},
                .accumulate = p->accumulate},
        .inner = {p->batch, p->y_image, 0, p->x_image},
        .outer = {p->groups, p->outputs * p->y_channel, p->outputs * p->w_output,
                  p->channels * p->x_channel},
    };
    td_engine_set_window(&jobs.job, -p->pad_left, p->stride_width, p->dilation_width, p->width);
    last = td_engine_launch(&jobs, last);
  }
  return last;
}

/// One phase of the gradient of x.
static td_engine_ticket td_input_grad_phase(const td_conv2d_input_grad_f32_args* p,
                                            const td_phase* rows, const td_phase* columns,
                                            td_engine_ticket last) {
  // Row i and tap t meet row `i + origin - t * origin_step` of y; here taps count from the last.
  const td_reach reach = {.rows = rows->count,
                          .step = 1,
                          .taps = rows->taps,
                          .tap_step = rows->origin_step,
                          .pad = (rows->taps - 1) * rows->origin_step - rows->origin,
                          .extent = p->out_height};
  if (columns->count == 0) return last;
  td_band band = {0};
  while (band.end < rows->count) {
    band = td_band_of(&reach, band.end);
    const int32_t tap = rows->taps - band.tap_end;
    const int32_t dx_first = rows->first + band.begin * p->stride_height;
    const int32_t dy_first = rows->origin + band.begin - tap * rows->origin_step;
    const int32_t w_row = rows->tap + tap * rows->tap_step;
    td_engine_jobs jobs = {
        .job = {.y = p->dx + (dx_first * p->dx_row + columns->first),
                .a = p->w + (w_row * p->w_row + columns->tap),
                .b = p->dy + (dy_first * p->dy_row + columns->origin),
                .rows = (uint32_t)p->channels,
                .columns = {(uint32_t)columns->count, (uint32_t)(band.end - band.begin)},
                .depth = {(uint32_t)columns->taps, (uint32_t)(band.tap_end - band.tap),
                          (uint32_t)p->outputs},
                .y_row = p->dx_channel,
                .y_column = {p->stride_width, p->stride_height * p->dx_row},
                .a_row = p->w_channel,
                .a_depth = {columns->tap_step, rows->tap_step * p->w_row, p->w_output},
                .b_column = {1, p->dy_row},
                .b_depth = {-columns->origin_step, -rows->origin_step * p->dy_row, p->dy_channel},
                .accumulate = p->accumulate},
        .inner = {p->batch, p->dx_image, 0, p->dy_image},
        .outer = {p->groups, p->channels * p->dx_channel, p->outputs * p->w_output,
                  p->outputs * p->dy_channel},
    };
    td_engine_set_window(&jobs.job, columns->origin, 1, -columns->origin_step, p->out_width);
    last = td_engine_launch(&jobs, last);
  }
  return last;
}

td_engine_ticket td_conv2d_input_grad_f32_engine(const td_conv2d_input_grad_f32_args* args) {
  const td_conv2d_input_grad_f32_args* const p = args;
  td_engine_ticket last = TD_ENGINE_NO_JOB;
  for (int32_t row = 0; row < p->stride_height; ++row) {
    const td_phase rows = td_phase_of(row, p->height, p->stride_height, p->pad_top,
                                      p->dilation_height, p->kernel_height);
    for (int32_t column = 0; column < p->stride_width; ++column) {
      const td_phase columns = td_phase_of(column, p->width, p->stride_width, p->pad_left,
                                           p->dilation_width, p->kernel_width);
      last = td_input_grad_phase(p, &rows, &columns, last);
    }
  }
  return last;
}

/// The rows of y whose row of the image at row `tap` of the kernel lies in it.
static td_range td_rows_at_tap(const td_conv2d_weight_grad_f32_args* p, int32_t tap) {
  const int32_t first =
      p->pad_top - tap * p->dilation_height;  // of the image's rows, in steps of 1
  const int32_t end = first + p->height;
  td_range rows = {0, 0};
  if (end > 0) rows.end = td_min_int(td_blocks_of(end, p->stride_height), p->out_height);
  if (first > 0) rows.begin = td_min_int(td_blocks_of(first, p->stride_height), rows.end);
  return rows;
}

td_engine_ticket td_conv2d_weight_grad_f32_engine(const td_conv2d_weight_grad_f32_args* args) {
  const td_conv2d_weight_grad_f32_args* const p = args;
  td_engine_ticket last = TD_ENGINE_NO_JOB;
  for (int32_t tap = 0; tap < p->kernel_height;) {
    const td_range rows = td_rows_at_tap(p, tap);
    int32_t tap_end = tap + 1;
    for (; tap_end < p->kernel_height; ++tap_end) {
      const td_range next = td_rows_at_tap(p, tap_end);
      if (next.begin != rows.begin || next.end != rows.end) break;
    }
    const int32_t x_first = rows.begin * p->stride_height + tap * p->dilation_height - p->pad_top;
    td_engine_jobs jobs = {
        .job = {.y = p->dw + tap * p->dw_row,
                .a = p->dy + rows.begin * p->dy_row,
                .b = p->x + (x_first * p->x_row - p->pad_left),
                .rows = (uint32_t)p->outputs,
                .columns = {(uint32_t)p->kernel_width, (uint32_t)p->channels},
                .depth = {(uint32_t)p->out_width, (uint32_t)(rows.end - rows.begin),
                          (uint32_t)p->batch},
                .y_row = p->dw_output,
                .y_column = {1, p->dw_channel},
                .a_row = p->dy_channel,
                .a_depth = {1, p->dy_row, p->dy_image},
                .b_column = {p->dilation_width, p->x_channel},
                .b_depth = {p->stride_width, p->stride_height * p->x_row, p->x_image},
                .accumulate = p->accumulate},
        .inner = {tap_end - tap, p->dw_row, 0, p->dilation_height * p->x_row},
        .outer = {p->groups, p->outputs * p->dw_output, p->outputs * p->dy_channel,
                  p->channels * p->x_channel},
    };
    td_engine_set_window(&jobs.job, -p->pad_left, p->dilation_width, p->stride_width, p->width);
    last = td_engine_launch(&jobs, last);
    tap = tap_end;
  }
  return last;
}
