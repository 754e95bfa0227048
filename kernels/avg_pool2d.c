/// Mean of each window. Windows lie over the image as in conv2d; what is outside of the image is
/// zero; the padding counts as positions of the window or does not, and what is beyond it never
/// does. Every window must overlap the image.
#include "td_window.h"

/// What sums of windows with the same count of positions are divided by.
typedef struct {
  float positions;
  float reciprocal;
} td_divisor;

static inline td_divisor td_divisor_of(int32_t positions) {
  const td_divisor by = {(float)positions, 1.0f / (float)positions};
  return by;
}

/// to[0] = a / positions and to[1] = b / positions, rounded as divisions are. Dividers are slow
/// where there is one for all cores.
///
/// There the product with the reciprocal is corrected once. It is less than 2 units of its last
/// place off, `rest` is exact because positions are whole, and the last fmaf rounds a number that
/// is off by 2^-23 of a unit at most. The quotient is no tie and at least 1 / (2 * positions) of a
/// unit away from one, so this rounds to the same side for less than 2^22 positions. Quotients that
/// could be subnormal, and what is not finite, are divided.
TD_INLINE void td_divide_pair(float* to, float a, float b, td_divisor by) {
#if defined(__riscv_flen)
  const uint32_t smallest = 0x20000000u << 1, span = 0x3f800000u << 1;  // from 2^-63 to 2^64
  uint32_t bits_of_a, bits_of_b;
  // By td_bits_of_float gcc would move both back again.
  __asm__("fmv.x.w %0, %1" : "=r"(bits_of_a) : "f"(a));
  __asm__("fmv.x.w %0, %1" : "=r"(bits_of_b) : "f"(b));
  if (__builtin_expect((bits_of_a << 1) - smallest < span, 1) &&
      __builtin_expect((bits_of_b << 1) - smallest < span, 1)) {
    const float first = a * by.reciprocal, second = b * by.reciprocal;
    const float rest = td_fmaf(-first, by.positions, a);
    const float rest_of_second = td_fmaf(-second, by.positions, b);
    to[0] = td_fmaf(rest, by.reciprocal, first);
    to[1] = td_fmaf(rest_of_second, by.reciprocal, second);
    return;
  }
#endif
  to[0] = a / by.positions;
  to[1] = b / by.positions;
}

/// Columns of y from `column` on, while two of them are before `end`; says where it stopped. Their
/// windows are squares of 2, or of 3 and two columns apart, and the first begins at column `left`
/// of rows `top` and on. Those of 3 may lack rows, and the first of them its left column: these are
/// zeros, which change no sum that began with +0.
TD_INLINE int32_t td_mean_pairs(float* y, const td_avg_pool2d_f32_args* p, const float* x,
                                int32_t top, int32_t column, int32_t end, td_divisor by,
                                int extent) {
  const float zeros[5] = {0.0f, 0.0f, 0.0f, 0.0f, 0.0f};
  const int32_t step = extent == 3 ? 2 : p->stride_width;
  const int32_t left = column * step - p->pad_left;
  const float* at[3];
  int32_t next_pair[3];
  float before[3] = {0.0f, 0.0f, 0.0f};  // the left column, the right one of the window before
  for (int i = 0; i < extent; ++i) {
    const int is_zero = extent == 3 && (top + i < 0 || top + i >= p->height);
    at[i] = is_zero ? zeros : x + (top + i) * p->x_row + left;
    next_pair[i] = is_zero ? 0 : 2 * step;
    if (extent == 3 && left >= 0) before[i] = at[i][0];
  }
  TD_ROLLED for (; column < end - 1; column += 2) {
    float first = 0.0f, second = 0.0f;
    for (int i = 0; i < extent; ++i) {
      if (extent == 3) {
        const float middle = at[i][1], shared = at[i][2], next = at[i][3], last = at[i][4];
        first += before[i];
        second += shared;
        first += middle;
        second += next;
        first += shared;
        second += last;
        before[i] = last;
      } else {
        first += at[i][0];
        second += at[i][step];
        first += at[i][1];
        second += at[i][step + 1];
      }
      at[i] += next_pair[i];
    }
    td_divide_pair(y + column, first, second, by);
  }
  return column;
}

