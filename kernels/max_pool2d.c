/// Largest element of each window. Windows lie over the image as in conv2d; what is outside of the
/// image does not take part. Every window must overlap the image. Of equal elements the first in
/// row-major order counts, and the first NaN before all others.
///
/// Maxima are taken without a branch: td_larger knows neither NaN nor which zero came first, so
/// such windows are noticed and done once more, by the definition. Windows of 2 x 2, and of 3 x 3
/// two columns apart, are taken in pairs; others that leave no columns out by the maxima of
/// columns.
#include "td_order.h"
#include "td_window.h"

/// The larger of two numbers; which of two zeros, or what of a NaN, is open.
static inline float td_larger(float a, float b) {
#if defined(__riscv_flen)
  float larger;  // gcc has no built-in for the instruction and would branch
  __asm__("fmax.s %0, %1, %2" : "=f"(larger) : "f"(a), "f"(b));
  return larger;
#else
  return a > b ? a : b;
#endif
}

/// NaN if `taint`, `a` or `b` is one, maybe also with infinities and huge numbers.
static inline float td_tainted(float taint, float a, float b) {
#if defined(__riscv_flen)
  return td_fmaf(a, b, taint);
#else
  return taint + a * b;
#endif
}

typedef struct {
  int32_t row, column;
} td_spot;

/// Where the window's largest element in the plane `x` is.
static td_spot td_largest_in(const float* x, int32_t x_row, td_window window) {
  td_spot at = {window.row, window.column};
  const float* from = x + window.row * x_row;
  float largest = from[window.column];
  for (int32_t row = window.row; row < window.row_end; ++row, from += x_row) {
    for (int32_t column = window.column; column < window.column_end; ++column) {
      const float value = from[column];
      if (value > largest || (value != value && largest == largest)) {
        largest = value;
        at.row = row;
        at.column = column;
      }
    }
  }
  return at;
}

/// The rows of a window of `extent` rows, a constant. Instead of a row outside of the image the
/// nearest one inside stands, which is the window's too.
TD_INLINE void td_rows_at(const float** rows, const float* x, int32_t x_row, int32_t top,
                          int32_t height, int extent) {
  for (int i = 0; i < extent; ++i)
    rows[i] = x + td_min_int(td_max_int(top + i, 0), height - 1) * x_row;
}

/// The window of y's element `column`, `top` the first row of the window's row.
static td_window td_max_window(const td_max_pool2d_f32_args* p, int32_t top, int32_t column) {
  return td_window_at(top, column * p->stride_width - p->pad_left, p->kernel_height,
                      p->kernel_width, p->height, p->width);
}

/// Elements of a row of y by the definition, but for those in `done`.
static __attribute__((noinline)) void td_define(float* y, const td_max_pool2d_f32_args* p,
                                                const float* x, int32_t top, td_range done) {
  for (int32_t column = 0; column < p->out_width; ++column) {
    if (column == done.begin) column = done.end;
    if (column == p->out_width) break;
    const td_spot at = td_largest_in(x, p->x_row, td_max_window(p, top, column));
    y[column] = x[at.row * p->x_row + at.column];
  }
}

/// The zeros among elements `begin` .. `end` of y, of their windows the first that is +0 or -0.
static __attribute__((noinline)) void td_define_zeros(float* y, const td_max_pool2d_f32_args* p,
                                                      const float* x, int32_t top, int32_t begin,
                                                      int32_t end) {
  for (int32_t column = begin; column < end; ++column) {
    if (y[column] != 0.0f) continue;
    const td_window window = td_max_window(p, top, column);
    const float* row = x + window.row * p->x_row;
    int32_t at = window.column;
    while (row[at] != 0.0f) {
      if (++at < window.column_end) continue;
      at = window.column;
      row += p->x_row;
    }
    y[column] = row[at];
  }
}

/// So many columns of an image have their maxima on the stack.
#define TD_COLUMNS 256

