/// Convolution and its two gradients, each as products of blocks (td_product.h) with one operand
/// gathered from an image panel by panel:
///
///                    rows i           columns j                 chain, outermost first
///     y              outputs          positions of y            channel, kernel row, kernel column
///     gradient of x  channels         positions of x            output, kernel row, kernel column
///     gradient of w  outputs          channel, kernel position  image, row, column of y
///
/// Rows outside of the image that is gathered are not in the chains; columns outside are zeros that
/// take part. So rows of a result differ in what their chains hold, and a block keeps to a `band`
/// of rows that are alike:
///
///     y of a 3x3 convolution, padding 1      kernel rows in the chain
///       row 0                                    1, 2
///       rows 1 .. height - 2                  0, 1, 2
///       row height - 1                        0, 1
///
/// With a stride, only the kernel positions that meet a position of x at all are in the chain of
/// the gradient of x; positions of x that are met by the same kernel rows and columns, a `phase`,
/// are computed together.
///
/// The work items are blocks of outputs, numbered along a column of blocks first, so that a core
/// gathers as few panels as possible.
///
/// Where a chain holds the taps of one channel only and few results share them (depthwise
/// convolutions), nothing is gathered: blocks of columns of a row read the image where it lies.
#include "td_product.h"

/// `count` elements of a row of `width`, the first at index `first`, then every `step`-th; 0 where
/// there is none. `first` may be negative.
static void td_gather_row(float* to, int32_t to_step, const float* row, int32_t first, int32_t step,
                          int32_t count, int32_t width) {
  int32_t begin = first >= 0 ? 0 : step == 1 ? -first : (step - 1 - first) / step;
  int32_t end = first >= width ? 0 : step == 1 ? width - first : (width - 1 - first) / step + 1;
  end = td_min_int(end, count);
  begin = td_min_int(begin, end);
  for (int32_t i = 0; i < begin; ++i) to[i * to_step] = 0.0f;
  for (int32_t i = begin; i < end; ++i) to[i * to_step] = row[first + i * step];
  for (int32_t i = td_max_int(begin, end); i < count; ++i) to[i * to_step] = 0.0f;
}

/// A two-dimensional image, and how positions of a result are laid over it: position (row, column)
/// looks at (row_origin + row * row_step, column_origin + column * column_step). The rows that are
/// looked at lie in the image.
typedef struct {
  const float* image;
  int32_t width, image_row;
  int32_t row_origin, row_step;
  int32_t column_origin, column_step;
} td_sampling;

/// The samples of `count` positions of a result of `columns` columns, in row-major order from
/// (row, column) on.
static void td_gather_positions(float* to, int32_t to_step, const td_sampling* sampling,
                                int32_t columns, int32_t row, int32_t column, int32_t count) {
  while (count > 0) {
    const int32_t now = td_min_int(columns - column, count);
    const int32_t at = sampling->row_origin + row * sampling->row_step;
    td_gather_row(to, to_step, sampling->image + at * sampling->image_row,
                  sampling->column_origin + column * sampling->column_step, sampling->column_step,
                  now, sampling->width);
    to += now * to_step;
    count -= now;
    column = 0;
    ++row;
  }
}

