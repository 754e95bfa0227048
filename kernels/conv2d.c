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
/// On a core without vector registers, kernels of 3 columns without strides along a row read the
/// image where it lies, in blocks of 4 x 4 results or 4 x 3 gradients of w, if the extents are
/// multiples of 4. Blocks at the edge of an image, which have less to do, are spread over the
/// cores.
///
/// Where a chain holds the taps of one channel only and few results share them (depthwise
/// convolutions), blocks of columns of a row read a patch of the image, with the zeros beside it;
/// taps of 3 neighbours need none, nor does the gradient of x of 3x3 kernels with strides of 2, of
/// which a pair of rows and a pair of columns meet each tap once.
#include "td_plane.h"
#include "td_product.h"
#include "td_reach.h"

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

/// Pads rows of a panel with zeros from column `columns` on.
static void td_pad_panel(float* panel, int32_t depth, int32_t columns) {
  for (int32_t j = columns; j < TD_BLOCK_COLUMNS; ++j)
    for (int32_t k = 0; k < depth; ++k) panel[k * TD_BLOCK_COLUMNS + j] = 0.0f;
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

/// What the positions of a column of blocks look at in an image, at a tap that adds nothing.
typedef struct {
  int32_t at[TD_BLOCK_COLUMNS];      // in elements
  int32_t column[TD_BLOCK_COLUMNS];  // of the image, may lie outside
  int32_t count;
  int is_run;  // a whole block, side by side
} td_positions;

/// Of a result with `columns` columns, whose position (row, column) looks at row `row * row_step`
/// and column `column * column_step`.
static td_positions td_positions_of(td_block block, int32_t columns, int32_t image_row,
                                    int32_t row_step, int32_t column_step) {
  td_positions positions = {.count = block.columns};
  int32_t row = block.row, column = block.column;
  for (int32_t j = 0; j < block.columns; ++j) {
    positions.column[j] = column * column_step;
    positions.at[j] = row * row_step * image_row + positions.column[j];
    if (++column == columns) {
      column = 0;
      ++row;
    }
  }
  const int32_t last = TD_BLOCK_COLUMNS - 1;
  positions.is_run =
      column_step == 1 && block.columns == TD_BLOCK_COLUMNS && block.column + last < columns;
  return positions;
}

/// A tap, which adds (row, column) to what positions look at, in images of `width` columns that lie
/// `step` apart.
typedef struct {
  const float* image;
  int32_t image_row, step, width;
  int32_t row, column;
} td_tap;

/// The samples at a tap in each of `images` images: a row of a panel each, every `to_step`
/// elements. Columns outside of the image, and behind the last, are 0.
static void td_gather_tap(float* to, int32_t to_step, const td_positions* positions, td_tap tap,
                          int32_t images) {
  const int32_t at = tap.row * tap.image_row + tap.column;
  const int32_t first = positions->column[0] + tap.column;
  if (positions->is_run && first >= 0 && first + TD_BLOCK_COLUMNS <= tap.width) {
    const float* const from = tap.image + (at + positions->at[0]);
    for (int32_t i = 0; i < images; ++i)
      for (int32_t j = 0; j < TD_BLOCK_COLUMNS; ++j) to[i * to_step + j] = from[i * tap.step + j];
    return;
  }
  if (positions->is_run) {
    const int32_t begin = td_min_int(td_max_int(-first, 0), TD_BLOCK_COLUMNS);
    const int32_t end = td_max_int(td_min_int(tap.width - first, TD_BLOCK_COLUMNS), begin);
    const float* const from = tap.image;
    for (int32_t i = 0; i < images; ++i, to += to_step) {
      for (int32_t j = 0; j < begin; ++j) to[j] = 0.0f;
      for (int32_t j = begin; j < end; ++j) to[j] = from[i * tap.step + at + positions->at[0] + j];
      for (int32_t j = end; j < TD_BLOCK_COLUMNS; ++j) to[j] = 0.0f;
    }
    return;
  }
  for (int32_t j = 0; j < TD_BLOCK_COLUMNS; ++j) {
    const int32_t column = positions->column[j] + tap.column;
    if (j < positions->count && column >= 0 && column < tap.width) {
      const float* const from = tap.image + (at + positions->at[j]);
      for (int32_t i = 0; i < images; ++i) to[i * to_step + j] = from[i * tap.step];
    } else {
      for (int32_t i = 0; i < images; ++i) to[i * to_step + j] = 0.0f;
    }
  }
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

/// Rows of a result whose chains hold the taps of one channel: element (i, j) is
///
///     sum over rows p, columns q of w of w[p][q] * image[r][c]
///
/// with r = row + i * row_step + p * row_tap, which must be a row of the image, and
/// c = column + j * column_step + q * column_tap, beside which are zeros.
typedef struct {
  float* y;
  int32_t y_row, y_column, columns;
  const float* image;
  int32_t height, width, image_row;
  const float* w;
  int32_t kernel_height, kernel_width, w_row, w_column;
  int32_t row, row_step, row_tap;
  int32_t column, column_step, column_tap;
  uint32_t from_zero;  // the chains start from +0, not from y
} td_channel_rows;

/// A part of an image with the zeros beside it: element (r, c) lies at `(r - row) * width + (c -
/// column)`.
typedef struct {
  float at[TD_PANEL_DEPTH * TD_BLOCK_COLUMNS];
  int32_t row, column, width;
} td_patch;

/// `before` zeros, `count` elements, and `after` zeros: a few each.
static inline void td_copy_between_zeros(float* to, int32_t before, const float* from,
                                         int32_t count, int32_t after) {
  TD_ROLLED for (; before > 0; --before) {
    *to++ = 0.0f;
  }
  for (; count >= 4; count -= 4) {
    const float first = from[0], second = from[1], third = from[2], fourth = from[3];
    from += 4;
    to[0] = first;
    to[1] = second;
    to[2] = third;
    to[3] = fourth;
    to += 4;
  }
  TD_ROLLED for (; count > 0; --count) {
    *to++ = *from++;
  }
  TD_ROLLED for (; after > 0; --after) {
    *to++ = 0.0f;
  }
}

/// What rows `begin .. end` of a result and `columns` columns from `column` on look at.
static void td_copy_patch(td_patch* patch, const td_channel_rows* p, int32_t begin, int32_t end,
                          int32_t column, int32_t columns) {
  const int32_t row_reach = (p->kernel_height - 1) * p->row_tap;
  const int32_t column_reach = (p->kernel_width - 1) * p->column_tap;
  const int32_t first = p->row + begin * p->row_step + td_min_int(row_reach, 0);
  const int32_t last = p->row + (end - 1) * p->row_step + td_max_int(row_reach, 0);
  patch->row = td_max_int(first, 0);
  patch->column = p->column + column * p->column_step + td_min_int(column_reach, 0);
  patch->width = (columns - 1) * p->column_step + td_max_int(column_reach, -column_reach) + 1;
  const int32_t left = td_min_int(td_max_int(-patch->column, 0), patch->width);
  const int32_t right = td_max_int(td_min_int(p->width - patch->column, patch->width), left);
  const int32_t end_row = td_min_int(last, p->height - 1) + 1;
  const float* from = p->image + patch->row * p->image_row + (patch->column + left);
  float* to = patch->at;
  for (int32_t row = patch->row; row < end_row; ++row) {
    td_copy_between_zeros(to, left, from, right - left, patch->width - right);
    to += patch->width;
    from += p->image_row;
  }
}

/// How the taps of a row of a kernel follow one another: three side by side, upwards or downwards,
/// for which a row's samples stay in registers, or in any other way.
typedef enum { td_taps_any, td_taps_3_up, td_taps_3_down } td_row_taps;

/// The rows of taps that are in the chains of a result's row: `rows` of them from `tap` on, the
/// first of which looks at row `row` of the image.
typedef struct {
  int32_t tap, rows, row;
} td_row_chain;

static td_row_chain td_row_chain_of(const td_channel_rows* p, int32_t i) {
  td_row_chain chain = {.row = p->row + i * p->row_step};
  while (chain.tap < p->kernel_height && (chain.row < 0 || chain.row >= p->height)) {
    ++chain.tap;
    chain.row += p->row_tap;
  }
  int32_t row = chain.row;
  for (; chain.tap + chain.rows < p->kernel_height && row >= 0 && row < p->height; ++chain.rows)
    row += p->row_tap;
  return chain;
}

/// TD_BLOCK_COLUMNS results from column `begin` of the row at `y` on; those behind the last are
/// padding. `taps` is a constant.
TD_INLINE void td_channel_block(float* y, const td_channel_rows* p, const td_patch* patch,
                                td_row_chain chain, int32_t begin, td_row_taps taps) {
  const float* w = p->w + chain.tap * p->w_row;
  const float* from = patch->at + (chain.row - patch->row) * patch->width +
                      (p->column - patch->column) +
                      begin * (taps == td_taps_any ? p->column_step : 1);
  const int32_t y_column = taps == td_taps_any ? p->y_column : 1;
  const int32_t columns = td_min_int(p->columns - begin, TD_BLOCK_COLUMNS);
  float ragged[TD_BLOCK_COLUMNS];  // has run-time indices, which sums in registers cannot have
  float sum[TD_BLOCK_COLUMNS];
  y += begin * y_column;
  TD_LANES for (int j = 0; j < TD_BLOCK_COLUMNS; ++j) sum[j] = 0.0f;
  if (!p->from_zero) {
    for (int32_t j = 0; j < TD_BLOCK_COLUMNS; ++j) ragged[j] = j < columns ? y[j * y_column] : 0.0f;
    TD_LANES for (int j = 0; j < TD_BLOCK_COLUMNS; ++j) sum[j] = ragged[j];
  }
  for (; chain.rows > 0; --chain.rows) {
    if (taps != td_taps_any) {
      TD_UNROLL_ROWS for (int tap = 0; tap < 3; ++tap) {
        const float factor = w[tap];
        TD_LANES for (int j = 0; j < TD_BLOCK_COLUMNS; ++j) {
          sum[j] = td_fmaf(factor, from[taps == td_taps_3_up ? j + tap : j - tap], sum[j]);
        }
      }
    } else {
      const float* tap_w = w;
      for (int32_t tap = 0; tap < p->kernel_width; ++tap) {
        const float factor = *tap_w;
        tap_w += p->w_column;
        const float* const met = from + tap * p->column_tap;
        TD_LANES for (int j = 0; j < TD_BLOCK_COLUMNS; ++j) {
          sum[j] = td_fmaf(factor, met[j * p->column_step], sum[j]);
        }
      }
    }
    w += p->w_row;
    from += p->row_tap * patch->width;
  }
  if (columns == TD_BLOCK_COLUMNS && y_column == 1) {
    TD_LANES for (int j = 0; j < TD_BLOCK_COLUMNS; ++j) y[j] = sum[j];
  } else {
    TD_LANES for (int j = 0; j < TD_BLOCK_COLUMNS; ++j) ragged[j] = sum[j];
    for (int32_t j = 0; j < columns; ++j) y[j * y_column] = ragged[j];
  }
}

// Three taps side by side that look at no more than one column beyond the image need no patch.

/// The most columns of a block of results whose sums stay in registers, with nine weights and the
/// samples of a row.
#define TD_NEAR_COLUMNS 6

#if TD_BLOCK_COLUMNS < TD_NEAR_COLUMNS
#define TD_UNROLL_COLUMNS _Pragma("GCC unroll 16")
#else
#define TD_UNROLL_COLUMNS
#endif

/// The samples of a row of such a block, whose columns are up to 2 samples apart.
#define TD_NEAR_SAMPLES (2 * TD_NEAR_COLUMNS + 1)

/// What the first tap of a block of columns looks at: `met` at the sample of the first column but
/// one, `left` and `right` at those before and behind the block's, or at a zero; and how far they
/// go from one row of taps, or of results, to the next.
typedef struct {
  const float *met, *left, *right;
  int32_t met_tap, left_tap, right_tap;
  int32_t met_row, left_row, right_row;
} td_near;

/// For columns `column .. column + columns` of rows whose first has `chain`.
static td_near td_near_of(const td_channel_rows* p, td_row_chain chain, int32_t column,
                          int32_t columns, const float* zero) {
  const int32_t first = p->column + column * p->column_step + td_min_int(2 * p->column_tap, 0);
  const float* const from = p->image + chain.row * p->image_row + first;
  const int32_t last = (columns - 1) * p->column_step + 2;
  const int has_left = first >= 0, has_right = first + last < p->width;
  td_near near = {.met = from + 1, .left = has_left ? from : zero};
  near.right = has_right ? from + last : zero;
  near.met_tap = p->row_tap * p->image_row;
  near.met_row = p->row_step * p->image_row;
  near.left_tap = has_left ? near.met_tap : 0;
  near.left_row = has_left ? near.met_row : 0;
  near.right_tap = has_right ? near.met_tap : 0;
  near.right_row = has_right ? near.met_row : 0;
  return near;
}

/// The `count` samples of a row of taps, a constant; to the next one.
TD_INLINE void td_take_samples(float* sample, td_near* at, int count) {
  sample[0] = *at->left;
  TD_UNROLL_COLUMNS for (int j = 1; j < count - 1; ++j) sample[j] = at->met[j - 1];
  sample[count - 1] = *at->right;
  at->met += at->met_tap;
  at->left += at->left_tap;
  at->right += at->right_tap;
}

TD_INLINE void td_next_near_row(td_near* at) {
  at->met += at->met_row;
  at->left += at->left_row;
  at->right += at->right_row;
}

/// Adds a row of 3 taps to the sums of a block's row, whose columns are `step` samples apart;
/// rightwards if `is_up`.
TD_INLINE void td_add_near_taps(float* sum, const float* factor, const float* sample, int columns,
                                int step, int is_up) {
  TD_UNROLL_ROWS for (int q = 0; q < 3; ++q) {
    TD_UNROLL_COLUMNS for (int j = 0; j < columns; ++j) {
      sum[j] = td_fmaf(factor[q], sample[j * step + (is_up ? q : 2 - q)], sum[j]);
    }
  }
}

/// A block of `columns` columns, `step` samples apart, both constants, of `rows` rows whose chains
/// hold `tap_rows` rows of 3 taps: rightwards if `is_up`, a constant, else leftwards. If `is_3x3`,
/// a constant, there are three of them, and they stay in registers.
TD_INLINE void td_near_block_of(float* y, int32_t y_row, td_near at, int32_t rows, const float* w,
                                int32_t w_row, int32_t tap_rows, int columns, int step, int is_up,
                                int is_3x3) {
  const int samples = (columns - 1) * step + 3;
  float sum[TD_NEAR_COLUMNS], sample[TD_NEAR_SAMPLES], factor[3][3];
  if (is_3x3) {
    TD_UNROLL_ROWS for (int p = 0; p < 3; ++p) {
      TD_UNROLL_ROWS for (int q = 0; q < 3; ++q) factor[p][q] = w[p * w_row + q];
    }
  }
  for (; rows > 0; --rows) {
    td_near row = at;
    TD_UNROLL_COLUMNS for (int j = 0; j < columns; ++j) sum[j] = 0.0f;
    if (is_3x3) {
      TD_UNROLL_ROWS for (int p = 0; p < 3; ++p) {
        td_take_samples(sample, &row, samples);
        td_add_near_taps(sum, factor[p], sample, columns, step, is_up);
      }
    } else {
      TD_ROLLED for (int32_t p = 0; p < tap_rows; ++p) {
        td_take_samples(sample, &row, samples);
        td_add_near_taps(sum, w + p * w_row, sample, columns, step, is_up);
      }
    }
    TD_UNROLL_COLUMNS for (int j = 0; j < columns; ++j) y[j] = sum[j];
    y += y_row;
    td_next_near_row(&at);
  }
}

TD_INLINE void td_near_block(float* y, int32_t y_row, td_near at, int32_t rows, const float* w,
                             int32_t w_row, int32_t tap_rows, int columns, int is_up) {
  if (tap_rows == 3)
    td_near_block_of(y, y_row, at, rows, w, w_row, 3, columns, 1, is_up, 1);
  else
    td_near_block_of(y, y_row, at, rows, w, w_row, tap_rows, columns, 1, is_up, 0);
}

/// Rows `begin .. end`, all with `chain`, in blocks of 3 to 6 columns.
TD_INLINE void td_near_columns(const td_channel_rows* p, td_row_chain chain, int32_t begin,
                               int32_t end, int is_up) {
  const float zero = 0.0f;
  const float* const w = p->w + chain.tap * p->w_row;
  int32_t column = 0;
  for (int32_t blocks = td_blocks_of(p->columns, TD_NEAR_COLUMNS); blocks > 0; --blocks) {
    const int32_t columns = td_blocks_of(p->columns - column, blocks);
    const td_near at = td_near_of(p, chain, column, columns, &zero);
    float* const y = p->y + begin * p->y_row + column;
    const int32_t rows = end - begin;
    switch (columns) {
      case 3:
        td_near_block(y, p->y_row, at, rows, w, p->w_row, chain.rows, 3, is_up);
        break;
      case 4:
        td_near_block(y, p->y_row, at, rows, w, p->w_row, chain.rows, 4, is_up);
        break;
      case 5:
        td_near_block(y, p->y_row, at, rows, w, p->w_row, chain.rows, 5, is_up);
        break;
      default:
        td_near_block(y, p->y_row, at, rows, w, p->w_row, chain.rows, 6, is_up);
        break;
    }
    column += columns;
  }
}

/// Rows `begin .. end`, all with `chain`, whose columns are two samples apart. The last block ends
/// with the row: what it shares with the one before it is computed twice.
static TD_OWN_CODE void td_near_spaced_columns(const td_channel_rows* p, td_row_chain chain,
                                               int32_t begin, int32_t end) {
  const float zero = 0.0f;
  const float* const w = p->w + chain.tap * p->w_row;
  int32_t left = p->columns;
  while (left > 0) {
    const int32_t columns = left < TD_NEAR_COLUMNS ? 3 : TD_NEAR_COLUMNS;
    const int32_t column = p->columns - td_max_int(left, 3);
    const td_near at = td_near_of(p, chain, column, columns, &zero);
    float* const y = p->y + begin * p->y_row + column;
    if (columns == 3)
      td_near_block_of(y, p->y_row, at, end - begin, w, p->w_row, chain.rows, 3, 2, 1, 0);
    else
      td_near_block_of(y, p->y_row, at, end - begin, w, p->w_row, chain.rows, TD_NEAR_COLUMNS, 2, 1,
                       0);
    left -= columns;
  }
}

/// Whether a row's taps are three neighbours that look at no more than one column beyond the image,
/// columns `step` samples apart, and results too few for blocks of TD_BLOCK_COLUMNS.
static int td_is_near(const td_channel_rows* p, int32_t step) {
  const int32_t first = p->column + td_min_int(2 * p->column_tap, 0);
  return (TD_BLOCK_COLUMNS < TD_NEAR_COLUMNS || p->columns < TD_BLOCK_COLUMNS) &&
         p->kernel_width == 3 && p->column_step == step && p->y_column == 1 &&
         (p->column_tap == 1 || (p->column_tap == -1 && step == 1)) && p->columns >= 3 &&
         first >= -1 && first + (p->columns - 1) * step + 2 <= p->width;
}

/// The rows of `begin .. end` whose chains hold all taps; none: `begin` is `end`. Few do not, and a
/// division takes longer than to pass over some.
static TD_OWN_CODE td_range td_rows_with_all_taps(const td_channel_rows* p, int32_t begin,
                                                  int32_t end) {
  const int32_t reach = (p->kernel_height - 1) * p->row_tap;
  const int32_t first = p->row + td_min_int(reach, 0), last = p->row + td_max_int(reach, 0);
  td_range rows = {.begin = begin, .end = end};
  while (rows.begin < rows.end && first + rows.begin * p->row_step < 0) ++rows.begin;
  while (rows.begin < rows.end && last + (rows.end - 1) * p->row_step >= p->height) --rows.end;
  if (rows.begin == rows.end) rows.begin = rows.end = end;
  return rows;
}

/// Rows `begin .. end` straight from the image. `is_up`, a constant: taps look rightwards. Only
/// then columns may be two samples apart.
TD_INLINE void td_near_rows(const td_channel_rows* rows, int32_t begin, int32_t end, int is_up) {
  const td_channel_rows p = *rows;  // which no result can be part of
  const td_range all = td_rows_with_all_taps(rows, begin, end);
  while (begin < end) {
    const int32_t next = begin == all.begin ? all.end : begin + 1;
    const td_row_chain chain = td_row_chain_of(&p, begin);
    if (is_up && p.column_step == 2)
      td_near_spaced_columns(rows, chain, begin, next);
    else
      td_near_columns(&p, chain, begin, next, is_up);
    begin = next;
  }
}

/// The results that a patch is for.
static void td_channel_patch(const td_channel_rows* rows, const td_patch* patch, int32_t begin,
                             int32_t end, int32_t column, int32_t column_end) {
  const td_channel_rows p = *rows;  // which no result can be part of
  // Where blocks are narrow, most rows of 3 taps need no patch.
  const int is_3 = TD_BLOCK_COLUMNS > TD_NEAR_COLUMNS && p.kernel_width == 3 &&
                   p.column_step == 1 && p.y_column == 1;
  for (int32_t i = begin; i < end; ++i) {
    const td_row_chain chain = td_row_chain_of(&p, i);
    float* const y = p.y + i * p.y_row;
    if (is_3 && p.column_tap == 1)
      for (int32_t j = column; j < column_end; j += TD_BLOCK_COLUMNS)
        td_channel_block(y, &p, patch, chain, j, td_taps_3_up);
    else if (is_3 && p.column_tap == -1)
      for (int32_t j = column; j < column_end; j += TD_BLOCK_COLUMNS)
        td_channel_block(y, &p, patch, chain, j, td_taps_3_down);
    else
      for (int32_t j = column; j < column_end; j += TD_BLOCK_COLUMNS)
        td_channel_block(y, &p, patch, chain, j, td_taps_any);
  }
}

/// Rows and columns of results, whole blocks of them, whose patch there is room for.
typedef struct {
  int32_t rows, columns;  // 0: the kernel's reach is too large
} td_patch_extent;

/// As wide as leaves room for a few rows.
static td_patch_extent td_patch_for(const td_channel_rows* p) {
  const int32_t room = TD_PANEL_DEPTH * TD_BLOCK_COLUMNS;
  const int32_t row_reach = (p->kernel_height - 1) * td_max_int(p->row_tap, -p->row_tap);
  const int32_t column_reach = (p->kernel_width - 1) * td_max_int(p->column_tap, -p->column_tap);
  const int32_t wide = room / (row_reach + 1 + 3 * p->row_step) - column_reach;
  const int32_t blocks = wide > 0 ? ((wide - 1) / p->column_step + 1) / TD_BLOCK_COLUMNS : 0;
  td_patch_extent extent = {0};
  extent.columns = TD_BLOCK_COLUMNS *
                   td_min_int(td_max_int(blocks, 1), td_blocks_of(p->columns, TD_BLOCK_COLUMNS));
  const int32_t width = (extent.columns - 1) * p->column_step + column_reach + 1;
  if (room / width > row_reach) extent.rows = (room / width - row_reach - 1) / p->row_step + 1;
  return extent;
}

/// Rows `begin .. end`, straight from the image or patch by patch. `is_up`, a constant: taps look
/// rightwards.
TD_INLINE void td_conv2d_channel_rows(const td_channel_rows* p, int32_t begin, int32_t end,
                                      int is_up) {
  if (p->from_zero && (td_is_near(p, 1) || (is_up && td_is_near(p, 2)))) {
    td_near_rows(p, begin, end, is_up);
    return;
  }
  const td_patch_extent extent = td_patch_for(p);
  td_patch patch;
  for (int32_t i = begin; i < end; i += extent.rows)
    for (int32_t j = 0; j < p->columns; j += extent.columns) {
      const int32_t i_end = td_min_int(i + extent.rows, end);
      td_copy_patch(&patch, p, i, i_end, j, extent.columns);
      td_channel_patch(p, &patch, i, i_end, j, td_min_int(j + extent.columns, p->columns));
    }
}

#if defined(__riscv)
// Straight from the image, without panels: the samples of a row stay in registers over its three
// taps. A block of 4 x 4 results takes 18 loads for 48 multiply-adds, one of 4 x 3 gradients of w
// takes 20, where a panel's block takes 24 and the panel is to be gathered. Multiply-adds, in
// groups of those with one factor, never have more than one other instruction between them, as in
// td_product.h. So what moves to the next row is spread over a turn and computed in each, with
// masks in place of branches: of the 96 cycles in which two cores take 48 multiply-adds each from
// their FPU, a core needs 88.

/// A block of four results i, each four columns of one row of its image, whose chains go along
/// `count` channels of the image and the taps of each.
typedef struct {
  float* y;
  int32_t y_result;  // from i to i + 1
  const float* w;    // of the first tap in the chain
  int32_t w_result, w_channel, w_row;
  td_near at;
  int32_t image;  // from channel to channel
  int32_t count, tap_rows;
  uint32_t from_zero;
} td_near_result_block;

/// Where a turn, a row of three taps, finds what it needs, and how it moves to the next one, in
/// bytes. Samples are counted along the taps, so from the right if those look leftwards: 0 lies
/// before a block of columns, 5 behind it.
typedef struct {
  const float *met, *before, *behind;
  const float* w[4];
  int32_t count, left, at_end;         // channels, rows of taps but one; -1 at a channel's end
  int32_t rows;                        // of taps of a channel
  int32_t met_tap, w_tap;              // to the next row of taps
  int32_t met_next, w_next;            // and how much farther to the next channel
  int32_t before_moves, behind_moves;  // -1, or 0 where a zero is looked at
} td_near_turn;

/// Sample `k` of 1 .. 4.
TD_INLINE float td_near_sample(const td_near_turn* turn, int k, int is_up) {
  return turn->met[is_up ? k - 1 : 4 - k];
}

/// `value`, computed here.
TD_INLINE int32_t td_kept(int32_t value) {
  TD_KEEP(value);
  return value;
}

/// All turns of a block. The samples 0 .. 3 and the first factor of the next turn take the places
/// of what is not needed any more. Behind the very last turn nothing may be read: it moves by 0.
TD_INLINE void td_near_turns(float sum[4][4], td_near_turn* turn, int is_up) {
  float s[6], factor[2];
  int32_t step = 0, side = 0;
  s[0] = *turn->before;
  TD_UNROLL_ROWS for (int k = 1; k < 4; ++k) s[k] = td_near_sample(turn, k, is_up);
  factor[0] = turn->w[0][0];
  TD_ALIGN_LOOP(turn->count);
  TD_ROLLED do {
    TD_UNROLL_ROWS for (int q = 0; q < 3; ++q) {
      TD_UNROLL_ROWS for (int i = 0; i < 4; ++i) {
        const int group = 4 * q + i;
        float* const to = sum[i];
        const float now = factor[i % 2];
        to[is_up ? 0 : 3] = td_fmaf(now, s[q], to[is_up ? 0 : 3]);
        if (group < 11) factor[1 - i % 2] = turn->w[(i + 1) % 4][i < 3 ? q : q + 1];
        if (group == 11) s[2] = td_near_sample(turn, 2, is_up);
        to[is_up ? 1 : 2] = td_fmaf(now, s[q + 1], to[is_up ? 1 : 2]);
        if (group == 0) s[4] = td_near_sample(turn, 4, is_up);
        if (group == 1) s[5] = *turn->behind;
        if (group == 2) step = td_kept(turn->rows & turn->at_end);
        if (group == 3) turn->count = td_kept(turn->count + turn->at_end);
        if (group == 4) step = td_kept(turn->met_next & turn->at_end);
        if (group == 5) turn->met = td_behind(turn->met, step);
        if (group == 6) turn->before = td_behind(turn->before, side);
        if (group == 7) turn->behind = td_behind(turn->behind, side);
        if (group == 8) s[1] = td_near_sample(turn, 1, is_up);
        if (group == 9) step = td_kept(step + turn->w_tap);
        if (group == 10) turn->w[1] = td_behind(turn->w[1], step);
        if (group == 11) s[3] = td_near_sample(turn, 3, is_up);
        to[is_up ? 2 : 1] = td_fmaf(now, s[q + 2], to[is_up ? 2 : 1]);
        if (group == 0) turn->left = td_kept(turn->left - 1);
        if (group == 1) turn->at_end = td_kept(turn->left >> 31);
        if (group == 2) turn->left = td_kept(turn->left + step);
        if (group == 3) {
          if (__builtin_expect(turn->count == 0, 0)) {
            turn->met_next = -turn->met_tap;
            turn->w_next = -turn->w_tap;
          }
          TD_KEEP(turn->met_next);
          TD_KEEP(turn->w_next);
        }
        if (group == 4) step = td_kept(step + turn->met_tap);
        if (group == 5) side = td_kept(step & turn->before_moves);
        if (group == 6) side = td_kept(step & turn->behind_moves);
        if (group == 7) s[0] = *turn->before;
        if (group == 8) step = td_kept(turn->w_next & turn->at_end);
        if (group == 9) turn->w[0] = td_behind(turn->w[0], step);
        if (group == 10) turn->w[2] = td_behind(turn->w[2], step);
        if (group == 11) factor[0] = turn->w[0][0];
        to[is_up ? 3 : 0] = td_fmaf(now, s[q + 3], to[is_up ? 3 : 0]);
        if (group == 11) turn->w[3] = td_behind(turn->w[3], step);
      }
    }
  }
  while (turn->count > 0);
}

/// One block. `is_up`, a constant: taps look rightwards.
TD_INLINE void td_near_results(const td_near_result_block* block, int is_up) {
  float sum[4][4];
  const volatile float zero = 0.0f;  // a constant would come through the FPU
  const int32_t y_result = 4 * block->y_result, w_result = 4 * block->w_result;
  const int32_t left_moves = block->at.left_tap ? -1 : 0;
  const int32_t right_moves = block->at.right_tap ? -1 : 0;
  float* y = block->y;
  if (__builtin_expect(block->from_zero != 0u, 1)) {
    TD_UNROLL_ROWS for (int i = 0; i < 4; ++i) {
      TD_UNROLL_ROWS for (int j = 0; j < 4; ++j) sum[i][j] = zero;
    }
  } else {
    const float* from = y;
    TD_UNROLL_ROWS for (int i = 0; i < 4; ++i) {
      TD_UNROLL_ROWS for (int j = 0; j < 4; ++j) sum[i][j] = from[j];
      from = td_behind(from, y_result);
    }
  }
  td_near_turn turn = {
      .met = block->at.met,
      .before = is_up ? block->at.left : block->at.right,
      .behind = is_up ? block->at.right : block->at.left,
      .w = {block->w},
      .count = block->count,
      .left = block->tap_rows - 1,
      .rows = block->tap_rows,
      .met_tap = 4 * block->at.met_tap,
      .w_tap = 4 * block->w_row,
      .before_moves = is_up ? left_moves : right_moves,
      .behind_moves = is_up ? right_moves : left_moves,
  };
  TD_UNROLL_ROWS for (int i = 1; i < 4; ++i) turn.w[i] = td_behind(turn.w[i - 1], w_result);
  turn.met_next = 4 * block->image - turn.rows * turn.met_tap;
  turn.w_next = 4 * block->w_channel - turn.rows * turn.w_tap;
  if (__builtin_expect(turn.rows > 0, 1)) td_near_turns(sum, &turn, is_up);
  TD_UNROLL_ROWS for (int i = 0; i < 4; ++i) {
    TD_UNROLL_ROWS for (int j = 0; j < 4; ++j) y[j] = sum[i][j];
    y = (float*)td_behind(y, y_result);
  }
}

TD_AS_WRITTEN("no-schedule-insns")
static TD_OWN_CODE void td_near_results_up(const td_near_result_block* block) {
  td_near_results(block, 1);
}

TD_AS_WRITTEN("no-schedule-insns")
static TD_OWN_CODE void td_near_results_down(const td_near_result_block* block) {
  td_near_results(block, 0);
}

/// Images of results, and images and weights that their chains go along.
typedef struct {
  float* y;
  int32_t y_image, y_group, y_result;
  const float* x;
  int32_t x_image, x_group, x_channel;
  const float* w;
  int32_t w_group, w_result, w_channel;
  int32_t images, groups, results, height, channels;
} td_near_images;

/// All results. Blocks are dealt to the cores one by one, along a column of blocks first, so that
/// each core gets its part of those that have less to do.
static TD_OWN_CODE void td_near_all_results(const td_near_images* p, const td_channel_rows* all,
                                            td_team team) {
  const float zero = 0.0f;
  td_channel_rows rows = *all;
  int32_t image = 0, group = 0, row = 0, column = 0;
  for (int32_t result = 4 * (int32_t)team.core;; result += 4 * (int32_t)team.cores) {
    while (result >= p->results) {
      result -= p->results;
      column += 4;
      if (column < rows.columns) continue;
      column = 0;
      if (++row < p->height) continue;
      row = 0;
      if (++group < p->groups) continue;
      group = 0;
      if (++image == p->images) return;
    }
    const td_row_chain chain = td_row_chain_of(&rows, row);
    rows.image = p->x + image * p->x_image + group * p->x_group;
    const td_near_result_block block = {
        .y = p->y + image * p->y_image + group * p->y_group + result * p->y_result +
             row * rows.y_row + column,
        .y_result = p->y_result,
        .w = p->w + group * p->w_group + result * p->w_result + chain.tap * rows.w_row,
        .w_result = p->w_result,
        .w_channel = p->w_channel,
        .w_row = rows.w_row,
        .at = td_near_of(&rows, chain, column, 4, &zero),
        .image = p->x_channel,
        .count = p->channels,
        .tap_rows = chain.rows,
        .from_zero = rows.from_zero,
    };
    if (rows.column_tap > 0)
      td_near_results_up(&block);
    else
      td_near_results_down(&block);
  }
}

/// Whether a group's `results` images, or outputs, with such rows are whole blocks of that kind.
static int td_has_near_blocks(const td_channel_rows* rows, int32_t results) {
  return td_is_near(rows, 1) && rows->image_row != 0 && rows->columns % 4 == 0 && results % 4 == 0;
}
#endif

/// The first row of the next image's plane, without divisions.
static inline void td_to_next_plane(td_plane_row* at, int32_t channels) {
  at->row = 0;
  if (++at->channel == channels) {
    at->channel = 0;
    ++at->image;
  }
}

/// The group of a channel, of `channels` each.
static inline int32_t td_group_of(int32_t channel, int32_t channels) {
  return channels > 1 ? channel / channels : channel;
}

/// Whether chains of one channel's taps that so few results share are computed from patches.
static int td_has_channel_rows(const td_channel_rows* p, int32_t channels, int32_t outputs) {
  return channels == 1 && outputs < TD_BLOCK_ROWS && td_patch_for(p).rows > 0;
}

/// How rows of y look at x; whose they are is not said.
static td_channel_rows td_rows_of_y(const td_conv2d_f32_args* p) {
  const td_channel_rows rows = {.y_row = p->y_row,
                                .y_column = 1,
                                .columns = p->out_width,
                                .height = p->height,
                                .width = p->width,
                                .image_row = p->x_row,
                                .kernel_height = p->kernel_height,
                                .kernel_width = p->kernel_width,
                                .w_row = p->kernel_width,
                                .w_column = 1,
                                .row = -p->pad_top,
                                .row_step = p->stride_height,
                                .row_tap = p->dilation_height,
                                .column = -p->pad_left,
                                .column_step = p->stride_width,
                                .column_tap = p->dilation_width,
                                .from_zero = !p->accumulate};
  return rows;
}

/// y where a group has one channel and fewer outputs than a block has rows. The work items are
/// rows.
static void td_conv2d_of_channels(const td_conv2d_f32_args* p, td_channel_rows rows, td_team team) {
  const int32_t outputs = p->groups * p->outputs;
  const td_range share = td_share(p->batch * outputs * p->out_height, team);
  td_plane_row at = td_plane_row_at(share.begin, outputs, p->out_height);
  for (int32_t item = share.begin; item < share.end; td_to_next_plane(&at, outputs)) {
    const int32_t end = td_min_int(p->out_height, at.row + share.end - item);
    rows.y = p->y + at.image * p->y_image + at.channel * p->y_channel;
    rows.image = p->x + at.image * p->x_image + td_group_of(at.channel, p->outputs) * p->x_channel;
    rows.w = p->w + at.channel * p->w_output;
    td_conv2d_channel_rows(&rows, at.row, end, 1);
    item += end - at.row;
  }
}

#if defined(__riscv)
/// y from blocks of four outputs and four columns of a row.
static void td_conv2d_near(const td_conv2d_f32_args* p, const td_channel_rows* rows, td_team team) {
  const td_near_images images = {
      .y = p->y,
      .y_image = p->y_image,
      .y_group = p->outputs * p->y_channel,
      .y_result = p->y_channel,
      .x = p->x,
      .x_image = p->x_image,
      .x_group = p->channels * p->x_channel,
      .x_channel = p->x_channel,
      .w = p->w,
      .w_group = p->outputs * p->w_output,
      .w_result = p->w_output,
      .w_channel = p->kernel_height * p->kernel_width,
      .images = p->batch,
      .groups = p->groups,
      .results = p->outputs,
      .height = p->out_height,
      .channels = p->channels,
  };
  td_near_all_results(&images, rows, team);
}
#endif

void td_conv2d_f32(const td_conv2d_f32_args* args, td_team team) {
  const td_conv2d_f32_args p = *args;
  const td_channel_rows rows = td_rows_of_y(&p);
  if (td_has_channel_rows(&rows, p.channels, p.outputs)) {
    td_conv2d_of_channels(&p, rows, team);
    return;
  }
#if defined(__riscv)
  if (td_has_near_blocks(&rows, p.outputs)) {
    td_conv2d_near(&p, &rows, team);
    return;
  }
#endif
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
    // A panel holds whole channels, or a part of one. The weights of a channel's taps are dense,
    // and those of all channels if all kernel rows are in the chain.
    const int32_t taps = (block.band.tap_end - block.band.tap) * p.kernel_width;
    const int32_t taps_now = td_min_int(taps, TD_PANEL_DEPTH);
    const int32_t channels_now = taps > 0 ? TD_PANEL_DEPTH / taps_now : p.channels;
    const td_positions positions =
        td_positions_of(block, p.out_width, p.x_row, p.stride_height, p.stride_width);
    if (taps == 0 && product.from_zero) td_clear_outputs(&product);
    for (int32_t channel = 0; channel < p.channels; channel += channels_now) {
      const int32_t channels = td_min_int(channels_now, p.channels - channel);
      for (int32_t begin = 0; begin < taps; begin += taps_now) {
        const int32_t count = td_min_int(taps_now, taps - begin);
        for (int32_t t = 0; t < count; ++t) {
          const int32_t kernel_row = block.band.tap + (begin + t) / p.kernel_width;
          const int32_t kernel_column = (begin + t) % p.kernel_width;
          const td_tap tap = {.image = x + channel * p.x_channel,
                              .image_row = p.x_row,
                              .step = p.x_channel,
                              .width = p.width,
                              .row = kernel_row * p.dilation_height - p.pad_top,
                              .column = kernel_column * p.dilation_width - p.pad_left};
          td_gather_tap(panel + t * TD_BLOCK_COLUMNS, count * TD_BLOCK_COLUMNS, &positions, tap,
                        channels);
        }
        product.a = w + channel * kernel + begin;
        product.b_reduce = count * TD_BLOCK_COLUMNS;
        product.depth = taps == kernel ? channels * count : count;
        product.reduce = taps == kernel ? 1 : channels;
        td_product_of_panel(&product);
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
    td_product_of_panel(&product);
    begin += product.depth;
  }
}

/// A row of taps of a kernel whose chains hold the positions of one channel, for which rows of dy
/// stand in place of those of `p->y`: what rows `begin .. end` and columns `column .. column_end`
/// of it and the patch that they look at give to `taps` of them from `tap` on, a constant. If
/// `is_unit`, a constant, steps between columns and taps are 1, and samples of four positions stay
/// in registers.
TD_INLINE void td_channel_weights(float* dw, const float* first_dy, const td_channel_rows* p,
                                  const td_patch* patch, int32_t begin, int32_t end, int32_t column,
                                  int32_t column_end, int32_t tap_row, int32_t tap, int taps,
                                  int is_unit) {
  const int32_t step = is_unit ? 1 : p->column_step, tap_step = is_unit ? 1 : p->column_tap;
  float sum[TD_BLOCK_ROWS];
  for (int t = 0; t < taps; ++t) sum[t] = dw[tap + t];
  for (int32_t i = begin; i < end; ++i) {
    const int32_t row = p->row + i * p->row_step + tap_row * p->row_tap;
    if (row < 0 || row >= p->height) continue;
    const float* dy = first_dy + i * p->y_row + column;
    const float* from = patch->at + (row - patch->row) * patch->width +
                        (p->column + column * step + tap * tap_step - patch->column);
    int32_t left = column_end - column;
    for (; is_unit && left >= 4; left -= 4) {
      TD_UNROLL_ROWS for (int j = 0; j < 4; ++j) {
        TD_UNROLL_ROWS for (int t = 0; t < taps; ++t) {
          sum[t] = td_fmaf(dy[j], from[j + t], sum[t]);
        }
      }
      dy += 4;
      from += 4;
    }
    for (; left > 0; --left) {
      const float factor = *dy++;
      TD_UNROLL_ROWS for (int t = 0; t < taps; ++t) {
        sum[t] = td_fmaf(factor, from[t * tap_step], sum[t]);
      }
      from += step;
    }
  }
  for (int t = 0; t < taps; ++t) dw[tap + t] = sum[t];
}

/// All taps of a kernel, as `td_channel_weights`; rows of them lie `dw_row` apart.
static void td_channel_weights_of_patch(float* dw, int32_t dw_row, const float* dy,
                                        const td_channel_rows* rows, const td_patch* patch,
                                        int32_t begin, int32_t end, int32_t column,
                                        int32_t column_end) {
  const td_channel_rows p = *rows;  // which no result can be part of
  const int is_unit = p.column_step == 1 && p.column_tap == 1;
  for (int32_t tap_row = 0; tap_row < p.kernel_height; ++tap_row, dw += dw_row) {
    int32_t tap = 0;
    for (; tap + 3 <= p.kernel_width; tap += 3) {
      if (is_unit)
        td_channel_weights(dw, dy, &p, patch, begin, end, column, column_end, tap_row, tap, 3, 1);
      else
        td_channel_weights(dw, dy, &p, patch, begin, end, column, column_end, tap_row, tap, 3, 0);
    }
    for (; tap < p.kernel_width; ++tap)
      td_channel_weights(dw, dy, &p, patch, begin, end, column, column_end, tap_row, tap, 1, 0);
  }
}

/// What `rows` rows of `columns` positions of dy, a constant, give to `tap_rows` rows of 3 taps, a
/// constant up to 3.
TD_INLINE void td_near_weights_block(float* dw, int32_t dw_row, const float* dy, int32_t dy_row,
                                     td_near at, int32_t rows, int tap_rows, int columns) {
  float sum[3][3], factor[TD_NEAR_COLUMNS], sample[TD_NEAR_COLUMNS + 2];
  TD_UNROLL_ROWS for (int p = 0; p < tap_rows; ++p) {
    TD_UNROLL_ROWS for (int q = 0; q < 3; ++q) sum[p][q] = dw[p * dw_row + q];
  }
  for (; rows > 0; --rows) {
    td_near row = at;
    TD_UNROLL_COLUMNS for (int j = 0; j < columns; ++j) factor[j] = dy[j];
    TD_UNROLL_ROWS for (int p = 0; p < tap_rows; ++p) {
      td_take_samples(sample, &row, columns + 2);
      TD_UNROLL_COLUMNS for (int j = 0; j < columns; ++j) {
        TD_UNROLL_ROWS for (int q = 0; q < 3; ++q) {
          sum[p][q] = td_fmaf(factor[j], sample[j + q], sum[p][q]);
        }
      }
    }
    dy += dy_row;
    td_next_near_row(&at);
  }
  TD_UNROLL_ROWS for (int p = 0; p < tap_rows; ++p) {
    TD_UNROLL_ROWS for (int q = 0; q < 3; ++q) dw[p * dw_row + q] = sum[p][q];
  }
}

/// The same for 3 to 6 columns.
TD_INLINE void td_near_weights_of_rows(float* dw, int32_t dw_row, const float* dy, int32_t dy_row,
                                       td_near at, int32_t rows, int tap_rows, int32_t columns) {
  switch (columns) {
    case 3:
      td_near_weights_block(dw, dw_row, dy, dy_row, at, rows, tap_rows, 3);
      break;
    case 4:
      td_near_weights_block(dw, dw_row, dy, dy_row, at, rows, tap_rows, 4);
      break;
    case 5:
      td_near_weights_block(dw, dw_row, dy, dy_row, at, rows, tap_rows, 5);
      break;
    default:
      td_near_weights_block(dw, dw_row, dy, dy_row, at, rows, tap_rows, 6);
      break;
  }
}

/// All taps of a kernel, straight from the image.
static void td_near_weights(float* dw, int32_t dw_row, const float* dy, const td_channel_rows* rows,
                            int32_t height) {
  const td_channel_rows p = *rows;  // which no result can be part of
  const float zero = 0.0f;
  const td_range all = td_rows_with_all_taps(rows, 0, height);
  int32_t next = 0;
  for (int32_t i = 0; i < height; i = next) {
    next = i == all.begin ? all.end : i + 1;
    td_row_chain chain = td_row_chain_of(&p, i);
    if (chain.rows == 3) {
      td_near_weights_of_rows(dw + chain.tap * dw_row, dw_row, dy + i * p.y_row, p.y_row,
                              td_near_of(&p, chain, 0, p.columns, &zero), next - i, 3, p.columns);
      continue;
    }
    for (; chain.rows > 0; --chain.rows) {
      td_near_weights_of_rows(dw + chain.tap * dw_row, dw_row, dy + i * p.y_row, p.y_row,
                              td_near_of(&p, chain, 0, p.columns, &zero), next - i, 1, p.columns);
      ++chain.tap;
      chain.row += p.row_tap;
    }
  }
}

/// How rows of dy look at x; whose they are is not said.
static td_channel_rows td_rows_of_dy(const td_conv2d_weight_grad_f32_args* p) {
  const td_channel_rows rows = {.y_row = p->dy_row,
                                .y_column = 1,
                                .columns = p->out_width,
                                .height = p->height,
                                .width = p->width,
                                .image_row = p->x_row,
                                .kernel_height = p->kernel_height,
                                .kernel_width = p->kernel_width,
                                .row = -p->pad_top,
                                .row_step = p->stride_height,
                                .row_tap = p->dilation_height,
                                .column = -p->pad_left,
                                .column_step = p->stride_width,
                                .column_tap = p->dilation_width};
  return rows;
}

/// The gradient of w where a group has one channel and fewer outputs than a block has rows. The
/// work items are outputs.
static void td_conv2d_weight_grad_of_channels(const td_conv2d_weight_grad_f32_args* p,
                                              td_channel_rows rows, td_team team) {
  td_patch_extent extent = td_patch_for(&rows);
  if (extent.columns < p->out_width) extent.rows = 1;  // chains go along whole rows
  const int is_near = td_is_near(&rows, 1) && rows.columns <= TD_NEAR_COLUMNS;
  td_patch patch;
  const td_range share = td_share(p->groups * p->outputs, team);
  for (int32_t output = share.begin; output < share.end; ++output) {
    float* const dw = p->dw + output * p->dw_output;
    for (int32_t row = 0; !p->accumulate && row < p->kernel_height; ++row)
      for (int32_t tap = 0; tap < p->kernel_width; ++tap) dw[row * p->dw_row + tap] = 0.0f;
    for (int32_t image = 0; image < p->batch; ++image) {
      const float* const dy = p->dy + image * p->dy_image + output * p->dy_channel;
      rows.image = p->x + image * p->x_image + output / p->outputs * p->x_channel;
      if (is_near) {
        td_near_weights(dw, p->dw_row, dy, &rows, p->out_height);
        continue;
      }
      for (int32_t i = 0; i < p->out_height; i += extent.rows)
        for (int32_t j = 0; j < p->out_width; j += extent.columns) {
          const int32_t i_end = td_min_int(i + extent.rows, p->out_height);
          td_copy_patch(&patch, &rows, i, i_end, j, extent.columns);
          td_channel_weights_of_patch(dw, p->dw_row, dy, &rows, &patch, i, i_end, j,
                                      td_min_int(j + extent.columns, p->out_width));
        }
    }
  }
}

/// What `rows` rows of `columns` positions of dy, two samples apart, give to a row of 3 taps.
/// Sample 2 of a position is sample 0 of the next one.
static TD_OWN_CODE void td_near_spaced_weights(float* dw, const float* first_dy, int32_t dy_row,
                                               td_near at, int32_t rows, int32_t columns) {
  float sum[3];
  TD_UNROLL_ROWS for (int q = 0; q < 3; ++q) sum[q] = dw[q];
  for (; rows > 0; --rows) {
    const float *dy = first_dy, *met = at.met;
    float first = *at.left;
    TD_ROLLED for (int32_t left = columns; left > 0; --left) {
      const float factor = *dy++;
      const float second = met[0], third = left > 1 ? met[1] : *at.right;
      met += 2;
      sum[0] = td_fmaf(factor, first, sum[0]);
      sum[1] = td_fmaf(factor, second, sum[1]);
      sum[2] = td_fmaf(factor, third, sum[2]);
      first = third;
    }
    first_dy += dy_row;
    td_next_near_row(&at);
  }
  TD_UNROLL_ROWS for (int q = 0; q < 3; ++q) dw[q] = sum[q];
}

/// The gradient of w as below, straight from the images. The work items are rows of taps.
static TD_OWN_CODE void td_conv2d_weight_grad_spaced(const td_conv2d_weight_grad_f32_args* p,
                                                     td_channel_rows rows, td_team team) {
  const float zero = 0.0f;
  const td_range share = td_share(p->groups * p->outputs * p->kernel_height, team);
  int32_t output = share.begin / p->kernel_height, tap_row = share.begin % p->kernel_height;
  rows.kernel_height = 1;
  for (int32_t items = share.end - share.begin; items > 0; --items) {
    float* const dw = p->dw + output * p->dw_output + tap_row * p->dw_row;
    rows.row = tap_row * rows.row_tap - p->pad_top;
    const td_range met = td_rows_with_all_taps(&rows, 0, p->out_height);
    const td_row_chain chain = {.row = rows.row + met.begin * rows.row_step};
    for (int32_t tap = 0; !p->accumulate && tap < 3; ++tap) dw[tap] = 0.0f;
    for (int32_t image = 0; image < p->batch; ++image) {
      rows.image = p->x + image * p->x_image + td_group_of(output, p->outputs) * p->x_channel;
      td_near_spaced_weights(
          dw, p->dy + image * p->dy_image + output * p->dy_channel + met.begin * p->dy_row,
          p->dy_row, td_near_of(&rows, chain, 0, p->out_width, &zero), met.end - met.begin,
          p->out_width);
    }
    if (++tap_row < p->kernel_height) continue;
    tap_row = 0;
    ++output;
  }
}

#if defined(__riscv)
/// What `rows` rows of `columns` positions of dy, a multiple of 4, give to a row of 3 taps of each
/// of 4 outputs, whose gradients lie `dw_output` apart. A turn takes four columns, and its sample k
/// is in s[k % 4]: the first two are the last two of the turn before, or new in a new row. At the
/// end of a row `at_end` is -1, else 0. Behind the last turn nothing may be read: dy moves by 0.
TD_INLINE void td_near_weights_of_4(float* dw, int32_t dw_output, const float* first_dy,
                                    int32_t dy_channel, int32_t dy_row, td_near at, int32_t rows,
                                    int32_t columns, uint32_t from_zero) {
  float sum[4][3], factor[2], s[4];
  const volatile float zero = 0.0f;  // a constant would come through the FPU
  dw_output *= 4;
  if (__builtin_expect(from_zero != 0u, 1)) {
    TD_UNROLL_ROWS for (int i = 0; i < 4; ++i) {
      TD_UNROLL_ROWS for (int q = 0; q < 3; ++q) sum[i][q] = zero;
    }
  } else {
    const float* from = dw;
    TD_UNROLL_ROWS for (int i = 0; i < 4; ++i) {
      TD_UNROLL_ROWS for (int q = 0; q < 3; ++q) sum[i][q] = from[q];
      from = td_behind(from, dw_output);
    }
  }
  const float* dy[4] = {first_dy};
  TD_UNROLL_ROWS for (int i = 1; i < 4; ++i) dy[i] = td_behind(dy[i - 1], 4 * dy_channel);
  const int32_t met_next = 4 * (at.met_row - columns);
  int32_t dy_next = 4 * (dy_row - columns);
  if (__builtin_expect(rows > 0, 1)) {
    factor[0] = dy[0][0];
    TD_ALIGN_LOOP(rows);
    TD_ROLLED do {
      int32_t left = columns - 1;
      s[0] = *at.left;
      s[1] = at.met[0];
      TD_ALIGN_LOOP(left);
      TD_ROLLED do {
        int32_t at_end = 0, step = 0;
        intptr_t to_right = 0;
        const float* last = at.met;
        TD_UNROLL_ROWS for (int k = 0; k < 4; ++k) {
          TD_UNROLL_ROWS for (int i = 0; i < 4; ++i) {
            const int group = 4 * k + i;
            const float now = factor[i % 2];
            sum[i][0] = td_fmaf(now, s[k], sum[i][0]);
            if (group == 0) s[2] = at.met[1];
            if (group > 0 && group < 15) factor[1 - i % 2] = dy[(i + 1) % 4][i < 3 ? k : k + 1];
            if (group == 15) dy[3] = td_behind(dy[3], step);
            sum[i][1] = td_fmaf(now, s[(k + 1) % 4], sum[i][1]);
            if (group == 0) factor[1] = dy[1][0];
            if (group == 1) s[3] = at.met[2];
            if (group == 2) left = td_kept(left - 4);
            if (group == 3) at_end = td_kept(left >> 31);
            if (group == 4) s[0] = at.met[3];
            if (group == 5) last = td_behind(at.met, 16);
            if (group == 6) to_right = (intptr_t)at.right - (intptr_t)last;
            if (group == 6) TD_KEEP(to_right);
            if (group == 7) to_right &= at_end;
            if (group == 7) TD_KEEP(to_right);
            if (group == 8) last = (const float*)((intptr_t)last + to_right);
            if (group == 8) TD_KEEP(last);
            if (group == 9) s[1] = *last;
            if (group == 10) step = td_kept(met_next & at_end);
            if (group == 11) step = td_kept(step + 16);
            if (group == 12) at.met = td_behind(at.met, step);
            if (group == 13) step = td_kept(dy_next & at_end);
            if (group == 14) dy[0] = td_behind(dy[0], step);
            if (group == 15) factor[0] = dy[0][0];
            sum[i][2] = td_fmaf(now, s[(k + 2) % 4], sum[i][2]);
            if (group == 4) rows = td_kept(rows + at_end);
            if (group == 5) {
              if (__builtin_expect(rows == 0, 0)) dy_next = -16;
              TD_KEEP(dy_next);
            }
            if (group == 13) step = td_kept(step + 16);
            if (group == 14) dy[1] = td_behind(dy[1], step);
            if (group == 15) dy[2] = td_behind(dy[2], step);
          }
        }
      }
      while (left >= 0);
      at.left += at.left_row;
      at.right += at.right_row;
    }
    while (rows > 0);
  }
  TD_UNROLL_ROWS for (int i = 0; i < 4; ++i) {
    TD_UNROLL_ROWS for (int q = 0; q < 3; ++q) dw[q] = sum[i][q];
    dw = (float*)td_behind(dw, dw_output);
  }
}

/// The gradient of w from blocks of four outputs and a row of taps of a channel. They are numbered
/// along the taps first, so that each core gets its part of those that have less to do.
TD_AS_WRITTEN("no-schedule-insns")
static void td_conv2d_weight_grad_near(const td_conv2d_weight_grad_f32_args* p,
                                       const td_channel_rows* rows, td_team team) {
  const float zero = 0.0f;
  const int32_t tap_rows = p->channels * p->kernel_height;
  const td_range share = td_share(p->groups * p->outputs / 4 * tap_rows, team);
  td_channel_rows first_rows = *rows;
  first_rows.image = p->x;
  const td_row_chain first_chain = {0};
  const td_near first = td_near_of(&first_rows, first_chain, 0, p->out_width, &zero);
  int32_t output = share.begin / tap_rows * 4;
  int32_t channel = share.begin % tap_rows / p->kernel_height;
  int32_t tap_row = share.begin % p->kernel_height;
  for (int32_t blocks = share.end - share.begin; blocks > 0; --blocks) {
    // Rows of dy whose positions meet a row of x.
    int32_t row = tap_row * p->dilation_height - p->pad_top, begin = 0, end = p->out_height;
    while (end > 0 && row + (end - 1) * p->stride_height >= p->height) --end;
    for (; begin < end && row < 0; ++begin) row += p->stride_height;
    const int32_t group = p->groups > 1 ? output / p->outputs : 0;
    int32_t moved = (group * p->channels + channel) * p->x_channel + row * p->x_row;
    float* dw = p->dw + output * p->dw_output + channel * p->dw_channel + tap_row * p->dw_row;
    const float* dy = p->dy + output * p->dy_channel + begin * p->dy_row;
    uint32_t from_zero = !p->accumulate;
    TD_ROLLED for (int32_t images = p->batch; images > 0; --images) {
      td_near at = first;
      at.met += moved;
      if (at.left_row != 0) at.left += moved;
      if (at.right_row != 0) at.right += moved;
      td_near_weights_of_4(dw, p->dw_output, dy, p->dy_channel, p->dy_row, at, end - begin,
                           p->out_width, from_zero);
      from_zero = 0u;
      dy += p->dy_image;
      moved += p->x_image;
    }
    if (++tap_row < p->kernel_height) continue;
    tap_row = 0;
    if (++channel < p->channels) continue;
    channel = 0;
    output += 4;
  }
}
#endif

void td_conv2d_weight_grad_f32(const td_conv2d_weight_grad_f32_args* args, td_team team) {
  const td_conv2d_weight_grad_f32_args p = *args;
  const td_channel_rows rows = td_rows_of_dy(&p);
  if (td_has_channel_rows(&rows, p.channels, p.outputs)) {
    if (td_is_near(&rows, 2))
      td_conv2d_weight_grad_spaced(&p, rows, team);
    else
      td_conv2d_weight_grad_of_channels(&p, rows, team);
    return;
  }
#if defined(__riscv)
  if (td_has_near_blocks(&rows, p.outputs)) {
    td_conv2d_weight_grad_near(&p, &rows, team);
    return;
  }
#endif
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

/// Kernel positions of a phase: rows `row .. row_end` and columns `column .. column_end` of the
/// taps.
typedef struct {
  int32_t row, row_end, column, column_end;
} td_taps;

/// Gathers the samples of dy that `outputs` outputs, from the one whose image `dy` is, contribute
/// to a block.
static void td_gather_outputs(float* panel, const td_conv2d_input_grad_f32_args* p, const float* dy,
                              int32_t outputs, td_phase rows, td_phase columns, td_taps taps,
                              const td_positions* positions) {
  const int32_t count = (taps.row_end - taps.row) * (taps.column_end - taps.column);
  for (int32_t r = taps.row; r < taps.row_end; ++r)
    for (int32_t c = taps.column; c < taps.column_end; ++c) {
      const td_tap tap = {.image = dy,
                          .image_row = p->dy_row,
                          .step = p->dy_channel,
                          .width = p->out_width,
                          .row = rows.origin - r * rows.origin_step,
                          .column = columns.origin - c * columns.origin_step};
      td_gather_tap(panel, count * TD_BLOCK_COLUMNS, positions, tap, outputs);
      panel += TD_BLOCK_COLUMNS;
    }
}

/// Where the weights of the taps of `outputs` outputs lie, from the first output's first of them.
static void td_list_weights(int32_t* at, const td_conv2d_input_grad_f32_args* p, int32_t outputs,
                            td_phase rows, td_phase columns, td_taps taps) {
  for (int32_t o = 0; o < outputs; ++o)
    for (int32_t r = 0; r < taps.row_end - taps.row; ++r)
      for (int32_t c = 0; c < taps.column_end - taps.column; ++c)
        *at++ = o * p->w_output + r * rows.tap_step * p->w_row + c * columns.tap_step;
}

/// The whole chains of a column of blocks: `taps` of every output. `dy` is the group's first
/// output's image and `w` its weights for the first row of the blocks.
static void td_input_grad_blocks(td_product product, const td_conv2d_input_grad_f32_args* p,
                                 const float* dy, const float* w, td_phase rows, td_phase columns,
                                 td_taps taps, td_block block) {
  float panel[TD_PANEL_DEPTH * TD_BLOCK_COLUMNS];
  int32_t weight_at[TD_PANEL_DEPTH];
  const td_positions positions = td_positions_of(block, columns.count, p->dy_row, 1, 1);
  // A panel holds whole outputs, or, if a kernel does not fit, some of its rows, or parts of a row.
  const int32_t all_rows = taps.row_end - taps.row;
  const int32_t all_columns = taps.column_end - taps.column;
  const int32_t column_taps = td_min_int(all_columns, TD_PANEL_DEPTH);
  const int32_t row_taps = td_min_int(all_rows, TD_PANEL_DEPTH / column_taps);
  // One unless a kernel is there whole: a part of it fills more than half of the panel.
  const int32_t outputs_at_once = TD_PANEL_DEPTH / (row_taps * column_taps);
  const int holds_all_taps = row_taps == all_rows && column_taps == all_columns;
  // The taps of an output lie side by side: chains of taps in chains of outputs.
  const int is_dense = rows.tap_step == 1 && columns.tap_step == 1 && p->w_row == all_columns &&
                       holds_all_taps && all_rows * all_columns > 1;
  if (is_dense) {
    product.a_col = 1;
    product.a_reduce = p->w_output;
    product.depth = all_rows * all_columns;
    product.b_reduce = product.depth * TD_BLOCK_COLUMNS;
  } else {
    product.a_at = weight_at;
    product.reduce = 1;
    if (holds_all_taps)
      td_list_weights(weight_at, p, td_min_int(outputs_at_once, p->outputs), rows, columns, taps);
  }
  for (int32_t output = 0; output < p->outputs; output += outputs_at_once) {
    const int32_t outputs = td_min_int(outputs_at_once, p->outputs - output);
    td_taps now;
    for (now.row = taps.row; now.row < taps.row_end; now.row = now.row_end) {
      now.row_end = td_min_int(now.row + row_taps, taps.row_end);
      for (now.column = taps.column; now.column < taps.column_end; now.column = now.column_end) {
        now.column_end = td_min_int(now.column + column_taps, taps.column_end);
        const int32_t depth = outputs * (now.row_end - now.row) * (now.column_end - now.column);
        td_gather_outputs(panel, p, dy + output * p->dy_channel, outputs, rows, columns, now,
                          &positions);
        if (!holds_all_taps) td_list_weights(weight_at, p, outputs, rows, columns, now);
        const int32_t row = rows.tap + now.row * rows.tap_step;
        const int32_t column = columns.tap + now.column * columns.tap_step;
        product.a = w + output * p->w_output + row * p->w_row + column;
        product.b = panel;
        if (is_dense)
          product.reduce = outputs;
        else
          product.depth = depth;
        td_product_of_panel(&product);
        product.from_zero = 0u;
      }
    }
  }
}

/// One phase of the gradient of x in blocks of channels and positions.
static TD_OWN_CODE void td_conv2d_input_grad_of_blocks(const td_conv2d_input_grad_f32_args* p,
                                                       td_phase rows, td_phase columns,
                                                       td_team team) {
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

/// How rows of dx look at dy in a phase, of the first channel of the first image.
static td_channel_rows td_rows_of_dx(const td_conv2d_input_grad_f32_args* p, td_phase rows,
                                     td_phase columns) {
  const td_channel_rows result = {.y = p->dx + rows.first * p->dx_row + columns.first,
                                  .y_row = p->stride_height * p->dx_row,
                                  .y_column = p->stride_width,
                                  .columns = columns.count,
                                  .height = p->out_height,
                                  .width = p->out_width,
                                  .image_row = p->dy_row,
                                  .w = p->w + rows.tap * p->w_row + columns.tap,
                                  .kernel_height = rows.taps,
                                  .kernel_width = columns.taps,
                                  .w_row = rows.tap_step * p->w_row,
                                  .w_column = columns.tap_step,
                                  .row = rows.origin,
                                  .row_step = 1,
                                  .row_tap = -rows.origin_step,
                                  .column = columns.origin,
                                  .column_step = 1,
                                  .column_tap = -columns.origin_step,
                                  .from_zero = !p->accumulate};
  return result;
}

/// How columns of the gradient of x lie over those of y, for 3 taps and a stride of 2: if a column
/// meets tap 1 of column m of y, the next one meets tap 0 of m + 1 and tap 2 of m.
typedef struct {
  int32_t first;   // m of the first pair of such columns
  int32_t pairs;   // with m and m + 1 in y
  int32_t behind;  // columns behind them: none, or one or both of a pair where m + 1 is behind y
  int has_head;    // a column before them meets tap 0 of `first`, and tap 2 of the one before it
} td_spaced;

static td_spaced td_spaced_of(const td_conv2d_input_grad_f32_args* p) {
  td_spaced spaced = {.first = p->pad_left / 2, .has_head = p->pad_left % 2 == 0};
  const int32_t left = p->width - spaced.has_head;
  spaced.pairs = td_min_int(left / 2, p->out_width - 1 - spaced.first);
  spaced.behind = left - 2 * spaced.pairs;
  return spaced;
}

/// A column that meets tap 1 of `rows` rows.
TD_INLINE float td_inner_tap(float factor[][3], const float* at_1, int rows) {
  float sum = 0.0f;
  TD_UNROLL_ROWS for (int r = 0; r < rows; ++r) sum = td_fmaf(factor[r][1], at_1[r], sum);
  return sum;
}

/// A column that meets taps 0 and 2 of `rows` rows.
TD_INLINE float td_outer_taps(float factor[][3], const float* at_0, const float* at_2, int rows) {
  float sum = 0.0f;
  TD_UNROLL_ROWS for (int r = 0; r < rows; ++r) {
    sum = td_fmaf(factor[r][0], at_0[r], sum);
    sum = td_fmaf(factor[r][2], at_2[r], sum);
  }
  return sum;
}

/// `rows` rows of the gradient of x from `inner` on, which meet the row of taps at `w` and rows of
/// y from `dy` on. If `is_pair`, a constant, as many from `outer` on, which meet the row of taps
/// before it and the next row of y, and the row of taps behind it and the same row of y. Then
/// `inner` may be `outer`: nothing of it stays.
TD_INLINE void td_spaced_band(float* inner, float* outer, int32_t dx_step, const float* dy,
                              int32_t dy_row, const float* w, int32_t w_row, td_spaced columns,
                              int32_t rows, int is_pair) {
  // The next row of y comes first, as in the chains of `outer`; those of `inner` have the other.
  float factor[1][3], outer_factor[2][3], sample[2], next[2] = {0.0f, 0.0f};
  TD_UNROLL_ROWS for (int q = 0; q < 3; ++q) {
    factor[0][q] = w[q];
    outer_factor[0][q] = is_pair ? w[q - w_row] : 0.0f;
    outer_factor[1][q] = is_pair ? w[q + w_row] : 0.0f;
  }
  dy += columns.first;
  TD_ROLLED for (; rows > 0; --rows) {
    const float *at = dy, *at_behind = dy + dy_row;
    float *to = inner, *to_outer = outer;
    sample[1] = *at;
    if (is_pair) sample[0] = *at_behind;
    if (columns.has_head) {
      next[1] = columns.first > 0 ? at[-1] : 0.0f;
      if (is_pair) next[0] = columns.first > 0 ? at_behind[-1] : 0.0f;
      *to++ = td_outer_taps(factor, sample + 1, next + 1, 1);
      if (is_pair) *to_outer++ = td_outer_taps(outer_factor, sample, next, 2);
    }
    TD_ROLLED for (int32_t left = columns.pairs; left > 0; --left) {
      next[1] = *++at;
      if (is_pair) next[0] = *++at_behind;
      to[0] = td_inner_tap(factor, sample + 1, 1);
      to[1] = td_outer_taps(factor, next + 1, sample + 1, 1);
      to += 2;
      if (is_pair) {
        to_outer[0] = td_inner_tap(outer_factor, sample, 2);
        to_outer[1] = td_outer_taps(outer_factor, next, sample, 2);
        to_outer += 2;
        sample[0] = next[0];
      }
      sample[1] = next[1];
    }
    if (columns.behind > 0) {
      to[0] = td_inner_tap(factor, sample + 1, 1);
      if (is_pair) to_outer[0] = td_inner_tap(outer_factor, sample, 2);
    }
    if (columns.behind > 1) {
      next[0] = next[1] = 0.0f;
      to[1] = td_outer_taps(factor, next + 1, sample + 1, 1);
      if (is_pair) to_outer[1] = td_outer_taps(outer_factor, next, sample, 2);
    }
    inner += dx_step;
    outer += dx_step;
    dy += dy_row;
  }
}

/// A row of the gradient of x from row `y` of dy and a row of taps, or from nothing if there is no
/// such row.
static TD_OWN_CODE void td_spaced_row(float* dx, const td_conv2d_input_grad_f32_args* p,
                                      td_spaced columns, const float* dy, int32_t y,
                                      const float* w) {
  if (y >= 0 && y < p->out_height) {
    td_spaced_band(dx, dx, 0, dy + y * p->dy_row, p->dy_row, w, 0, columns, 1, 0);
    return;
  }
  TD_ROLLED for (int32_t j = 0; j < p->width; ++j) dx[j] = 0.0f;
}

/// Pairs of rows of an image's gradient: row `2 * m + 1 - pad_top` and the one behind it, for m of
/// `begin .. end`. One of the first and the last may not be there.
static TD_OWN_CODE void td_spaced_rows(float* dx, const td_conv2d_input_grad_f32_args* p,
                                       td_spaced columns, const float* dy, const float* w,
                                       int32_t begin, int32_t end) {
  const int32_t dy_row = p->dy_row, dx_row = p->dx_row;
  for (int32_t m = begin; m < end;) {
    const int32_t row = 2 * m + 1 - p->pad_top;
    float* const inner = dx + row * dx_row;
    float* const outer = inner + dx_row;
    const int has_inner = row >= 0, has_outer = row + 1 < p->height;
    if (m >= 0 && m + 1 < p->out_height && has_outer) {
      // Whole pairs, or the second row of one.
      int32_t rows = 1;
      if (has_inner) rows = td_min_int((p->height - row) / 2, p->out_height - 1 - m);
      rows = td_min_int(rows, end - m);
      td_spaced_band(has_inner ? inner : outer, outer, 2 * dx_row, dy + m * dy_row, dy_row,
                     w + p->w_row, p->w_row, columns, rows, 1);
      m += rows;
      continue;
    }
    if (has_inner) td_spaced_row(inner, p, columns, dy, m, w + p->w_row);
    if (has_outer) {
      const int is_behind = m + 1 < p->out_height;
      td_spaced_row(outer, p, columns, dy, is_behind ? m + 1 : m, is_behind ? w : w + 2 * p->w_row);
    }
    ++m;
  }
}

/// Whether the gradient of x is computed so.
static int td_is_spaced(const td_conv2d_input_grad_f32_args* p) {
  return p->outputs == 1 && p->channels < TD_BLOCK_ROWS && !p->accumulate &&
         p->kernel_height == 3 && p->stride_height == 2 && p->dilation_height == 1 &&
         p->pad_top >= 0 && p->kernel_width == 3 && p->stride_width == 2 &&
         p->dilation_width == 1 && p->pad_left >= 0 && p->pad_left / 2 < p->out_width &&
         p->width - (p->pad_left + 1) % 2 <= 2 * (p->out_width - p->pad_left / 2);
}

/// The gradient of x straight from the images, for 3x3 kernels and strides of 2, where a group has
/// one output and few channels. The work items are pairs of rows.
static TD_OWN_CODE void td_conv2d_input_grad_spaced(const td_conv2d_input_grad_f32_args* p,
                                                    td_team team) {
  const td_spaced columns = td_spaced_of(p);
  const int32_t channels = p->groups * p->channels;
  const int32_t first = (p->pad_top + 1) / 2 - 1;
  const int32_t pairs = (p->height + p->pad_top) / 2 - first;
  const td_range share = td_share(p->batch * channels * pairs, team);
  td_plane_row at = td_plane_row_at(share.begin, channels, pairs);
  for (int32_t item = share.begin; item < share.end; td_to_next_plane(&at, channels)) {
    const int32_t group = td_group_of(at.channel, p->channels);
    const int32_t end = td_min_int(pairs, at.row + share.end - item);
    td_spaced_rows(p->dx + at.image * p->dx_image + at.channel * p->dx_channel, p, columns,
                   p->dy + at.image * p->dy_image + group * p->dy_channel,
                   p->w + group * p->w_output + (at.channel - group * p->channels) * p->w_channel,
                   at.row + first, end + first);
    item += end - at.row;
  }
}

/// A phase of the gradient of x where a group has one output and fewer channels than a block has
/// rows: `height` rows. The work items are rows.
static TD_OWN_CODE void td_conv2d_input_grad_of_channels(const td_conv2d_input_grad_f32_args* p,
                                                         const td_channel_rows* phase,
                                                         int32_t height, td_team team) {
  td_channel_rows rows = *phase;
  const int32_t channels = p->groups * p->channels;
  const td_range share = td_share(p->batch * channels * height, team);
  td_plane_row at = td_plane_row_at(share.begin, channels, height);
  for (int32_t item = share.begin; item < share.end; td_to_next_plane(&at, channels)) {
    const int32_t group = td_group_of(at.channel, p->channels);
    const int32_t end = td_min_int(height, at.row + share.end - item);
    rows.y = phase->y + at.image * p->dx_image + at.channel * p->dx_channel;
    rows.image = p->dy + at.image * p->dy_image + group * p->dy_channel;
    rows.w = phase->w + group * p->w_output + (at.channel - group * p->channels) * p->w_channel;
    td_conv2d_channel_rows(&rows, at.row, end, 0);
    item += end - at.row;
  }
}

#if defined(__riscv)
/// The gradient of x from blocks of four channels and four columns of a row, without strides.
static void td_conv2d_input_grad_near(const td_conv2d_input_grad_f32_args* p,
                                      const td_channel_rows* rows, td_team team) {
  const td_near_images images = {
      .y = p->dx,
      .y_image = p->dx_image,
      .y_group = p->channels * p->dx_channel,
      .y_result = p->dx_channel,
      .x = p->dy,
      .x_image = p->dy_image,
      .x_group = p->outputs * p->dy_channel,
      .x_channel = p->dy_channel,
      .w = p->w,
      .w_group = p->outputs * p->w_output,
      .w_result = p->w_channel,
      .w_channel = p->w_output,
      .images = p->batch,
      .groups = p->groups,
      .results = p->channels,
      .height = p->height,
      .channels = p->outputs,
  };
  td_near_all_results(&images, rows, team);
}
#endif

/// One phase of the gradient of x, if it needs no panels; whether it is so. Its stack is not that
/// of panels, too.
static TD_OWN_CODE int td_conv2d_input_grad_of_rows(const td_conv2d_input_grad_f32_args* p,
                                                    const td_phase* rows, const td_phase* columns,
                                                    td_team team) {
  if (rows->count == 0 || columns->count == 0) return 1;
  const td_channel_rows dx_rows = td_rows_of_dx(p, *rows, *columns);
  if (rows->taps > 0 && columns->taps > 0 &&
      td_has_channel_rows(&dx_rows, p->outputs, p->channels)) {
    td_conv2d_input_grad_of_channels(p, &dx_rows, rows->count, team);
    return 1;
  }
#if defined(__riscv)
  if (p->stride_height == 1 && p->stride_width == 1 && td_has_near_blocks(&dx_rows, p->channels)) {
    td_conv2d_input_grad_near(p, &dx_rows, team);
    return 1;
  }
#endif
  return 0;
}

void td_conv2d_input_grad_f32(const td_conv2d_input_grad_f32_args* args, td_team team) {
  const td_conv2d_input_grad_f32_args p = *args;
  if (td_is_spaced(&p)) {
    td_conv2d_input_grad_spaced(&p, team);
    return;
  }
  for (int32_t row = 0; row < p.stride_height; ++row) {
    const td_phase rows =
        td_phase_of(row, p.height, p.stride_height, p.pad_top, p.dilation_height, p.kernel_height);
    for (int32_t column = 0; column < p.stride_width; ++column) {
      const td_phase columns = td_phase_of(column, p.width, p.stride_width, p.pad_left,
                                           p.dilation_width, p.kernel_width);
      if (!td_conv2d_input_grad_of_rows(&p, &rows, &columns, team))
        td_conv2d_input_grad_of_blocks(&p, rows, columns, team);
    }
  }
}