/// Maxima of `lanes` columns of `rows` rows; `taint` becomes NaN if one may hold a NaN.
TD_INLINE void td_peaks(float* peaks, const float* x, int32_t x_row, int32_t rows, float* taint,
                        int lanes) {
  float peak[8];
  TD_LANES for (int k = 0; k < lanes; ++k) peak[k] = x[k];
  TD_ROLLED for (; rows > 0; --rows, x += x_row) {
    TD_LANES for (int k = 0; k < lanes; ++k) peak[k] = td_larger(peak[k], x[k]);
    TD_LANES for (int k = 0; k < (lanes + 1) / 2; ++k) taint[k] =
        td_tainted(taint[k], x[k], x[k + lanes / 2]);
  }
  TD_LANES for (int k = 0; k < lanes; ++k) peaks[k] = peak[k];
}

/// The same of `columns` columns.
static __attribute__((noinline)) float td_column_peaks(float* peaks, const float* x, int32_t x_row,
                                                       int32_t rows, int32_t columns) {
  float taint[4] = {0.0f, 0.0f, 0.0f, 0.0f};
  if (columns < 8) {
    TD_ROLLED for (int32_t i = 0; i < columns; ++i)
        td_peaks(peaks + i, x + i, x_row, rows, taint, 1);
  } else {
    TD_ROLLED for (int32_t i = 0; i < columns; i += 8) {
      if (i > columns - 8) i = columns - 8;  // some once more
      td_peaks(peaks + i, x + i, x_row, rows, taint, 8);
    }
  }
  return taint[0] + taint[1] + taint[2] + taint[3];
}

/// A row of y, whose windows begin in row `top`: maxima of columns first, then of these.
static __attribute__((noinline)) void td_max_row(float* y, const td_max_pool2d_f32_args* p,
                                                 const float* x, int32_t top) {
  const int32_t step = p->stride_width, width = p->kernel_width;
  const int32_t row = td_max_int(top, 0);
  const int32_t rows = td_min_int(top + p->kernel_height, p->height) - row;
  float peaks[TD_COLUMNS], taint = 0.0f;
  for (int32_t begin = 0, end; begin < p->out_width; begin = end) {
    end = td_min_int(begin + (TD_COLUMNS - width) / step + 1, p->out_width);
    const int32_t left = begin * step - p->pad_left;
    const int32_t columns = (end - begin - 1) * step + width;
    // What is outside of the image is not larger than anything.
    const int32_t first = td_max_int(-left, 0), last = td_min_int(columns, p->width - left);
    TD_ROLLED for (int32_t i = 0; i < columns; ++i) {
      if (i == first) i = last;
      if (i < columns) peaks[i] = -TD_INFINITY;
    }
    taint += td_column_peaks(peaks + first, x + row * p->x_row + left + first, p->x_row, rows,
                             last - first);
    if (step == 1) {
      int32_t next = step;
      TD_KEEP_HERE(next);  // else gcc makes a function of its own for this
      td_column_peaks(y + begin, peaks, next, width, end - begin);
      continue;
    }
    const float* at = peaks;
    TD_ROLLED for (int32_t column = begin; column < end; ++column, at += step) {
      float peak = at[0];
      TD_ROLLED for (int32_t k = 1; k < width; ++k) peak = td_larger(peak, at[k]);
      y[column] = peak;
    }
  }
  const td_range none = {0, 0};
  if (taint == taint)
    td_define_zeros(y, p, x, top, 0, p->out_width);
  else
    td_define(y, p, x, top, none);
}

/// Rows of pairs of elements of y, whose windows are squares of 2 or 3.
typedef struct {
  float* y;
  const float* at[3];    // rows of the first window, from its first column on
  int32_t rows, pairs;   // at most 32 rows
  int32_t y_row, x_row;  // from row to row
  int32_t step;          // from window to window
  int32_t has_left;      // or the first windows lack their left column
  float taint;           // becomes NaN if a window may hold one
} td_max_block;

