/// Convolution and its two gradients, each as products of blocks (td_product.h) with one operand
/// gathered from an image panel by panel:
///
///                    rows i           columns j                 chain, outermost first
///     y              outputs          positions of y            channel, kernel row, kernel column
///     gradient of x  channels         positions of x            output, kernel row, kernel column
///     gradient of w  outputs          channel, kernel position  image, row, column of y
///
/// Outside of x there are zeros, which take part in the chains like any other element; so do the
/// positions outside of y when the gradient of x is formed. With a stride, only the kernel
/// positions that meet a position of x at all are in its chain; positions of x that are met by the
/// same kernel rows and columns, a `phase`, are computed together.
///
/// The work items are blocks of outputs, numbered along a column of blocks first, so that a core
/// gathers as few panels as possible.
#include "td_product.h"

/// `count` elements of a row of `width`, the first at index `first`, then every `step`-th; 0 where
/// there is none, and everywhere if there is no row. `first` may be negative.
static void td_gather_row(float* to, int32_t to_step, const float* row, int32_t first, int32_t step,
                          int32_t count, int32_t width) {
  int32_t begin = 0;
  int32_t end = 0;
  if (row != 0) {
    begin = first >= 0 ? 0 : step == 1 ? -first : (step - 1 - first) / step;
    end = first >= width ? 0 : step == 1 ? width - first : (width - 1 - first) / step + 1;
    end = td_min_int(end, count);
    begin = td_min_int(begin, end);
  }
  for (int32_t i = 0; i < begin; ++i) to[i * to_step] = 0.0f;
  for (int32_t i = begin; i < end; ++i) to[i * to_step] = row[first + i * step];
  for (int32_t i = td_max_int(begin, end); i < count; ++i) to[i * to_step] = 0.0f;
}

/// A two-dimensional image, and how positions of a result are laid over it: position (row, column)
/// looks at (row_origin + row * row_step, column_origin + column * column_step).
typedef struct {
  const float* image;
  int32_t height, width, image_row;
  int32_t row_origin, row_step;
  int32_t column_origin, column_step;
} td_sampling;

/// The samples of positions `position .. position + count` of a result of `columns` columns, in
/// row-major order.
static void td_gather_positions(float* to, int32_t to_step, const td_sampling* sampling,
                                int32_t columns, int32_t position, int32_t count) {
  int32_t row = position / columns;
  int32_t column = position % columns;
  while (count > 0) {
    const int32_t now = td_min_int(columns - column, count);
    const int32_t at = sampling->row_origin + row * sampling->row_step;
    const float* const from =
        at >= 0 && at < sampling->height ? sampling->image + at * sampling->image_row : 0;
    td_gather_row(to, to_step, from, sampling->column_origin + column * sampling->column_step,
                  sampling->column_step, now, sampling->width);
    to += now * to_step;
    count -= now;
    column = 0;
    ++row;
  }
}

/// Pads rows of a panel with zeros from column `columns` on.
static void td_pad_panel(float* panel, int32_t depth, int32_t columns) {
  for (int32_t j = columns; j < TD_BLOCK_COLUMNS; ++j)
    for (int32_t k = 0; k < depth; ++k) panel[k * TD_BLOCK_COLUMNS + j] = 0.0f;
}

static int32_t td_blocks_of(int32_t count, int32_t block) {
  return (count + block - 1) / block;
}

/// A run of work items along one column of blocks.
typedef struct {
  int32_t outer;   // index of the column of blocks' owner
  int32_t column;  // first column of the block
  int32_t row;     // first row
  int32_t rows;
  int32_t items;
} td_run;

static td_run td_run_at(td_range share, int32_t rows, int32_t columns) {
  const int32_t row_blocks = td_blocks_of(rows, TD_BLOCK_ROWS);
  const int32_t column_blocks = td_blocks_of(columns, TD_BLOCK_COLUMNS);
  const int32_t row_block = share.begin % row_blocks;
  const int32_t column = share.begin / row_blocks;
  td_run run;
  run.outer = column / column_blocks;
  run.column = column % column_blocks * TD_BLOCK_COLUMNS;
  run.row = row_block * TD_BLOCK_ROWS;
  run.items = td_min_int(row_blocks - row_block, share.end - share.begin);
  run.rows = td_min_int(run.items * TD_BLOCK_ROWS, rows - run.row);
  return run;
}

static td_range td_share_blocks(int32_t outer, int32_t rows, int32_t columns, td_team team) {
  return td_share(
      outer * td_blocks_of(rows, TD_BLOCK_ROWS) * td_blocks_of(columns, TD_BLOCK_COLUMNS), team);
}