/// A row of a panel: the same for `count` positions, at most a block's. The common case, a whole
/// block in one row and no sample beside the image, is straight code.
TD_INLINE void td_gather_panel_row(float* to, const td_sampling* sampling, int32_t columns,
                                   int32_t row, int32_t column, int32_t count) {
  const int32_t step = sampling->column_step;
  const int32_t first = sampling->column_origin + column * step;
  const int32_t last = first + (TD_BLOCK_COLUMNS - 1) * step;
  if (count == TD_BLOCK_COLUMNS && column + count <= columns && first >= 0 &&
      last < sampling->width) {
    const float* const from =
        sampling->image + first +
        (sampling->row_origin + row * sampling->row_step) * sampling->image_row;
    for (int32_t j = 0; j < TD_BLOCK_COLUMNS; ++j) to[j] = from[j * step];
  } else {
    td_gather_positions(to, 1, sampling, columns, row, column, count);
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

/// How rows of a result meet rows of an image: row r and tap t look at row
/// `r * step + t * tap_step - pad`, which is in the chain of r if it is one of `extent` rows.
typedef struct {
  int32_t rows, step;
  int32_t taps, tap_step;
  int32_t pad;  // may be negative
  int32_t extent;
} td_reach;

/// Rows `begin .. end` of a result, and the taps that are in the chains of each of them.
typedef struct {
  int32_t begin, end;
  int32_t tap, tap_end;
} td_band;

/// The rows all of whose taps meet the image. They are one band, and each row before and after them
/// is one of its own.
static td_band td_full_band(const td_reach* reach) {
  const int32_t last = reach->extent - 1 + reach->pad - (reach->taps - 1) * reach->tap_step;
  td_band band = {.tap_end = reach->taps};
  if (reach->pad > 0) band.begin = td_min_int(td_blocks_of(reach->pad, reach->step), reach->rows);
  if (last >= 0) band.end = td_min_int(last / reach->step + 1, reach->rows);
  band.end = td_max_int(band.begin, band.end);
  return band;
}

/// The band that begins with `row`, or holds it.
static td_band td_band_of(const td_reach* reach, int32_t row) {
  td_band band = td_full_band(reach);
  if (row >= band.begin && row < band.end) return band;
  const int32_t first = row * reach->step - reach->pad;  // what tap 0 looks at
  band.begin = row;
  band.end = row + 1;
  band.tap_end = 0;
  if (first < reach->extent)
    band.tap_end = td_min_int(td_blocks_of(reach->extent - first, reach->tap_step), reach->taps);
  if (first < 0) band.tap = td_min_int(td_blocks_of(-first, reach->tap_step), band.tap_end);
  return band;
}

/// Columns of blocks of a result with `width` columns.
static int32_t td_column_blocks(const td_reach* reach, int32_t width) {
  const td_band full = td_full_band(reach);
  const int32_t full_rows = full.end - full.begin;
  return (reach->rows - full_rows) * td_blocks_of(width, TD_BLOCK_COLUMNS) +
         td_blocks_of(full_rows * width, TD_BLOCK_COLUMNS);
}

/// A column of blocks: `columns` positions of a band, in row-major order.
typedef struct {
  td_band band;
  int32_t position;     // the first, counted from the result's first row
  int32_t row, column;  // the same
  int32_t columns;
} td_block;

static td_block td_block_at(const td_reach* reach, int32_t width, int32_t index) {
  const td_band full = td_full_band(reach);
  const int32_t row_blocks = td_blocks_of(width, TD_BLOCK_COLUMNS);
  const int32_t before = full.begin * row_blocks;
  const int32_t after = before + td_blocks_of((full.end - full.begin) * width, TD_BLOCK_COLUMNS);
  int32_t row = full.begin;
  int32_t block = index - before;  // of the band
  if (index < before) {
    row = index / row_blocks;
    block = index % row_blocks;
  } else if (index >= after) {
    row = full.end + (index - after) / row_blocks;
    block = (index - after) % row_blocks;
  }
  td_block result = {.band = td_band_of(reach, row)};
  result.position = result.band.begin * width + block * TD_BLOCK_COLUMNS;
  result.row = result.position / width;
  result.column = result.position % width;
  result.columns = td_min_int(TD_BLOCK_COLUMNS, result.band.end * width - result.position);
  return result;
}

/// A run of work items along one column of blocks.
typedef struct {
  int32_t outer;         // index of the column of blocks' owner
  int32_t column_block;  // of the owner's
  int32_t row;           // first row
  int32_t rows;
  int32_t items;
} td_run;

static td_run td_run_at(td_range share, int32_t rows, int32_t column_blocks) {
  const int32_t row_blocks = td_blocks_of(rows, TD_BLOCK_ROWS);
  const int32_t row_block = share.begin % row_blocks;
  const int32_t column = share.begin / row_blocks;
  td_run run;
  run.outer = column / column_blocks;
  run.column_block = column % column_blocks;
  run.row = row_block * TD_BLOCK_ROWS;
  run.items = td_min_int(row_blocks - row_block, share.end - share.begin);
  run.rows = td_min_int(run.items * TD_BLOCK_ROWS, rows - run.row);
  return run;
}

static td_range td_share_blocks(int32_t outer, int32_t rows, int32_t column_blocks, td_team team) {
  return td_share(outer * td_blocks_of(rows, TD_BLOCK_ROWS) * column_blocks, team);
}

/// Empty chains from +0.
static void td_clear_outputs(const td_product* p) {
  for (int32_t i = 0; i < p->rows; ++i)
    for (int32_t j = 0; j < p->columns; ++j)
      p->y[i * p->y_row + (p->y_column ? p->y_column[j] : j)] = 0.0f;
}

/// A row of a result whose chains hold the taps of one channel: result column j is
///
///     sum over rows p, columns q of w of w[p][q] * image[row + p * row_tap][from + q * column_tap]
///
/// with `from` = column + j * column_step.
typedef struct {
  float* y;
  int32_t columns;
  const float* image;
  int32_t height, width, image_row;
  const float* w;
  int32_t kernel_height, kernel_width, w_row;
  int32_t row, row_tap;
  int32_t column, column_step, column_tap;
  uint32_t from_zero;  // the chains start from +0, not from y
} td_channel_row;

/// TD_BLOCK_COLUMNS results from column `begin` on; those behind the last are padding. If there are
/// none of them and all samples lie in the image, `is_inside` is a constant 1.
TD_INLINE void td_channel_block(const td_channel_row* p, int32_t begin, int is_inside) {
  float* const y = p->y + begin;
  const int32_t columns = p->columns - begin;
  float sum[TD_BLOCK_COLUMNS];
  TD_LANES for (int j = 0; j < TD_BLOCK_COLUMNS; ++j) {
    sum[j] = p->from_zero || (!is_inside && j >= columns) ? 0.0f : y[j];
  }
  for (int32_t tap_row = 0; tap_row < p->kernel_height; ++tap_row) {
    const int32_t row = p->row + tap_row * p->row_tap;
    if (row < 0 || row >= p->height) continue;
    const float* const w = p->w + tap_row * p->w_row;
    const float* const samples = p->image + row * p->image_row;
    int32_t column = p->column + begin * p->column_step;
    for (int32_t tap = 0; tap < p->kernel_width; ++tap) {
      const float factor = w[tap];
      TD_LANES for (int j = 0; j < TD_BLOCK_COLUMNS; ++j) {
        const int32_t at = column + j * p->column_step;
        const float sample = is_inside || (at >= 0 && at < p->width) ? samples[at] : 0.0f;
        sum[j] = td_fmaf(factor, sample, sum[j]);
      }
      column += p->column_tap;
    }
  }
  TD_LANES for (int j = 0; j < TD_BLOCK_COLUMNS; ++j) {
    if (is_inside || j < columns) y[j] = sum[j];
  }
}

static void td_conv2d_channel_row(const td_channel_row* p) {
  const int32_t reach = (p->kernel_width - 1) * p->column_tap;
  for (int32_t begin = 0; begin < p->columns; begin += TD_BLOCK_COLUMNS) {
    const int32_t first = p->column + begin * p->column_step;
    const int32_t last = first + (TD_BLOCK_COLUMNS - 1) * p->column_step;
    if (begin + TD_BLOCK_COLUMNS <= p->columns && first + td_min_int(reach, 0) >= 0 &&
        last + td_max_int(reach, 0) < p->width)
      td_channel_block(p, begin, 1);
    else
      td_channel_block(p, begin, 0);
  }
}

/// y where a group has one channel and fewer outputs than a block has rows. The work items are
/// rows.
static void td_conv2d_of_channels(const td_conv2d_f32_args* p, td_team team) {
  const int32_t outputs = p->groups * p->outputs;
  const td_range share = td_share(p->batch * outputs * p->out_height, team);
  for (int32_t item = share.begin; item < share.end; ++item) {
    const int32_t row = item % p->out_height;
    const int32_t output = item / p->out_height % outputs;
    const int32_t image = item / p->out_height / outputs;
    const td_channel_row work = {
        .y = p->y + image * p->y_image + output * p->y_channel + row * p->y_row,
        .columns = p->out_width,
        .image = p->x + image * p->x_image + output / p->outputs * p->x_channel,
        .height = p->height,
        .width = p->width,
        .image_row = p->x_row,
        .w = p->w + output * p->w_output,
        .kernel_height = p->kernel_height,
        .kernel_width = p->kernel_width,
        .w_row = p->kernel_width,
        .row = row * p->stride_height - p->pad_top,
        .row_tap = p->dilation_height,
        .column = -p->pad_left,
        .column_step = p->stride_width,
        .column_tap = p->dilation_width,
        .from_zero = !p->accumulate,
    };
    td_conv2d_channel_row(&work);
  }
}

void td_conv2d_f32(const td_conv2d_f32_args* args, td_team team) {
  const td_conv2d_f32_args p = *args;
  if (p.channels == 1 && p.outputs < TD_BLOCK_ROWS) {
    td_conv2d_of_channels(&p, team);
    return;
  }
  const int32_t kernel = p.kernel_height * p.kernel_width;
  const td_reach reach = {.rows = p.out_height,
                          .step = p.stride_height,
                          .taps = p.kernel_height,
                          .tap_step = p.dilation_height,
                          .pad = p.pad_top,
                          .extent = p.height};
  const int32_t column_blocks = td_column_blocks(&reach, p.out_width);
  float panel[TD_PANEL_DEPTH * TD_BLOCK_COLUMNS];
  int32_t y_column[TD_BLOCK_COLUMNS];

  td_range share = td_share_blocks(p.batch * p.groups, p.outputs, column_blocks, team);
  while (share.begin < share.end) {
    const td_run run = td_run_at(share, p.outputs, column_blocks);
    const td_block block = td_block_at(&reach, p.out_width, run.column_block);
    const int32_t image = run.outer / p.groups;
    const int32_t group = run.outer % p.groups;
    for (int32_t j = 0; j < block.columns; ++j) {
      const int32_t position = block.position + j;
      y_column[j] = position / p.out_width * p.y_row + position % p.out_width;
    }
    const int is_dense = p.y_row == p.out_width;
    const int32_t first_output = group * p.outputs + run.row;
    const float* const x = p.x + image * p.x_image + group * p.channels * p.x_channel;
    const float* const w = p.w + first_output * p.w_output + block.band.tap * p.kernel_width;
    td_product product = {
        .y = p.y + image * p.y_image + first_output * p.y_channel + (is_dense ? block.position : 0),
        .y_row = p.y_channel,
        .y_column = is_dense ? 0 : y_column,
        .rows = run.rows,
        .columns = block.columns,
        .a_row = p.w_output,
        .a_col = 1,
        .a_reduce = kernel,
        .b = panel,
        .b_row = TD_BLOCK_COLUMNS,
        .b_col = 1,
        .from_zero = !p.accumulate,
    };
    // The chain is `pieces` pieces of the weights, each dense: one of all channels if all kernel
    // rows are in it, else one for each channel. A panel holds whole pieces or a part of one.
    const int32_t taps = (block.band.tap_end - block.band.tap) * p.kernel_width;
    const int32_t pieces = taps == kernel ? 1 : p.channels;
    const int32_t depth = taps == kernel ? p.channels * kernel : taps;
    const int32_t depth_now = td_min_int(depth, TD_PANEL_DEPTH);
    const int32_t pieces_now = depth_now == depth && depth > 0 ? TD_PANEL_DEPTH / depth : 1;
    if (depth == 0 && product.from_zero) td_clear_outputs(&product);
    for (int32_t piece = 0; piece < pieces && depth > 0; piece += pieces_now) {
      for (int32_t begin = 0; begin < depth; begin += depth_now) {
        product.a = w + piece * kernel + begin;
        product.depth = td_min_int(depth_now, depth - begin);
        product.b_reduce = product.depth * TD_BLOCK_COLUMNS;
        product.reduce = td_min_int(pieces_now, pieces - piece);
        int32_t channel = piece + begin / taps;
        int32_t kernel_row = block.band.tap + begin % taps / p.kernel_width;
        int32_t kernel_column = begin % p.kernel_width;
        for (int32_t k = 0; k < product.reduce * product.depth; ++k) {
          const td_sampling sampling = {
              .image = x + channel * p.x_channel,
              .width = p.width,
              .image_row = p.x_row,
              .row_origin = kernel_row * p.dilation_height - p.pad_top,
              .row_step = p.stride_height,
              .column_origin = kernel_column * p.dilation_width - p.pad_left,
              .column_step = p.stride_width,
          };
          td_gather_panel_row(panel + k * TD_BLOCK_COLUMNS, &sampling, p.out_width, block.row,
                              block.column, block.columns);
          if (++kernel_column == p.kernel_width) {
            kernel_column = 0;
            if (++kernel_row == block.band.tap_end) {
              kernel_row = block.band.tap;
              ++channel;
            }
          }
        }
        td_pad_panel(panel, product.reduce * product.depth, block.columns);
        td_product_column(&product);
        product.from_zero = 0u;
      }
    }
    share.begin += run.items;
  }
}

/// What the blocks of one column of the gradient of w take from rows of y that meet the same rows
/// of the kernel.
static void td_conv2d_weight_grad_band(const td_conv2d_weight_grad_f32_args* p, td_product product,
                                       const float* x, const float* dy, int32_t first_weight,
                                       td_band band) {
  const int32_t kernel = p->kernel_height * p->kernel_width;
  float panel[TD_PANEL_DEPTH * TD_BLOCK_COLUMNS];
  int32_t taken[TD_BLOCK_COLUMNS];     // the columns whose chains the band is in
  int32_t taken_at[TD_BLOCK_COLUMNS];  // and where they lie
  int32_t columns = 0;
  for (int32_t j = 0; j < product.columns; ++j) {
    const int32_t kernel_row = (first_weight + j) % kernel / p->kernel_width;
    if (kernel_row < band.tap || kernel_row >= band.tap_end) continue;
    taken_at[columns] = product.y_column ? product.y_column[j] : j;
    taken[columns++] = j;
  }
  if (columns == 0) return;
  if (columns < product.columns) product.y_column = taken_at;
  product.columns = columns;
  product.b = panel;
  const int32_t end = band.end * p->out_width;
  int32_t begin = band.begin * p->out_width;
  while (begin < end) {
    const int32_t row = begin / p->out_width;
    const int32_t column = begin % p->out_width;
    // Rows of dy that are not side by side are taken one at a time.
    const int32_t left = p->dy_row == p->out_width ? end - begin : p->out_width - column;
    product.depth = td_min_int(TD_PANEL_DEPTH, left);
    product.a = dy + row * p->dy_row + column;
    for (int32_t j = 0; j < columns; ++j) {
      const int32_t weight = first_weight + taken[j];
      const td_sampling sampling = {
          .image = x + weight / kernel * p->x_channel,
          .width = p->width,
          .image_row = p->x_row,
          .row_origin = weight % kernel / p->kernel_width * p->dilation_height - p->pad_top,
          .row_step = p->stride_height,
          .column_origin = weight % p->kernel_width * p->dilation_width - p->pad_left,
          .column_step = p->stride_width,
      };
      td_gather_positions(panel + j, TD_BLOCK_COLUMNS, &sampling, p->out_width, row, column,
                          product.depth);
    }
    td_pad_panel(panel, product.depth, columns);
    td_product_column(&product);
    begin += product.depth;
  }
}

void td_conv2d_weight_grad_f32(const td_conv2d_weight_grad_f32_args* args, td_team team) {
  const td_conv2d_weight_grad_f32_args p = *args;
  const int32_t kernel = p.kernel_height * p.kernel_width;
  const int32_t weights = p.channels * kernel;  // of one output
  const int is_dense = p.dw_row == p.kernel_width && p.dw_channel == kernel;
  int32_t dw_column[TD_BLOCK_COLUMNS];
  const int32_t column_blocks = td_blocks_of(weights, TD_BLOCK_COLUMNS);
  const td_reach reach = {.rows = p.out_height,
                          .step = p.stride_height,
                          .taps = p.kernel_height,
                          .tap_step = p.dilation_height,
                          .pad = p.pad_top,
                          .extent = p.height};

  td_range share = td_share_blocks(p.groups, p.outputs, column_blocks, team);
  while (share.begin < share.end) {
    const td_run run = td_run_at(share, p.outputs, column_blocks);
    const int32_t column = run.column_block * TD_BLOCK_COLUMNS;
    const int32_t first_output = run.outer * p.outputs + run.row;
    const int32_t columns = td_min_int(TD_BLOCK_COLUMNS, weights - column);
    for (int32_t j = 0; j < columns; ++j) {
      const int32_t weight = column + j;
      dw_column[j] = weight / kernel * p.dw_channel + weight % kernel / p.kernel_width * p.dw_row +
                     weight % p.kernel_width;
    }
    const td_product product = {
        .y = p.dw + first_output * p.dw_output + (is_dense ? column : 0),
        .y_row = p.dw_output,
        .y_column = is_dense ? 0 : dw_column,
        .rows = run.rows,
        .columns = columns,
        .a_row = p.dy_channel,
        .a_col = 1,
        .b_row = TD_BLOCK_COLUMNS,
        .b_col = 1,
        .reduce = 1,
        .from_zero = 0u,
    };
    if (!p.accumulate) td_clear_outputs(&product);
    for (int32_t image = 0; image < p.batch; ++image) {
      const float* const x = p.x + image * p.x_image + run.outer * p.channels * p.x_channel;
      const float* const dy = p.dy + image * p.dy_image + first_output * p.dy_channel;
      td_band band = {0};
      while (band.end < p.out_height) {
        band = td_band_of(&reach, band.end);
        td_conv2d_weight_grad_band(&p, product, x, dy, column, band);
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
  phase.first = (residue - pad % stride) % stride;
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

/// Kernel positions of a phase: rows `row .. row_end` and columns `column .. column_end` of the
/// taps.
typedef struct {
  int32_t row, row_end, column, column_end;
} td_taps;

/// Gathers the samples of dy that `outputs` outputs, from the one whose image `dy` is, contribute
/// to a block.
static void td_gather_outputs(float* panel, const td_conv2d_input_grad_f32_args* p, const float* dy,
                              int32_t outputs, td_phase rows, td_phase columns, td_taps taps,
                              td_block block) {
  for (int32_t o = 0; o < outputs; ++o) {
    for (int32_t r = taps.row; r < taps.row_end; ++r) {
      for (int32_t c = taps.column; c < taps.column_end; ++c) {
        const td_sampling sampling = {
            .image = dy + o * p->dy_channel,
            .width = p->out_width,
            .image_row = p->dy_row,
            .row_origin = rows.origin - r * rows.origin_step,
            .row_step = 1,
            .column_origin = columns.origin - c * columns.origin_step,
            .column_step = 1,
        };
        td_gather_panel_row(panel, &sampling, columns.count, block.row, block.column,
                            block.columns);
        panel += TD_BLOCK_COLUMNS;
      }
    }
  }
}

/// What some taps of some outputs contribute to a column of blocks. `w` is the first output's
/// weight at the first of the taps.
static void td_input_grad_product(td_product* product, const td_conv2d_input_grad_f32_args* p,
                                  const float* panel, const float* w, int32_t outputs,
                                  td_phase rows, td_phase columns, td_taps taps) {
  const int32_t kernel = p->kernel_height * p->kernel_width;
  const int32_t row_taps = taps.row_end - taps.row;
  const int32_t column_taps = taps.column_end - taps.column;
  const int32_t taps_now = row_taps * column_taps;
  product->a = w;
  product->b = panel;
  if (taps_now == 1) {  // one long chain over the outputs
    product->a_col = p->w_output;
    product->depth = outputs;
    product->reduce = 1;
    td_product_column(product);
    product->from_zero = 0u;
  } else if (taps_now == kernel && p->w_row == p->kernel_width) {  // dense
    product->a_col = 1;
    product->a_reduce = p->w_output;
    product->depth = kernel;
    product->b_reduce = kernel * TD_BLOCK_COLUMNS;
    product->reduce = outputs;
    td_product_column(product);
    product->from_zero = 0u;
  } else {
    for (int32_t o = 0; o < outputs; ++o) {
      product->a = w + o * p->w_output;
      product->a_col = columns.tap_step;
      product->a_reduce = rows.tap_step * p->w_row;
      product->depth = column_taps;
      product->b_reduce = column_taps * TD_BLOCK_COLUMNS;
      product->reduce = row_taps;
      td_product_column(product);
      product->from_zero = 0u;
      product->b += taps_now * TD_BLOCK_COLUMNS;
    }
  }
}

/// The whole chains of a column of blocks: `taps` of every output. `dy` is the group's first
/// output's image and `w` its weights for the first row of the blocks.
static void td_input_grad_blocks(td_product product, const td_conv2d_input_grad_f32_args* p,
                                 const float* dy, const float* w, td_phase rows, td_phase columns,
                                 td_taps taps, td_block block) {
  float panel[TD_PANEL_DEPTH * TD_BLOCK_COLUMNS];
  // A panel holds whole outputs, or, if a kernel does not fit, some of its rows, or parts of a row.
  const int32_t all_rows = taps.row_end - taps.row;
  const int32_t all_columns = taps.column_end - taps.column;
  const int32_t column_taps = td_min_int(all_columns, TD_PANEL_DEPTH);
  const int32_t row_taps = td_min_int(all_rows, TD_PANEL_DEPTH / column_taps);
  // One unless a kernel is there whole: a part of it fills more than half of the panel.
  const int32_t outputs_at_once = TD_PANEL_DEPTH / (row_taps * column_taps);
  for (int32_t output = 0; output < p->outputs; output += outputs_at_once) {
    const int32_t outputs = td_min_int(outputs_at_once, p->outputs - output);
    td_taps now;
    for (now.row = taps.row; now.row < taps.row_end; now.row = now.row_end) {
      now.row_end = td_min_int(now.row + row_taps, taps.row_end);
      for (now.column = taps.column; now.column < taps.column_end; now.column = now.column_end) {
        now.column_end = td_min_int(now.column + column_taps, taps.column_end);
        td_gather_outputs(panel, p, dy + output * p->dy_channel, outputs, rows, columns, now,
                          block);
        td_pad_panel(panel, outputs * (now.row_end - now.row) * (now.column_end - now.column),
                     block.columns);
        const int32_t row = rows.tap + now.row * rows.tap_step;
        const int32_t column = columns.tap + now.column * columns.tap_step;
        td_input_grad_product(&product, p, panel,
                              w + output * p->w_output + row * p->w_row + column, outputs, rows,
                              columns, now);
      }
    }
  }
}

/// One phase of the gradient of x.
static void td_conv2d_input_grad_phase(const td_conv2d_input_grad_f32_args* p, td_phase rows,
                                       td_phase columns, td_team team) {
  const int is_dense = p->stride_height == 1 && p->stride_width == 1 && p->dx_row == p->width;
  // Row i and tap t meet row `i + origin - t * origin_step` of y; here taps count from the last.
  const td_reach reach = {.rows = rows.count,
                          .step = 1,
                          .taps = rows.taps,
                          .tap_step = rows.origin_step,
                          .pad = (rows.taps - 1) * rows.origin_step - rows.origin,
                          .extent = p->out_height};
  const int32_t column_blocks = td_column_blocks(&reach, columns.count);
  int32_t dx_column[TD_BLOCK_COLUMNS];

  td_range share = td_share_blocks(p->batch * p->groups, p->channels, column_blocks, team);
  while (share.begin < share.end) {
    const td_run run = td_run_at(share, p->channels, column_blocks);
    const td_block block = td_block_at(&reach, columns.count, run.column_block);
    const int32_t image = run.outer / p->groups;
    const int32_t group = run.outer % p->groups;
    for (int32_t j = 0; j < block.columns; ++j) {
      const int32_t position = block.position + j;
      dx_column[j] = (rows.first + position / columns.count * p->stride_height) * p->dx_row +
                     columns.first + position % columns.count * p->stride_width;
    }
    float* const dx = p->dx + image * p->dx_image + (group * p->channels + run.row) * p->dx_channel;
    const td_product product = {
        .y = dx + (is_dense ? block.position : 0),
        .y_row = p->dx_channel,
        .y_column = is_dense ? 0 : dx_column,
        .rows = run.rows,
        .columns = block.columns,
        .a_row = p->w_channel,
        .b_row = TD_BLOCK_COLUMNS,
        .b_col = 1,
        .from_zero = !p->accumulate,
    };
    const td_taps taps = {.row = rows.taps - block.band.tap_end,
                          .row_end = rows.taps - block.band.tap,
                          .column_end = columns.taps};
    const int is_empty = taps.row == taps.row_end || taps.column == taps.column_end;
    if (is_empty && product.from_zero) td_clear_outputs(&product);
    if (!is_empty)
      td_input_grad_blocks(product, p,
                           p->dy + image * p->dy_image + group * p->outputs * p->dy_channel,
                           p->w + group * p->outputs * p->w_output + run.row * p->w_channel, rows,
                           columns, taps, block);
    share.begin += run.items;
  }
}

/// The gradient of x where a group has one output and fewer channels than a block has rows, without
/// strides. The work items are rows.
static void td_conv2d_input_grad_of_channels(const td_conv2d_input_grad_f32_args* p, td_team team) {
  const int32_t channels = p->groups * p->channels;
  const td_range share = td_share(p->batch * channels * p->height, team);
  for (int32_t item = share.begin; item < share.end; ++item) {
    const int32_t row = item % p->height;
    const int32_t channel = item / p->height % channels;
    const int32_t image = item / p->height / channels;
    const int32_t group = channel / p->channels;
    const td_channel_row work = {
        .y = p->dx + image * p->dx_image + channel * p->dx_channel + row * p->dx_row,
        .columns = p->width,
        .image = p->dy + image * p->dy_image + group * p->dy_channel,
        .height = p->out_height,
        .width = p->out_width,
        .image_row = p->dy_row,
        .w = p->w + group * p->w_output + channel % p->channels * p->w_channel,
        .kernel_height = p->kernel_height,
        .kernel_width = p->kernel_width,
        .w_row = p->w_row,
        .row = row + p->pad_top,
        .row_tap = -p->dilation_height,
        .column = p->pad_left,
        .column_step = 1,
        .column_tap = -p->dilation_width,
        .from_zero = !p->accumulate,
    };
    td_conv2d_channel_row(&work);
  }
}

void td_conv2d_input_grad_f32(const td_conv2d_input_grad_f32_args* args, td_team team) {
  const td_conv2d_input_grad_f32_args p = *args;
  if (p.outputs == 1 && p.channels < TD_BLOCK_ROWS && p.stride_height == 1 && p.stride_width == 1) {
    td_conv2d_input_grad_of_channels(&p, team);
    return;
  }
  for (int32_t row = 0; row < p.stride_height; ++row) {
    const td_phase rows =
        td_phase_of(row, p.height, p.stride_height, p.pad_top, p.dilation_height, p.kernel_height);
    for (int32_t column = 0; column < p.stride_width; ++column) {
      const td_phase columns = td_phase_of(column, p.width, p.stride_width, p.pad_left,
                                           p.dilation_width, p.kernel_width);
      td_conv2d_input_grad_phase(&p, rows, columns, team);
    }
  }
}
