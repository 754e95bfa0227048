/// Largest element of each window. Windows lie over the image as in conv2d; what is outside of the
/// image does not take part. Every window must overlap the image. Of equal elements the first in
/// row-major order counts, and the first NaN before all others.
///
/// Windows of 2 x 2 and 3 x 3 take their maxima without a branch: td_larger knows neither NaN nor
/// which zero came first, so such windows are noticed and done once more, by the definition.
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

/// The largest of each of `columns` columns, `apart` from each other, of windows of `extent` rows;
/// both counts are constants. Steps of different columns alternate: none waits for the one before.
TD_INLINE void td_column_peaks(float* peak, int columns, const float* const* rows, int32_t column,
                               int32_t apart, int extent, float* taint) {
  float value[4][3];
  for (int i = 0; i < extent; ++i)
    for (int j = 0; j < columns; ++j) value[j][i] = rows[i][column + j * apart];
  for (int j = 0; j < columns; ++j) peak[j] = td_larger(value[j][0], value[j][1]);
  for (int j = 0; j < columns; ++j)
    taint[j % 2] = td_tainted(taint[j % 2], value[j][0], value[j][1]);
  if (extent == 2) return;
  for (int j = 0; j < columns; ++j) peak[j] = td_larger(peak[j], value[j][2]);
  for (int j = 0; j < columns; j += 2)
    taint[j / 2] = td_tainted(taint[j / 2], value[j][2], value[j + 1 < columns ? j + 1 : j][2]);
}

/// The window of y's element `column`, `top` the first row of the window's row.
static td_window td_max_window(const td_max_pool2d_f32_args* p, int32_t top, int32_t column) {
  return td_window_at(top, column * p->stride_width - p->pad_left, p->kernel_height,
                      p->kernel_width, p->height, p->width);
}