void td_conv2d_f32(const td_conv2d_f32_args* args, td_team team) {
  const td_conv2d_f32_args p = *args;
  const int32_t positions = p.out_height * p.out_width;
  const int32_t kernel = p.kernel_height * p.kernel_width;
  const int32_t chain = p.channels * kernel;
  float panel[TD_PANEL_DEPTH * TD_BLOCK_COLUMNS];
  int32_t y_column[TD_BLOCK_COLUMNS];

  td_range share = td_share_blocks(p.batch * p.groups, p.outputs, positions, team);
  while (share.begin < share.end) {
    const td_run run = td_run_at(share, p.outputs, positions);
    const int32_t image = run.outer / p.groups;
    const int32_t group = run.outer % p.groups;
    const int32_t columns = td_min_int(TD_BLOCK_COLUMNS, positions - run.column);
    for (int32_t j = 0; j < columns; ++j) {
      const int32_t position = run.column + j;
      y_column[j] = position / p.out_width * p.y_row + position % p.out_width;
    }
    const int is_dense = p.y_row == p.out_width;
    const int32_t first_output = group * p.outputs + run.row;
    const float* const x = p.x + image * p.x_image + group * p.channels * p.x_channel;
    const float* const w = p.w + first_output * p.w_output;
    td_product product = {
        .y = p.y + image * p.y_image + first_output * p.y_channel + (is_dense ? run.column : 0),
        .y_row = p.y_channel,
        .y_column = is_dense ? 0 : y_column,
        .rows = run.rows,
        .columns = columns,
        .a_row = p.w_output,
        .a_col = 1,
        .b = panel,
        .b_row = TD_BLOCK_COLUMNS,
        .b_col = 1,
        .reduce = 1,
        .from_zero = !p.accumulate,
    };
    for (int32_t begin = 0; begin < chain; begin += TD_PANEL_DEPTH) {
      product.a = w + begin;
      product.depth = td_min_int(TD_PANEL_DEPTH, chain - begin);
      int32_t channel = begin / kernel;
      int32_t kernel_row = begin % kernel / p.kernel_width;
      int32_t kernel_column = begin % p.kernel_width;
      for (int32_t k = 0; k < product.depth; ++k) {
        const td_sampling sampling = {
            .image = x + channel * p.x_channel,
            .height = p.height,
            .width = p.width,
            .image_row = p.x_row,
            .row_origin = kernel_row * p.dilation_height - p.pad_top,
            .row_step = p.stride_height,
            .column_origin = kernel_column * p.dilation_width - p.pad_left,
            .column_step = p.stride_width,
        };
        td_gather_positions(panel + k * TD_BLOCK_COLUMNS, 1, &sampling, p.out_width, run.column,
                            columns);
        if (++kernel_column == p.kernel_width) {
          kernel_column = 0;
          if (++kernel_row == p.kernel_height) {
            kernel_row = 0;
            ++channel;
          }
        }
      }
      td_pad_panel(panel, product.depth, columns);
      td_product_column(&product);
      product.from_zero = 0u;
    }
    share.begin += run.items;
  }
}

void td_conv2d_weight_grad_f32(const td_conv2d_weight_grad_f32_args* args, td_team team) {
  const td_conv2d_weight_grad_f32_args p = *args;
  const int32_t positions = p.out_height * p.out_width;
  const int32_t kernel = p.kernel_height * p.kernel_width;
  const int32_t weights = p.channels * kernel;  // of one output
  float panel[TD_PANEL_DEPTH * TD_BLOCK_COLUMNS];

  td_range share = td_share_blocks(p.groups, p.outputs, weights, team);
  while (share.begin < share.end) {
    const td_run run = td_run_at(share, p.outputs, weights);
    const int32_t columns = td_min_int(TD_BLOCK_COLUMNS, weights - run.column);
    const int32_t first_output = run.outer * p.outputs + run.row;
    td_product product = {
        .y = p.dw + first_output * p.dw_output + run.column,
        .y_row = p.dw_output,
        .rows = run.rows,
        .columns = columns,
        .a_row = p.dy_channel,
        .a_col = 1,
        .b = panel,
        .b_row = TD_BLOCK_COLUMNS,
        .b_col = 1,
        .reduce = 1,
        .from_zero = !p.accumulate,
    };
    for (int32_t image = 0; image < p.batch; ++image) {
      const float* const x = p.x + image * p.x_image + run.outer * p.channels * p.x_channel;
      const float* const dy = p.dy + image * p.dy_image + first_output * p.dy_channel;
      int32_t begin = 0;
      while (begin < positions) {
        const int32_t row = begin / p.out_width;
        const int32_t column = begin % p.out_width;
        // Rows of dy that are not side by side are taken one at a time.
        const int32_t left = p.dy_row == p.out_width ? positions - begin : p.out_width - column;
        product.depth = td_min_int(TD_PANEL_DEPTH, left);
        product.a = dy + row * p.dy_row + column;
        for (int32_t j = 0; j < columns; ++j) {
          const int32_t weight = run.column + j;
          const td_sampling sampling = {
              .image = x + weight / kernel * p.x_channel,
              .height = p.height,
              .width = p.width,
              .image_row = p.x_row,
              .row_origin = weight % kernel / p.kernel_width * p.dilation_height - p.pad_top,
              .row_step = p.stride_height,
              .column_origin = weight % p.kernel_width * p.dilation_width - p.pad_left,
              .column_step = p.stride_width,
          };
          td_gather_positions(panel + j, TD_BLOCK_COLUMNS, &sampling, p.out_width, begin,
                              product.depth);
        }
        td_pad_panel(panel, product.depth, columns);
        td_product_column(&product);
        product.from_zero = 0u;
        begin += product.depth;
      }
    }
    share.begin += run.items;
  }
}