/// Squares of 3, two columns apart. Bit i is set if row i has an element that is zero. Nearly every
/// other instruction is the FPU's.
static TD_AS_WRITTEN("align-loops=4") uint32_t td_max_squares_of_3(td_max_block* block) {
  const int32_t pairs = block->pairs, has_left = block->has_left;
  const int32_t y_next = block->y_row - 2 * pairs, x_next = block->x_row - 4 * pairs;
  const float* at[3] = {block->at[0], block->at[1], block->at[2]};
  float* y = block->y;
  float taint = 0.0f;
  uint32_t zeros = 0;
  for (int32_t row = 0; row < block->rows; ++row, y += y_next) {
    // Of the left column, the right one of the window before. Nothing is larger than no number.
    float before = TD_NAN;
    if (has_left) {
      before = td_larger(td_larger(at[0][0], at[1][0]), at[2][0]);
      taint = td_tainted(td_tainted(taint, at[0][0], at[1][0]), at[2][0], at[2][0]);
    }
    int is_zero = 0;
    TD_ROLLED for (const float* const end = y + 2 * pairs; y != end;) {
      float a = td_here(at[0][1]), b = td_here(at[1][1]), next_a = td_here(at[0][2]);
      float peak = td_here(td_larger(a, b));
      float next_b = td_here(at[1][2]);
      taint = td_here(td_tainted(taint, a, b));
      float c = td_here(at[2][1]);
      float shared = td_here(td_larger(next_a, next_b));
      float next_c = td_here(at[2][2]);
      peak = td_here(td_larger(peak, c));
      a = td_here(at[0][3]);
      taint = td_here(td_tainted(taint, next_a, next_b));
      b = td_here(at[1][3]);
      shared = td_here(td_larger(shared, next_c));
      next_a = td_here(at[0][4]);
      float first = td_here(td_larger(before, peak));
      next_b = td_here(at[1][4]);
      taint = td_here(td_tainted(taint, c, next_c));
      c = td_here(at[2][3]);
      peak = td_here(td_larger(a, b));
      next_c = td_here(at[2][4]);
      before = td_here(td_larger(next_a, next_b));
      at[0] += 4;
      TD_KEEP_HERE(at[0]);
      taint = td_here(td_tainted(taint, a, b));
      peak = td_here(td_larger(peak, c));
      at[1] += 4;
      TD_KEEP_HERE(at[1]);
      first = td_here(td_larger(first, shared));
      before = td_here(td_larger(before, next_c));
      at[2] += 4;
      TD_KEEP_HERE(at[2]);
      taint = td_here(td_tainted(taint, next_a, next_b));
      float second = td_here(td_larger(shared, peak));
      y += 2;
      TD_KEEP_HERE(y);
      int is_zero_here = first == 0.0f;
      TD_KEEP_HERE(is_zero_here);
      y[-2] = first;
      second = td_here(td_larger(second, before));
      is_zero |= is_zero_here;
      TD_KEEP_HERE(is_zero);
      taint = td_here(td_tainted(taint, c, next_c));
      is_zero_here = second == 0.0f;
      TD_KEEP_HERE(is_zero_here);
      y[-1] = second;
      is_zero |= is_zero_here;
    }
    zeros |= (uint32_t)is_zero << row;
    TD_LANES for (int i = 0; i < 3; ++i) at[i] += x_next;
  }
  block->taint += taint;
  return zeros;
}