/// y = sum of the window in row-major order, from +0, divided by its positions. The work items are
/// rows of y.
void td_avg_pool2d_f32(const td_avg_pool2d_f32_args* args, td_team team) {
  const td_avg_pool2d_f32_args p = *args;
  td_range share = td_share(p.images * p.channels * p.out_height, team);
  const int extent = p.kernel_height == p.kernel_width ? p.kernel_width : 0;
  const int is_3_by_2 = extent == 3 && p.stride_width == 2;
  td_range whole =
      td_whole_windows(p.out_width, p.kernel_width, p.stride_width, p.pad_left, 0, p.width);
  if (!is_3_by_2 && extent != 2)
    whole.end = whole.begin;
  else if (is_3_by_2 && p.count_include_pad && whole.begin > 0 && p.pad_left % 2 == 1)
    --whole.begin;  // lacks its left column
  int32_t rows_before = p.kernel_height;
  td_divisor by = td_divisor_of(p.kernel_height * p.kernel_width);
  while (share.begin < share.end) {
    const td_plane_row at = td_plane_row_at(share.begin, p.channels, p.out_height);
    const float* const x = p.x + at.image * p.x_image + at.channel * p.x_channel;
    float* y = p.y + at.image * p.y_image + at.channel * p.y_channel + at.row * p.y_row;
    const int32_t end = td_min_int(at.row + share.end - share.begin, p.out_height);
    share.begin += end - at.row;
    for (int32_t row = at.row; row < end; ++row, y += p.y_row) {
      const int32_t top = row * p.stride_height - p.pad_top;
      const td_range inside = {td_max_int(top, 0), td_min_int(top + p.kernel_height, p.height)};
      const int32_t rows = p.count_include_pad
                               ? td_min_int(p.kernel_height, p.height + p.pad_bottom - top)
                               : inside.end - inside.begin;
      int32_t pairs_at = inside.end - inside.begin == extent || extent == 3 ? whole.begin : -1;
      if (rows != rows_before) by = td_divisor_of(rows * p.kernel_width);
      rows_before = rows;
      for (int32_t column = 0; column < p.out_width; ++column) {
        if (column == pairs_at && whole.begin < whole.end) {
          column = extent == 3 ? td_mean_pairs(y, &p, x, top, column, whole.end, by, 3)
                               : td_mean_pairs(y, &p, x, top, column, whole.end, by, 2);
          if (column == p.out_width) break;
        }
        const int32_t left = column * p.stride_width - p.pad_left;
        const int32_t begin = td_max_int(left, 0);
        const int32_t column_end = td_min_int(left + p.kernel_width, p.width);
        const int32_t columns = p.count_include_pad
                                    ? td_min_int(p.kernel_width, p.width + p.pad_right - left)
                                    : column_end - begin;
        const float* from = x + inside.begin * p.x_row;
        float sum = 0.0f;
        for (int32_t i = inside.begin; i < inside.end; ++i, from += p.x_row)
          for (int32_t j = begin; j < column_end; ++j) sum += from[j];
        y[column] = sum / (float)(rows * columns);
      }
    }
  }
}

/// So many quotients dy / positions, shares, lie on the stack.
#define TD_SHARES 256

/// dy / positions of windows `begin` .. `end` of those of dy in row `row` of windows; of `full` all
/// columns are positions.
static void td_share_row(float* shares, const float* dy, const td_avg_pool2d_grad_f32_args* p,
                         int32_t row, int32_t begin, int32_t end, td_range full) {
  const int32_t top = row * p->stride_height - p->pad_height;
  const int32_t pad_bottom = p->count_include_pad ? p->pad_height : 0;
  const int32_t pad_right = p->count_include_pad ? p->pad_width : 0;
  const int32_t rows = td_min_int(top + p->kernel_height, p->height + pad_bottom) -
                       (p->count_include_pad ? top : td_max_int(top, 0));
  const td_divisor by = td_divisor_of(rows * p->kernel_width);
  dy += (row - p->dy_top) * p->dy_row;
  for (int32_t j = begin; j < end; ++j) {
    if (j >= full.begin) {
      TD_ROLLED for (; j < td_min_int(full.end, end) - 1; j += 2) {
        td_divide_pair(shares + (j - begin), dy[j], dy[j + 1], by);
      }
      if (j == end) break;
    }
    const int32_t left = (p->dy_left + j) * p->stride_width - p->pad_width;
    const int32_t columns = td_min_int(left + p->kernel_width, p->width + pad_right) -
                            (p->count_include_pad ? left : td_max_int(left, 0));
    shares[j - begin] = dy[j] / (float)(rows * columns);
  }
}

