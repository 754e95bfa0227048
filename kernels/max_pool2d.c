/// Largest element of each window. Windows lie over the image as in conv2d; what is outside of the
/// image does not take part. Every window must overlap the image. Of equal elements the first in
/// row-major order counts, and the first NaN before all others.
///
/// Windows of 2 x 2 and 3 x 3 take their maxima without a branch: td_larger knows neither NaN nor
/// which zero came first, so such windows are noticed and done once more, by the definition.
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

/// Elements `begin` .. `end` of a row of y by the definition.
static __attribute__((noinline)) void td_define(float* y, const td_max_pool2d_f32_args* p,
                                                const float* x, int32_t top, int32_t begin,
                                                int32_t end) {
  for (int32_t column = begin; column < end; ++column) {
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
        if (done.begin > 0) td_define(y, &p, x, top, 0, done.begin);
        if (done.end < p.out_width) td_define(y, &p, x, top, done.end, p.out_width);
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

/// Adds dy to its window's place in dx, by the definition.
static __attribute__((noinline)) void td_give_to_largest(const td_max_pool2d_grad_f32_args* p,
                                                         const td_max_plane* plane, int32_t top,
                                                         int32_t column, float dy) {
  const int32_t left = column * p->stride_width - p->pad_left;
  const td_window window =
      td_window_at(top, left, p->kernel_height, p->kernel_width, p->height, p->width);
  const td_spot at = td_largest_in(plane->x, p->x_row, window);
  const int32_t row = at.row - p->dx_top, to = at.column - p->dx_left;
  if (row >= plane->begin && row < plane->end && to >= 0 && to < p->dx_width)
    plane->dx[row * p->dx_row + to] += dy;
}

/// A row of windows that are squares of 2 or 3, of those in dx which have all columns there.
typedef struct {
  const float* at[3];  // rows of x, from the next window's first column on
  float* to[3];        // rows of dx, from the first window's first column on; NULL: not ours
  int32_t bytes;       // from there to the next window
  const float* part;   // its dy
  float taint;         // NaN if a window so far may hold one
} td_given_row;

/// Where in its row of dx a window's largest element is: the `first`, `second` or third one.
TD_INLINE float* td_place(float* to, int32_t bytes, float first, float second, float largest,
                          int extent) {
  if (to == NULL) return to;
  int is_first = first == largest, is_second = extent == 2 || second == largest;
  TD_KEEP_HERE(is_first);
  TD_KEEP_HERE(is_second);
  to = (float*)((char*)to + bytes);
  if (is_first) return to;
  ++to;
  return is_second ? to : to + 1;
}

/// Adds the next window's part of dy, which it also puts into `dy`, to the place of the window's
/// largest element. Its columns begin at column `column` of `at`; the first of them is `first`, and
/// the last goes to `third` if the window is 3 wide. The next window begins `step` columns on;
/// `at_step` of them are added to `at`. If the window may hold a NaN, it adds nothing and says 0.
/// `extent` and `column` are constants. Nearly every other instruction is the FPU's.
TD_INLINE int td_give_window(td_given_row* row, const float* first, float* third, int32_t column,
                             int32_t at_step, int32_t step, int extent, float* dy) {
  float second[3], peak[3], largest, part;
  second[0] = td_here(row->at[0][column + 1]);
  second[1] = td_here(row->at[1][column + 1]);
  peak[0] = td_here(td_larger(first[0], second[0]));
  if (extent == 3) {
    third[0] = td_here(row->at[0][column + 2]);
    peak[1] = td_here(td_larger(first[1], second[1]));
    third[1] = td_here(row->at[1][column + 2]);
    row->taint = td_here(td_tainted(row->taint, second[0], third[0]));
    second[2] = td_here(row->at[2][column + 1]);
    peak[0] = td_here(td_larger(peak[0], third[0]));
    third[2] = td_here(row->at[2][column + 2]);
    peak[1] = td_here(td_larger(peak[1], third[1]));
    part = td_here(*row->part++);
    row->taint = td_here(td_tainted(row->taint, second[1], third[1]));
    peak[2] = td_here(td_larger(first[2], second[2]));
    row->at[0] += at_step;
    TD_KEEP_HERE(row->at[0]);
    row->taint = td_here(td_tainted(row->taint, second[2], third[2]));
    largest = td_here(td_larger(peak[0], peak[1]));
    row->at[1] += at_step;
    TD_KEEP_HERE(row->at[1]);
    peak[2] = td_here(td_larger(peak[2], third[2]));
    row->at[2] += at_step;
    TD_KEEP_HERE(row->at[2]);
  } else {
    part = td_here(*row->part++);
    peak[1] = td_here(td_larger(first[1], second[1]));
    row->at[0] += at_step;
    TD_KEEP_HERE(row->at[0]);
    row->taint = td_here(td_tainted(row->taint, first[0], first[1]));
    row->at[1] += at_step;
    TD_KEEP_HERE(row->at[1]);
    largest = td_here(td_larger(peak[0], peak[1]));
    row->taint = td_here(td_tainted(row->taint, second[0], second[1]));
  }
  int is_clean = row->taint == row->taint;
  TD_KEEP_HERE(is_clean);
  if (extent == 3) largest = td_here(td_larger(largest, peak[2]));
  const int32_t bytes = row->bytes;
  row->bytes += 4 * step;
  TD_KEEP_HERE(row->bytes);
  int is_in_first = peak[0] == largest, is_in_second = extent == 2 || peak[1] == largest;
  TD_KEEP_HERE(is_in_first);
  TD_KEEP_HERE(is_in_second);
  *dy = part;
  if (__builtin_expect(!is_clean, 0)) return 0;
  const int last = extent - 1;
  float* here;
  if (is_in_first)
    here = td_place(row->to[0], bytes, first[0], second[0], largest, extent);
  else if (is_in_second)
    here = td_place(row->to[1], bytes, first[1], second[1], largest, extent);
  else
    here = td_place(row->to[last], bytes, first[last], second[last], largest, extent);
  if (here != NULL) *here += part;
  return 1;
}

/// Rows `rows` of windows, squares of `extent`, a constant; dx has all columns of those in `whole`.
/// Squares of 3 are two columns apart, and the first of `whole` may begin a column left of the
/// image.
TD_INLINE void td_give_rows(const td_max_pool2d_grad_f32_args* p, const td_max_plane* plane,
                            td_range rows, td_range whole, int extent) {
  const int32_t step = extent == 3 ? 2 : p->stride_width;
  const int32_t left = whole.begin * step - p->pad_left;
  const float* const x = plane->x + left;
  float* const dx = plane->dx + left - p->dx_left;
  const int32_t x_row = p->x_row, dx_row = p->dx_row, dx_top = p->dx_top;
  const int32_t begin = plane->begin, end = plane->end;
  // Tops of windows whose rows are all in the image and in ours.
  const int32_t first_top = td_max_int(dx_top + begin, 0);
  const int32_t last_top = td_min_int(dx_top + end, p->height) - extent;
  const float* dy = plane->dy + rows.begin * p->dy_row;
  int32_t top = rows.begin * p->stride_height - p->pad_top;
  for (int32_t i = rows.begin; i < rows.end; ++i, top += p->stride_height, dy += p->dy_row) {
    for (int32_t column = 0; column < whole.begin; ++column)
      td_give_to_largest(p, plane, top, column, dy[column]);
    td_given_row row;
    float before[3], middle[3], part;
    row.bytes = 0;
    row.part = dy + whole.begin;
    row.taint = 0.0f;
    for (int k = 0; k < extent; ++k) {
      row.at[k] = x + (top + k) * x_row;
      row.to[k] = dx + (top + k - dx_top) * dx_row;
    }
    if (top < first_top || top > last_top) {
      td_rows_at(row.at, x, x_row, top, p->height, extent);
      for (int k = 0; k < extent; ++k) {
        const int32_t to_row = td_min_int(td_max_int(top + k, 0), p->height - 1) - dx_top;
        row.to[k] = to_row >= begin && to_row < end ? dx + to_row * dx_row : NULL;
      }
    }
    // Of no column: a NaN, which is larger than nothing and equal to nothing.
    for (int k = 0; k < extent; ++k) before[k] = TD_NAN;
    if (extent == 3 && left >= 0 && whole.begin < whole.end) {
      for (int k = 0; k < extent; ++k) {
        before[k] = row.at[k][0];
        row.taint = td_fmaf(before[k], before[k], row.taint);
      }
    }
    TD_ROLLED for (const float* const dy_end = dy + whole.end; row.part != dy_end;) {
      if (extent == 2) {
        before[0] = td_here(row.at[0][0]);
        before[1] = td_here(row.at[1][0]);
      }
      if (!td_give_window(&row, before, middle, 0, extent == 3 ? 0 : step, step, extent, &part))
        td_give_to_largest(p, plane, top, (int32_t)(row.part - dy) - 1, part);
      if (extent == 2) continue;
      if (row.part == dy_end) break;
      if (!td_give_window(&row, middle, before, 2, 4, step, extent, &part))
        td_give_to_largest(p, plane, top, (int32_t)(row.part - dy) - 1, part);
    }
    for (int32_t column = whole.end; column < p->out_width; ++column)
      td_give_to_largest(p, plane, top, column, dy[column]);
  }
}

static __attribute__((noinline)) void td_give_rows_of_2(const td_max_pool2d_grad_f32_args* p,
                                                        const td_max_plane* plane, td_range rows,
                                                        td_range whole) {
  td_give_rows(p, plane, rows, whole, 2);
}
static __attribute__((noinline)) void td_give_rows_of_3(const td_max_pool2d_grad_f32_args* p,
                                                        const td_max_plane* plane, td_range rows,
                                                        td_range whole) {
  td_give_rows(p, plane, rows, whole, 3);
}

static void td_clear_rows(float* to, int32_t rows, int32_t columns, int32_t row) {
  if (row == columns) columns *= rows, rows = 1;
  for (; rows > 0; --rows, to += row) {
    int32_t i = 0;
#if defined(__riscv)
    TD_ROLLED for (; i < columns - 7; i += 8) {
      TD_LANES for (int32_t k = 0; k < 8; ++k) to[i + k] = 0.0f;
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
  if (extent != 2 && !(extent == 3 && p.stride_width == 2)) whole.begin = whole.end = 0;
  // The window before may lack no more than its left column.
  if (extent == 3 && begin == 0 && whole.begin < whole.end &&
      (whole.begin - 1) * p.stride_width - p.pad_left == -1)
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
    td_clear_rows(plane.dx + plane.begin * p.dx_row, plane.end - plane.begin, p.dx_width, p.dx_row);
    // Rows of windows that meet these rows of dx.
    const td_range rows =
        td_meeting_windows(p.out_height, p.kernel_height, p.stride_height,
                           p.pad_top + p.dx_top + plane.begin, p.pad_top + p.dx_top + plane.end);
    if (extent == 3)
      td_give_rows_of_3(&p, &plane, rows, whole);
    else
      td_give_rows_of_2(&p, &plane, rows, whole);
  }
}