/// The same of squares of 2.
static uint32_t td_max_squares_of_2(td_max_block* block) {
  const int32_t pairs = block->pairs, step = block->step;
  const float *above = block->at[0], *below = block->at[1];
  float* y = block->y;
  float taint = 0.0f, other_taint = 0.0f;
  uint32_t zeros = 0;
  for (int32_t row = 0; row < block->rows; ++row) {
    int is_zero = 0;
    TD_ROLLED for (const float* const end = y + 2 * pairs; y != end; y += 2) {
      const float a = above[0], b = above[1], next_a = above[step], next_b = above[step + 1];
      const float c = below[0], d = below[1], next_c = below[step], next_d = below[step + 1];
      const float first = td_larger(td_larger(a, b), td_larger(c, d));
      const float second = td_larger(td_larger(next_a, next_b), td_larger(next_c, next_d));
      taint = td_tainted(td_tainted(taint, a, b), next_a, next_b);
      other_taint = td_tainted(td_tainted(other_taint, c, d), next_c, next_d);
      above += 2 * step;
      below += 2 * step;
      y[0] = first;
      y[1] = second;
      is_zero |= (first == 0.0f) | (second == 0.0f);
    }
    zeros |= (uint32_t)is_zero << row;
    above += block->x_row - 2 * step * pairs;
    below += block->x_row - 2 * step * pairs;
    y += block->y_row - 2 * pairs;
  }
  block->taint += taint + other_taint;
  return zeros;
}

/// Elements `begin` .. `end`, two at least, of `rows` rows of y, whose windows are squares of 2 or
/// 3, and begin in row `top`; bits as td_max_squares_of_3.
static uint32_t td_max_pairs(td_max_block* block, float* y, const td_max_pool2d_f32_args* p,
                             const float* x, int32_t top, int32_t begin, int32_t end) {
  uint32_t zeros = 0;
  block->taint = 0.0f;
  for (int32_t column = begin; column < end; column += 2 * block->pairs) {
    if (column == end - 1) --column;  // has no other: once more the one before
    const int32_t left = column * p->stride_width - p->pad_left;
    block->y = y + column;
    block->pairs = (end - column) / 2;
    block->has_left = left >= 0;
    td_rows_at(block->at, x + left, p->x_row, top, p->height, p->kernel_height);
    zeros |= p->kernel_width == 2 ? td_max_squares_of_2(block) : td_max_squares_of_3(block);
  }
  return zeros;
}

/// The work items are rows of y.
void td_max_pool2d_f32(const td_max_pool2d_f32_args* args, td_team team) {
  const td_max_pool2d_f32_args p = *args;
  td_range share = td_share(p.images * p.channels * p.out_height, team);
  const int is_2 = p.kernel_height == 2 && p.kernel_width == 2;
  const int is_3 = p.kernel_height == 3 && p.kernel_width == 3 && p.stride_width == 2;
  td_range whole =
      td_whole_windows(p.out_width, p.kernel_width, p.stride_width, p.pad_left, 0, p.width);
  // The window before may lack no more than its left column.
  if (is_3 && whole.begin > 0 && p.pad_left % 2 == 1 && whole.begin < whole.end) --whole.begin;
  if ((!is_2 && !is_3) || whole.end - whole.begin < 2) whole.begin = whole.end = 0;
  const int by_columns =
      whole.end == 0 && p.stride_width <= p.kernel_width && p.kernel_width <= TD_COLUMNS;
  td_max_block block;
  block.y_row = p.y_row;
  block.x_row = p.stride_height * p.x_row;
  block.step = p.stride_width;
  while (share.begin < share.end) {
    const td_plane_row at = td_plane_row_at(share.begin, p.channels, p.out_height);
    const float* const x = p.x + at.image * p.x_image + at.channel * p.x_channel;
    float* y = p.y + at.image * p.y_image + at.channel * p.y_channel + at.row * p.y_row;
    int32_t left = td_min_int(share.end - share.begin, p.out_height - at.row);
    share.begin += left;
    int32_t top = at.row * p.stride_height - p.pad_top;
    while (left > 0) {
      // Rows of y whose windows have all rows, or a single one.
      block.rows = 1;
      const int32_t behind = p.height - p.kernel_height - top;
      if (top >= 0 && behind >= 0)
        block.rows = td_min_int(td_min_int(behind / p.stride_height + 1, left), 32);
      left -= block.rows;
      td_range done = {0, 0};
      uint32_t zeros = 0;
      if (whole.end > 0) {
        zeros = td_max_pairs(&block, y, &p, x, top, whole.begin, whole.end);
        if (block.taint == block.taint) done = whole;
      }
      for (int32_t rows = block.rows; rows > 0; --rows, y += p.y_row, top += p.stride_height) {
        if (by_columns) {
          td_max_row(y, &p, x, top);
          continue;
        }
        if (done.end - done.begin < p.out_width) td_define(y, &p, x, top, done);
        if (zeros & 1) td_define_zeros(y, &p, x, top, done.begin, done.end);
        zeros >>= 1;
      }
    }
  }
}