/// Along one axis: the positions `first + i * stride` of x for i of 0 .. count, and the kernel
/// positions `tap + t * tap_step` for t of 0 .. taps that meet them. Of y, position
/// `i + origin - t * origin_step` is met.
typedef struct {
  int32_t first, count;
  int32_t tap, tap_step, taps;
  int32_t origin, origin_step;
} td_phase;

static td_phase td_phase_of(int32_t residue, int32_t extent, int32_t stride, int32_t pad,
                            int32_t dilation, int32_t kernel) {
  td_phase phase = {.tap_step = stride};
  phase.first = residue - pad % stride;
  if (phase.first < 0) phase.first += stride;
  phase.count = phase.first < extent ? (extent - 1 - phase.first) / stride + 1 : 0;
  // The kernel positions with tap * dilation = residue modulo stride; they repeat every tap_step.
  phase.tap = kernel;
  for (int32_t tap = td_min_int(stride, kernel) - 1; tap >= 0; --tap)
    if (tap * dilation % stride == residue) phase.tap = tap;
  for (int32_t step = stride - 1; step > 0; --step)
    if (step * dilation % stride == 0) phase.tap_step = step;
  phase.taps = phase.tap < kernel ? (kernel - 1 - phase.tap) / phase.tap_step + 1 : 0;
  // Exact: both sides are `residue` modulo stride.
  phase.origin = (phase.first + pad - phase.tap * dilation) / stride;
  phase.origin_step = phase.tap_step * dilation / stride;
  return phase;
}