/// A row of y by the definition.
static __attribute__((noinline)) void td_define_row(float* y, const td_max_pool2d_f32_args* p,
                                                    const float* x, int32_t top) {
  for (int32_t column = 0; column < p->out_width; ++column) {
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

/// Columns of y from `column` on, while two of them are before `end`; says where it stopped. The
/// windows are squares of 2, or of 3 and two columns apart, of which only the first may begin left
/// of the image, by one column.
TD_INLINE int32_t td_max_pairs(float* y, const td_max_pool2d_f32_args* p, const float* x,
                               const float* const* rows, int32_t top, int32_t column, int32_t end,
                               int extent, float* taint) {
  const int32_t step = extent == 3 ? 2 : p->stride_width;
  const int32_t left = column * step - p->pad_left;
  const float* at[3];
  for (int i = 0; i < extent; ++i) at[i] = rows[i] + left;
  float before, peak[4];  // of the left column, which was the right one of the window before
  if (extent == 3) td_column_peaks(&before, 1, rows, td_max_int(left, 0), 1, 3, taint);
  TD_ROLLED for (; column < end - 1; column += 2) {
    float first, second;
    if (extent == 3) {
      td_column_peaks(peak, 4, at, 1, 1, 3, taint);
      first = td_larger(before, peak[0]);
      second = td_larger(peak[1], peak[2]);
      first = td_larger(first, peak[1]);
      second = td_larger(second, peak[3]);
      before = peak[3];
    } else {
      td_column_peaks(peak, 2, at, 0, step, 2, taint);
      td_column_peaks(peak + 2, 2, at, 1, step, 2, taint);
      first = td_larger(peak[0], peak[2]);
      second = td_larger(peak[1], peak[3]);
    }
    for (int i = 0; i < extent; ++i) at[i] += 2 * step;
    y[column] = first;
    y[column + 1] = second;
    if ((first == 0.0f) | (second == 0.0f)) td_define_zeros(y, p, x, top, column, column + 2);
  }
  return column;
}

/// A row of y whose windows are squares of `extent`, 2 or 3; `in_pairs` if those of 3 are two
/// columns apart. Both are constants. NaN if a NaN may be in one of them.
TD_INLINE float td_max_row(float* y, const td_max_pool2d_f32_args* p, const float* x, int32_t top,
                           td_range whole, int extent, int in_pairs) {
  const float* rows[3];
  float taint[2] = {0.0f, 0.0f};
  td_rows_at(rows, x, p->x_row, top, p->height, extent);
  for (int32_t column = 0; column < p->out_width; ++column) {
    if (in_pairs && column == whole.begin && column < whole.end)
      column = td_max_pairs(y, p, x, rows, top, column, whole.end, extent, taint);
    if (column == p->out_width) break;
    const int32_t left = column * p->stride_width - p->pad_left;
    const int32_t end = td_min_int(left + extent, p->width);
    float largest = 0.0f;
    for (int32_t i = td_max_int(left, 0), is_first = 1; i < end; ++i, is_first = 0) {
      float peak;
      td_column_peaks(&peak, 1, rows, i, 1, extent, taint);
      largest = is_first ? peak : td_larger(largest, peak);
    }
    y[column] = largest;
    if (largest == 0.0f) td_define_zeros(y, p, x, top, column, column + 1);
  }
  return taint[0] + taint[1];
}

/// The work items are rows of y.
void td_max_pool2d_f32(const td_max_pool2d_f32_args* args, td_team team) {
  const td_max_pool2d_f32_args p = *args;
  td_range share = td_share(p.images * p.channels * p.out_height, team);
  const int extent = p.kernel_height == p.kernel_width ? p.kernel_width : 0;
  const int is_3_by_2 = extent == 3 && p.stride_width == 2;
  td_range whole =
      td_whole_windows(p.out_width, p.kernel_width, p.stride_width, p.pad_left, 0, p.width);
  // The window before may lack no more than its left column.
  if (is_3_by_2 && whole.begin > 0 && p.pad_left % 2 == 1 && whole.begin < whole.end) --whole.begin;
  while (share.begin < share.end) {
    const td_plane_row at = td_plane_row_at(share.begin, p.channels, p.out_height);
    const float* const x = p.x + at.image * p.x_image + at.channel * p.x_channel;
    float* y = p.y + at.image * p.y_image + at.channel * p.y_channel + at.row * p.y_row;
    const int32_t end = td_min_int(at.row + share.end - share.begin, p.out_height);
    share.begin += end - at.row;
    int32_t top = at.row * p.stride_height - p.pad_top;
    for (int32_t row = at.row; row < end; ++row, y += p.y_row, top += p.stride_height) {
      float taint = __builtin_nanf("");
      if (is_3_by_2)
        taint = td_max_row(y, &p, x, top, whole, 3, 1);
      else if (extent == 3)
        taint = td_max_row(y, &p, x, top, whole, 3, 0);
      else if (extent == 2)
        taint = td_max_row(y, &p, x, top, whole, 2, 1);
      if (taint != taint) td_define_row(y, &p, x, top);
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
static void td_give_to_largest(const td_max_pool2d_grad_f32_args* p, const td_max_plane* plane,
                               int32_t top, int32_t left, float dy) {
  const td_window window =
      td_window_at(top, left, p->kernel_height, p->kernel_width, p->height, p->width);
  const td_spot at = td_largest_in(plane->x, p->x_row, window);
  const int32_t row = at.row - p->dx_top, column = at.column - p->dx_left;
  if (row >= plane->begin && row < plane->end && column >= 0 && column < p->dx_width)
    plane->dx[row * p->dx_row + column] += dy;
}

/// Adds dy to the element of a window's row that is the largest of those at `at`; they begin at
/// column `left` of `to`, which may be NULL. `extent` is a constant.
TD_INLINE void td_give(float* to, int32_t left, const float* at, float largest, int extent,
                       float dy) {
  if (to == NULL) return;
  to += left;
  if (at[0] == largest)
    to[0] += dy;
  else if (extent == 2 || at[1] == largest)
    to[1] += dy;
  else
    to[2] += dy;
}

/// A row of windows, squares of `extent`, a constant, that begins at row `top` and has `dy`; dx has
/// all columns of those in `whole`.
TD_INLINE void td_give_row(const td_max_pool2d_grad_f32_args* p, const td_max_plane* plane,
                           int32_t top, const float* dy, td_range whole, int extent) {
  const int32_t step = p->stride_width;
  int32_t left = -p->pad_left;
  for (int32_t column = 0; column < p->out_width; ++column, left += step) {
    if (column == whole.begin && column < whole.end) {
      const float* at[3];
      float* to[3];
      float taint[2] = {0.0f, 0.0f};
      td_rows_at(at, plane->x + left, p->x_row, top, p->height, extent);
      for (int i = 0; i < extent; ++i) {
        const int32_t row = td_min_int(td_max_int(top + i, 0), p->height - 1) - p->dx_top;
        const int is_here = row >= plane->begin && row < plane->end;
        to[i] = is_here ? plane->dx + row * p->dx_row - p->dx_left : NULL;
      }
      TD_ROLLED for (; column < whole.end; ++column, left += step) {
        // Steps of different rows alternate: none waits for the one before.
        float value[3][3], peak[3];
        for (int i = 0; i < extent; ++i)
          for (int j = 0; j < extent; ++j) value[i][j] = at[i][j];
        for (int i = 0; i < extent; ++i) peak[i] = td_larger(value[i][0], value[i][1]);
        for (int i = 0; i < extent; ++i)
          taint[i % 2] = td_tainted(taint[i % 2], value[i][0], value[i][1]);
        float largest = td_larger(peak[0], peak[1]);
        if (extent == 3) {
          for (int i = 0; i < 3; ++i) peak[i] = td_larger(peak[i], value[i][2]);
          taint[1] = td_tainted(taint[1], value[0][2], value[1][2]);
          taint[0] = td_tainted(taint[0], value[2][2], value[2][2]);
          largest = td_larger(td_larger(peak[0], peak[1]), peak[2]);
        }
        const float part = dy[column], both = taint[0] + taint[1];
        if (__builtin_expect(both != both, 0))
          td_give_to_largest(p, plane, top, left, part);
        else if (peak[0] == largest)
          td_give(to[0], left, at[0], largest, extent, part);
        else if (extent == 2 || peak[1] == largest)
          td_give(to[1], left, at[1], largest, extent, part);
        else
          td_give(to[2], left, at[2], largest, extent, part);
        for (int i = 0; i < extent; ++i) at[i] += step;
      }
      if (column == p->out_width) break;
    }
    td_give_to_largest(p, plane, top, left, dy[column]);
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
  if (extent != 2 && extent != 3) whole.begin = whole.end = 0;
  while (share.begin < share.end) {
    const td_plane_row at = td_plane_row_at(share.begin, p.channels, p.dx_height);
    td_max_plane plane;
    plane.x = p.x + at.image * p.x_image + at.channel * p.x_channel;
    plane.dy = p.dy + at.image * p.dy_image + at.channel * p.dy_channel;
    plane.dx = p.dx + at.image * p.dx_image + at.channel * p.dx_channel;
    plane.begin = at.row;
    plane.end = td_min_int(at.row + share.end - share.begin, p.dx_height);
    share.begin += plane.end - plane.begin;
    for (int32_t row = plane.begin; row < plane.end; ++row)
      TD_INDEPENDENT(column, 0, p.dx_width, plane.dx + row * p.dx_row, 0.0f);
    // Rows of windows that meet these rows of dx.
    const td_range rows =
        td_meeting_windows(p.out_height, p.kernel_height, p.stride_height,
                           p.pad_top + p.dx_top + plane.begin, p.pad_top + p.dx_top + plane.end);
    for (int32_t row = rows.begin; row < rows.end; ++row) {
      const int32_t top = row * p.stride_height - p.pad_top;
      const float* const dy = plane.dy + row * p.dy_row;
      if (extent == 3) {
        td_give_row(&p, &plane, top, dy, whole, 3);
      } else if (extent == 2) {
        td_give_row(&p, &plane, top, dy, whole, 2);
      } else {
        for (int32_t column = 0; column < p.out_width; ++column)
          td_give_to_largest(&p, &plane, top, column * p.stride_width - p.pad_left, dy[column]);
      }
    }
  }
}