/// What a core makes of a plane: the rows of dx from `begin` to before `end`.
typedef struct {
  const float* x;
  const float* dy;
  float* dx;
  int32_t begin, end;
} td_max_plane;

/// Adds windows `begin` .. `end` of a row of dy to their places in dx, by the definition.
static __attribute__((noinline)) void td_give_to_largest(const td_max_pool2d_grad_f32_args* p,
                                                         const td_max_plane* plane, int32_t top,
                                                         const float* dy, int32_t begin,
                                                         int32_t end) {
  for (int32_t column = begin; column < end; ++column) {
    const int32_t left = column * p->stride_width - p->pad_left;
    const td_window window =
        td_window_at(top, left, p->kernel_height, p->kernel_width, p->height, p->width);
    const td_spot at = td_largest_in(plane->x, p->x_row, window);
    const int32_t row = at.row - p->dx_top, to = at.column - p->dx_left;
    if (row >= plane->begin && row < plane->end && to >= 0 && to < p->dx_width)
      plane->dx[row * p->dx_row + to] += dy[column];
  }
}

/// Rows `rows` of windows by the definition; returns 0.
static float td_give_defined(const td_max_pool2d_grad_f32_args* p, const td_max_plane* plane,
                             td_range rows) {
  for (int32_t i = rows.begin; i < rows.end; ++i)
    td_give_to_largest(p, plane, i * p->stride_height - p->pad_top, plane->dy + i * p->dy_row, 0,
                       p->out_width);
  return 0.0f;
}

/// Where parts go that belong to rows of dx of others; for wider rows all is done by the
/// definition.
#define TD_COLUMNS_OF_OTHERS 128

/// A row of windows that are squares of 2 or 3, of those in dx which have all columns there.
typedef struct {
  const float* at[3];       // rows of x, from the next window's first column on
  uintptr_t to[3];          // bytes from at[0] to rows of dx: it moves on for all of them
  const float* part;        // its dy
  float taint;              // NaN if a window so far may hold one
  float given;              // the part of the window before, which is not added yet
  float* before;            // its row of dx, the window's first column or before
  int is_first, is_second;  // of its columns, or the first two, have its largest element
} td_given_row;

TD_INLINE void td_go_on(const float** at, int32_t step) {
  if (step == 0) return;
  *at += step;
  TD_KEEP_HERE(*at);
}