/// Rows of shares whose windows hold a row of dx: `count` of them, the first in slot `slot` of the
/// `slots` at `shares`, which follow each other in a circle. Before and behind each row is a zero.
typedef struct {
  const float* shares;
  int32_t width;  // with the zeros
  int32_t slot, slots, count;
} td_share_rows;

static inline const float* td_share_row_at(const td_share_rows* rows, int32_t i) {
  const int32_t slot = rows->slot + i;
  return rows->shares + (slot < rows->slots ? slot : slot - rows->slots) * rows->width + 1;
}

/// A row of dx, window by window.
static void td_gather_row(float* dx, const td_avg_pool2d_grad_f32_args* p,
                          const td_share_rows* rows) {
  const int32_t windows_end = p->dy_left + p->dy_width;
  int32_t padded = p->dx_left + p->pad_width;
  td_range windows =
      td_meeting_windows(windows_end, p->kernel_width, p->stride_width, padded, padded + 1);
  for (int32_t column = 0; column < p->dx_width; ++column, ++padded) {
    if (windows.begin * p->stride_width + p->kernel_width <= padded) ++windows.begin;
    if (windows.end * p->stride_width <= padded && windows.end < windows_end) ++windows.end;
    float sum = 0.0f;
    for (int32_t i = 0; i < rows->count; ++i) {
      const float* const share = td_share_row_at(rows, i) - p->dy_left;
      for (int32_t j = windows.begin; j < windows.end; ++j) sum += share[j];
    }
    dx[column] = sum;
  }
}

/// A row of dx of windows that are two columns apart, and `extent` wide, 2 or 3. Its columns go in
/// pairs: the first column of a window, which is the last of the window before if they are 3 wide,
/// and the next one; `is_odd` if it begins with the second of a pair. `rows` rows of windows, 1 or
/// 2, hold it, and `share` and `below` are their windows of the first whole pair. A window that is
/// not there has the share +0, which changes no sum from +0. `extent` and `rows` are constants.
TD_INLINE void td_gather_pairs(float* dx, const float* share, const float* below, int32_t columns,
                               int32_t is_odd, int rows, int extent) {
  float before = share[-1];
  float before_below = rows == 2 ? below[-1] : 0.0f;
  if (is_odd) *dx++ = 0.0f + before + before_below;
  int32_t i = is_odd;
  TD_ROLLED for (; i < columns - 1; i += 2) {
    const float here = *share++;
    float first = extent == 3 ? 0.0f + before : 0.0f, second = 0.0f + here;
    first += here;
    before = here;
    if (rows == 2) {
      const float here_below = *below++;
      if (extent == 3) first += before_below;
      second += here_below;
      first += here_below;
      before_below = here_below;
    }
    *dx++ = first;
    *dx++ = second;
  }
  if (i < columns) {
    float last = (extent == 3 ? 0.0f + before : 0.0f) + *share;
    if (extent == 3 && rows == 2) last += before_below;
    if (rows == 2) last += *below;
    *dx = last;
  }
}

/// A row of dx that rows `rows` of windows hold, which do not find room on the stack together.
static void td_scatter_row(float* dx, float* shares, const float* dy,
                           const td_avg_pool2d_grad_f32_args* p, td_range rows, td_range full) {
  for (int32_t column = 0; column < p->dx_width; ++column) dx[column] = 0.0f;
  for (int32_t i = rows.begin; i < rows.end; ++i) {
    for (int32_t begin = 0; begin < p->dy_width; begin += TD_SHARES) {
      const int32_t end = td_min_int(begin + TD_SHARES, p->dy_width);
      td_share_row(shares, dy, p, i, begin, end, full);
      for (int32_t j = begin; j < end; ++j) {
        const int32_t left = (p->dy_left + j) * p->stride_width - p->pad_width - p->dx_left;
        const int32_t column_end = td_min_int(left + p->kernel_width, p->dx_width);
        for (int32_t column = td_max_int(left, 0); column < column_end; ++column)
          dx[column] += shares[j - begin];
      }
    }
  }
}