/// One phase of the gradient of x.
static void td_conv2d_input_grad_phase(const td_conv2d_input_grad_f32_args* p, td_phase rows,
                                       td_phase columns, td_team team) {
  const int32_t positions = rows.count * columns.count;
  const int32_t kernel = p->kernel_height * p->kernel_width;
  const int32_t taps = rows.taps * columns.taps;
  // A panel holds whole outputs, or, if a kernel does not fit, some of its rows, or parts of a row.
  const int32_t column_taps = td_max_int(td_min_int(columns.taps, TD_PANEL_DEPTH), 1);
  const int32_t row_taps = td_max_int(td_min_int(rows.taps, TD_PANEL_DEPTH / column_taps), 1);
  const int32_t column_pieces = td_blocks_of(columns.taps, column_taps);
  const int32_t row_pieces = td_blocks_of(rows.taps, row_taps);
  const int32_t outputs_at_once =
      row_pieces * column_pieces == 1 ? TD_PANEL_DEPTH / (row_taps * column_taps) : 1;
  const int is_dense = p->stride_height == 1 && p->stride_width == 1 && p->dx_row == p->width;
  float panel[TD_PANEL_DEPTH * TD_BLOCK_COLUMNS];
  int32_t dx_column[TD_BLOCK_COLUMNS];

  td_range share = td_share_blocks(p->batch * p->groups, p->channels, positions, team);
  while (share.begin < share.end) {
    const td_run run = td_run_at(share, p->channels, positions);
    const int32_t image = run.outer / p->groups;
    const int32_t group = run.outer % p->groups;
    const int32_t block_columns = td_min_int(TD_BLOCK_COLUMNS, positions - run.column);
    for (int32_t j = 0; j < block_columns; ++j) {
      const int32_t position = run.column + j;
      dx_column[j] = (rows.first + position / columns.count * p->stride_height) * p->dx_row +
                     columns.first + position % columns.count * p->stride_width;
    }
    float* const dx = p->dx + image * p->dx_image + (group * p->channels + run.row) * p->dx_channel;
    if (taps == 0) {
      for (int32_t i = 0; i < run.rows; ++i)
        for (int32_t j = 0; j < block_columns; ++j) dx[i * p->dx_channel + dx_column[j]] = 0.0f;
    }
    td_product product = {
        .y = dx + (is_dense ? run.column : 0),
        .y_row = p->dx_channel,
        .y_column = is_dense ? 0 : dx_column,
        .rows = run.rows,
        .columns = block_columns,
        .a_row = kernel,
        .b_row = TD_BLOCK_COLUMNS,
        .b_col = 1,
        .from_zero = 1u,
    };
    const float* const dy = p->dy + image * p->dy_image + group * p->outputs * p->dy_channel;
    const float* const w = p->w + group * p->outputs * p->w_output + run.row * kernel +
                           rows.tap * p->kernel_width + columns.tap;
    for (int32_t output = 0; output < p->outputs && taps > 0; output += outputs_at_once) {
      const int32_t outputs = td_min_int(outputs_at_once, p->outputs - output);
      for (int32_t tap = 0; tap < row_pieces * column_pieces; ++tap) {
        const int32_t row_tap = tap / column_pieces * row_taps;
        const int32_t column_tap = tap % column_pieces * column_taps;
        const int32_t rows_now = td_min_int(row_taps, rows.taps - row_tap);
        const int32_t columns_now = td_min_int(column_taps, columns.taps - column_tap);
        float* to = panel;
        for (int32_t o = output; o < output + outputs; ++o) {
          for (int32_t r = row_tap; r < row_tap + rows_now; ++r) {
            for (int32_t c = column_tap; c < column_tap + columns_now; ++c) {
              const td_sampling sampling = {
                  .image = dy + o * p->dy_channel,
                  .height = p->out_height,
                  .width = p->out_width,
                  .image_row = p->dy_row,
                  .row_origin = rows.origin - r * rows.origin_step,
                  .row_step = 1,
                  .column_origin = columns.origin - c * columns.origin_step,
                  .column_step = 1,
              };
              td_gather_positions(to, 1, &sampling, columns.count, run.column, block_columns);
              to += TD_BLOCK_COLUMNS;
            }
          }
        }
        const int32_t taps_now = rows_now * columns_now;
        td_pad_panel(panel, outputs * taps_now, block_columns);
        const float* const from = w + output * p->w_output +
                                  row_tap * rows.tap_step * p->kernel_width +
                                  column_tap * columns.tap_step;
        product.b = panel;
        if (taps == 1) {  // one long chain over the outputs
          product.a = from;
          product.a_col = p->w_output;
          product.depth = outputs;
          product.reduce = 1;
          td_product_column(&product);
          product.from_zero = 0u;
        } else if (taps_now == kernel) {  // kernels are dense
          product.a = from;
          product.a_col = 1;
          product.a_reduce = p->w_output;
          product.depth = kernel;
          product.b_reduce = kernel * TD_BLOCK_COLUMNS;
          product.reduce = outputs;
          td_product_column(&product);
          product.from_zero = 0u;
        } else {
          for (int32_t o = 0; o < outputs; ++o) {
            product.a = from + o * p->w_output;
            product.a_col = columns.tap_step;
            product.a_reduce = rows.tap_step * p->kernel_width;
            product.depth = columns_now;
            product.b_reduce = columns_now * TD_BLOCK_COLUMNS;
            product.reduce = rows_now;
            td_product_column(&product);
            product.from_zero = 0u;
            product.b += taps_now * TD_BLOCK_COLUMNS;
          }
        }
      }
    }
    share.begin += run.items;
  }
}

void td_conv2d_input_grad_f32(const td_conv2d_input_grad_f32_args* args, td_team team) {
  for (int32_t row = 0; row < args->stride_height; ++row) {
    const td_phase rows = td_phase_of(row, args->height, args->stride_height, args->pad_top,
                                      args->dilation_height, args->kernel_height);
    for (int32_t column = 0; column < args->stride_width; ++column) {
      const td_phase columns = td_phase_of(column, args->width, args->stride_width, args->pad_left,
                                           args->dilation_width, args->kernel_width);
      td_conv2d_input_grad_phase(args, rows, columns, team);
    }
  }
}