/// Adds the part of the window before to its place, whose row of dx has the window's last column at
/// `before`, and finds out that of the next one, whose columns begin at column `column` of `at`;
/// its first column is `first` if that is `at_hand`. The third is put into `third`. The next window
/// is at column 0 of `at`, when `step` is added. A place is found also if there is a NaN. All but
/// `step` are constants. Nearly every other instruction is the FPU's.
TD_INLINE void td_give_window(td_given_row* row, float* first, float* third, int32_t column,
                              int32_t step, int32_t before, int extent, int at_hand) {
  float second[3], pair[3], peak[3], largest;
  second[0] = td_here(row->at[0][column + 1]);
  if (!at_hand) first[0] = td_here(row->at[0][column]);
  int32_t bytes = row->is_first;
  if (extent == 3) bytes += row->is_second;
  TD_KEEP_HERE(bytes);
  second[1] = td_here(row->at[1][column + 1]);
  if (!at_hand) first[1] = td_here(row->at[1][column]);
  bytes *= 4;
  TD_KEEP_HERE(bytes);
  pair[0] = td_here(td_larger(first[0], second[0]));
  float* to = (float*)((char*)row->before - bytes);
  TD_KEEP_HERE(to);
  to += before;
  if (!at_hand) row->taint = td_here(td_tainted(row->taint, first[0], first[1]));
  const float given = row->given;
  if (extent == 3) {
    third[0] = td_here(row->at[0][column + 2]);
    pair[1] = td_here(td_larger(first[1], second[1]));
    float sum = td_here(*to);
    peak[0] = td_here(td_larger(pair[0], third[0]));
    third[1] = td_here(row->at[1][column + 2]);
    sum = td_here(sum + given);
    second[2] = td_here(row->at[2][column + 1]);
    row->taint = td_here(td_tainted(row->taint, second[0], third[0]));
    *to = sum;
    peak[1] = td_here(td_larger(pair[1], third[1]));
    third[2] = td_here(row->at[2][column + 2]);
    row->taint = td_here(td_tainted(row->taint, second[1], third[1]));
    if (!at_hand) {
      first[2] = td_here(row->at[2][column]);
      row->taint = td_here(td_tainted(row->taint, first[2], first[2]));
    }
    row->given = td_here(row->part[column / 2]);
    pair[2] = td_here(td_larger(first[2], second[2]));
    td_go_on(&row->at[0], step);
    largest = td_here(td_larger(peak[0], peak[1]));
    td_go_on(&row->at[1], step);
    peak[2] = td_here(td_larger(pair[2], third[2]));
    td_go_on(&row->at[2], step);
    row->taint = td_here(td_tainted(row->taint, second[2], third[2]));
  } else {
    float sum = td_here(*to);
    peak[0] = pair[0];
    peak[1] = td_here(td_larger(first[1], second[1]));
    row->given = td_here(row->part[column / 2]);
    sum = td_here(sum + given);
    td_go_on(&row->at[0], step);
    row->taint = td_here(td_tainted(row->taint, second[0], second[1]));
    *to = sum;
    td_go_on(&row->at[1], step);
  }
  int is_in_third = extent == 3 && peak[2] > largest;
  TD_KEEP_HERE(is_in_third);
  int is_in_second = peak[1] > peak[0];
  TD_KEEP_HERE(is_in_second);
  row->is_second = 0;
  if (extent == 3 && is_in_third) {
    row->is_first = first[2] == peak[2];
    row->is_second = pair[2] == peak[2];
    row->before = (float*)((uintptr_t)row->at[0] + row->to[2]);
  } else if (is_in_second) {
    row->is_first = first[1] == peak[1];
    if (extent == 3) row->is_second = pair[1] == peak[1];
    row->before = (float*)((uintptr_t)row->at[0] + row->to[1]);
  } else {
    row->is_first = first[0] == peak[0];
    if (extent == 3) row->is_second = pair[0] == peak[0];
    row->before = (float*)((uintptr_t)row->at[0] + row->to[0]);
  }
}

/// Adds the part of the last window in the same way.
TD_INLINE void td_give_last(const td_given_row* row, int32_t before) {
  row->before[before - row->is_first - row->is_second] += row->given;
}

/// Rows of x and dx of windows that begin in row `top`, of which some are not there or not ours.
/// Instead of a row outside of the image the nearest one inside stands, which is the window's too,
/// and instead of one of others `others`, `columns` zeros.
static __attribute__((noinline)) void td_rows_at_edge(const float** at, float** to,
                                                      const td_max_pool2d_grad_f32_args* p,
                                                      const td_max_plane* plane, int32_t left,
                                                      int32_t top, float* others, int32_t columns) {
  for (int k = 0; k < 3; ++k) {
    const int32_t x_row = td_min_int(td_max_int(top + k, 0), p->height - 1);
    const int32_t to_row = x_row - p->dx_top;
    at[k] = plane->x + x_row * p->x_row + left;
    to[k] = plane->dx + to_row * p->dx_row + left - p->dx_left;
    if (to_row >= plane->begin && to_row < plane->end) continue;
    to[k] = others;
    for (int32_t column = 0; column < columns; ++column) others[column] = 0.0f;
  }
}