/// dx = sum of dy / positions over the windows that hold it, in row-major order, from +0. The work
/// items are rows of dx.
void td_avg_pool2d_grad_f32(const td_avg_pool2d_grad_f32_args* args, td_team team) {
  const td_avg_pool2d_grad_f32_args p = *args;
  float shares[TD_SHARES];
  td_range share = td_share(p.images * p.channels * p.dx_height, team);
  td_share_rows at_once = {shares, p.dy_width + 2, 0, (p.kernel_height - 1) / p.stride_height + 1,
                           0};
  const int is_stored = at_once.width <= TD_SHARES / at_once.slots;
  if (is_stored) {
    for (int32_t i = 0; i < at_once.slots; ++i)
      shares[i * at_once.width] = shares[(i + 1) * at_once.width - 1] = 0.0f;
  }
  td_range full = td_whole_windows(p.dy_left + p.dy_width, p.kernel_width, p.stride_width,
                                   p.pad_width, p.count_include_pad ? -p.pad_width : 0,
                                   p.count_include_pad ? p.width + 2 * p.pad_width : p.width);
  full.begin = td_max_int(full.begin - p.dy_left, 0);
  full.end -= p.dy_left;
  if (p.kernel_height * p.kernel_width >= 1 << 22) full.end = full.begin;  // see td_divide_pair
  const int32_t is_odd = (p.dx_left + p.pad_width) % 2;
  const int32_t window = (p.dx_left + p.pad_width + is_odd) / 2 - p.dy_left;
  const int in_pairs = p.stride_width == 2 && (p.kernel_width == 2 || p.kernel_width == 3) &&
                       window >= 0 && window + (p.dx_width - is_odd) / 2 <= p.dy_width;
  const int32_t windows_end = p.dy_top + p.dy_height;
  while (share.begin < share.end) {
    const td_plane_row at = td_plane_row_at(share.begin, p.channels, p.dx_height);
    float* dx = p.dx + at.image * p.dx_image + at.channel * p.dx_channel + at.row * p.dx_row;
    const float* const dy = p.dy + at.image * p.dy_image + at.channel * p.dy_channel;
    int32_t padded = p.dx_top + at.row + p.pad_height;
    const int32_t end = td_min_int(share.end, share.begin + p.dx_height - at.row);
    td_range rows =
        td_meeting_windows(windows_end, p.kernel_height, p.stride_height, padded, padded + 1);
    int32_t stored = rows.begin, next_slot = 0;
    at_once.slot = 0;
    for (; share.begin < end; ++share.begin, ++padded, dx += p.dx_row) {
      if (rows.begin * p.stride_height + p.kernel_height <= padded) {
        ++rows.begin;
        if (++at_once.slot == at_once.slots) at_once.slot = 0;
      }
      if (rows.end * p.stride_height <= padded && rows.end < windows_end) ++rows.end;
      if (!is_stored) {
        td_scatter_row(dx, shares, dy, &p, rows, full);
        continue;
      }
      for (; stored < rows.end; ++stored) {
        td_share_row(shares + next_slot * at_once.width + 1, dy, &p, stored, 0, p.dy_width, full);
        if (++next_slot == at_once.slots) next_slot = 0;
      }
      at_once.count = rows.end - rows.begin;
      if (!in_pairs || at_once.count < 1 || at_once.count > 2) {
        td_gather_row(dx, &p, &at_once);
        continue;
      }
      const float* const above = td_share_row_at(&at_once, 0) + window;
      const float* const below = td_share_row_at(&at_once, at_once.count - 1) + window;
      if (p.kernel_width == 2 && at_once.count == 1)
        td_gather_pairs(dx, above, below, p.dx_width, is_odd, 1, 2);
      else if (p.kernel_width == 2)
        td_gather_row(dx, &p, &at_once);
      else if (at_once.count == 1)
        td_gather_pairs(dx, above, below, p.dx_width, is_odd, 1, 3);
      else
        td_gather_pairs(dx, above, below, p.dx_width, is_odd, 2, 3);
    }
  }
}