/// Rows `rows` of windows, squares of 2 or 3; dx has all columns of those in `whole`,
/// which are some. If they are `linked`, they are two columns apart, and the first of `whole` may
/// begin a column left of the image. NaN if a part may not be where it is defined.
static __attribute__((noinline)) float td_give_rows(const td_max_pool2d_grad_f32_args* p,
                                                    const td_max_plane* plane, td_range rows,
                                                    td_range whole, int linked) {
  const int extent = p->kernel_width;
  const int32_t step = p->stride_width;
  const int32_t left = whole.begin * step - p->pad_left;
  const int32_t windows = whole.end - whole.begin;
  const int32_t columns = (windows - 1) * step + extent;
  const int32_t x_row = p->x_row, dx_row = p->dx_row;
  // Tops of windows whose rows are all in the image and in ours.
  const int32_t first_top = td_max_int(p->dx_top + plane->begin, 0);
  const int32_t last_top = td_min_int(p->dx_top + plane->end, p->height) - extent;
  const int has_rest = windows < p->out_width;
  float others[TD_COLUMNS_OF_OTHERS], nothing[3] = {0.0f, 0.0f, 0.0f};
  const float* dy = plane->dy + rows.begin * p->dy_row;
  int32_t top = rows.begin * p->stride_height - p->pad_top;
  float taint = 0.0f;
  for (int32_t i = rows.begin; i < rows.end; ++i, top += p->stride_height, dy += p->dy_row) {
    td_given_row row;
    const float* at[3];
    float* to[3];
    if (top >= first_top && top <= last_top) {
      at[0] = plane->x + top * x_row + left;
      to[0] = plane->dx + (top - p->dx_top) * dx_row + left - p->dx_left;
      for (int k = 1; k < 3; ++k) {
        at[k] = at[k - 1] + x_row;
        to[k] = to[k - 1] + dx_row;
      }
    } else if (columns > TD_COLUMNS_OF_OTHERS) {
      td_give_to_largest(p, plane, top, dy, 0, p->out_width);
      continue;
    } else {
      const float* edge[3];
      float* to_edge[3];
      td_rows_at_edge(edge, to_edge, p, plane, left, top, others, columns);
      for (int k = 0; k < 3; ++k) at[k] = edge[k], to[k] = to_edge[k];
    }
    for (int k = 0; k < 3; ++k) {
      row.at[k] = at[k];
      row.to[k] = (uintptr_t)to[k] - (uintptr_t)at[0];
    }
    if (has_rest) td_give_to_largest(p, plane, top, dy, 0, whole.begin);
    row.part = dy + whole.begin;
    row.given = 0.0f;
    row.before = nothing;
    row.is_first = row.is_second = 0;
    row.taint = taint;
    const float* const end = row.part + windows;
    // Of no column: a NaN, which is larger than nothing and equal to nothing.
    float first[3] = {TD_NAN, TD_NAN, TD_NAN}, third[3];
    if (!linked) {
      for (int k = 0; k < 3; ++k) row.to[k] -= 4 * (uint32_t)step;
      if (extent == 2) {
        TD_ROLLED for (; row.part != end; ++row.part)
            td_give_window(&row, first, third, 0, step, 1, 2, 0);
        td_give_last(&row, 1);
      } else {
        TD_ROLLED for (; row.part != end; ++row.part)
            td_give_window(&row, first, third, 0, step, 2, 3, 0);
        td_give_last(&row, 2);
      }
    } else {
      if (left >= 0) {
        for (int k = 0; k < 3; ++k) {
          first[k] = row.at[k][0];
          row.taint = td_tainted(row.taint, first[k], first[k]);
        }
      }
      // Two windows at once, of an odd number at first only the second one.
      if (windows % 2 == 1) {
        for (int k = 0; k < 3; ++k) third[k] = first[k], row.at[k] -= 2;
        --row.part;
        goto second;
      }
      do {
        td_give_window(&row, first, third, 0, 0, 0, 3, 1);
      second:
        td_give_window(&row, third, first, 2, 4, 2, 3, 1);
        row.part += 2;
      } while (row.part != end);
      td_give_last(&row, 0);
    }
    taint = row.taint;
    if (has_rest) td_give_to_largest(p, plane, top, dy, whole.end, p->out_width);
  }
  return taint;
}

static void td_clear_rows(float* to, int32_t rows, int32_t columns, int32_t row) {
  if (row == columns) columns *= rows, rows = 1;
  for (; rows > 0; --rows, to += row) {
    int32_t i = 0;
#if defined(__riscv)
    TD_ROLLED for (; i < columns - 15; i += 16) {
      TD_LANES for (int32_t k = 0; k < 8; ++k) to[i + k] = 0.0f;
      TD_LANES for (int32_t k = 8; k < 16; ++k) to[i + k] = 0.0f;
    }
#endif
    TD_ROLLED for (; i < columns; ++i) to[i] = 0.0f;
  }
}

/// dx = sum of dy over the windows whose largest element it is, in row-major order of the windows.
/// dx may be a part of x's plane, from (dx_top, dx_left) on. The work items are rows of dx, so
/// windows that reach over the rows of two cores are looked at by both.
void td_max_pool2d_grad_f32(const td_max_pool2d_grad_f32_args* args, td_team team) {
  const td_max_pool2d_grad_f32_args p = *args;
  td_range share = td_share(p.images * p.channels * p.dx_height, team);
  const int extent = p.kernel_height == p.kernel_width ? p.kernel_width : 0;
  // Those that lie both in the image and in dx.
  const int32_t begin = td_max_int(p.dx_left, 0);
  td_range whole = td_whole_windows(p.out_width, p.kernel_width, p.stride_width, p.pad_left, begin,
                                    td_min_int(p.dx_left + p.dx_width, p.width) - begin);
  const int is_linked = extent == 3 && p.stride_width == 2;
  if (extent != 2 && extent != 3) whole.begin = whole.end = 0;
  // The window before may lack no more than its left column.
  if (is_linked && begin == 0 && whole.begin < whole.end && whole.begin * 2 - p.pad_left == 1)
    --whole.begin;
  while (share.begin < share.end) {
    const td_plane_row at = td_plane_row_at(share.begin, p.channels, p.dx_height);
    td_max_plane plane;
    plane.x = p.x + at.image * p.x_image + at.channel * p.x_channel;
    plane.dy = p.dy + at.image * p.dy_image + at.channel * p.dy_channel;
    plane.dx = p.dx + at.image * p.dx_image + at.channel * p.dx_channel;
    plane.begin = at.row;
    plane.end = td_min_int(at.row + share.end - share.begin, p.dx_height);
    share.begin += plane.end - plane.begin;
    // Rows of windows that meet these rows of dx.
    const td_range rows =
        td_meeting_windows(p.out_height, p.kernel_height, p.stride_height,
                           p.pad_top + p.dx_top + plane.begin, p.pad_top + p.dx_top + plane.end);
    float taint;
    td_range fast = whole;
    do {
      td_clear_rows(plane.dx + plane.begin * p.dx_row, plane.end - plane.begin, p.dx_width,
                    p.dx_row);
      taint = fast.begin == fast.end ? td_give_defined(&p, &plane, rows)
                                     : td_give_rows(&p, &plane, rows, fast, is_linked);
      fast.begin = fast.end = 0;  // by the definition, which knows NaN
    } while (taint != taint);
  }
}
