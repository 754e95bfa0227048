/// Mean of each window. Windows lie over the image as in conv2d; what is outside of the image is
/// zero; the padding counts as positions of the window or does not, and what is beyond it never
/// does. Every window must overlap the image.
#include "td_order.h"
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

/// Whether td_quotient can divide by so many positions.
static inline int td_is_divisor(int32_t positions) {
  return positions < 1 << 22 && (positions % 2 == 1 || (positions & (positions - 1)) == 0);
}

/// sum / positions, rounded as a division is, in three steps, of which each takes what the one
/// before returned. NaN if the sum is not finite, and +0 for sums of both zeros.
///
/// Dividers are slow where there is one for all cores. There the product with the reciprocal is
/// corrected once. It is less than 2 units of its last place off, the rest is exact because
/// positions are whole, and the last fmaf rounds a number that is off by 2^-23 of a unit at most.
/// The quotient is at least 1 / (2 * positions) of a unit away from a tie, so this rounds to the
/// same side for less than 2^22 positions. It is no tie: a normal one would have had a bit too many
/// before the division, and a subnormal one means that twice the sum is an odd number times the
/// positions, which are odd. By a power of 2 all is exact before the last fmaf.
TD_INLINE float td_quotient(float sum, td_divisor by) {
#if defined(__riscv_flen)
  return td_here(sum * by.reciprocal);
#else
  return (0.0f + sum) / by.positions;
#endif
}
TD_INLINE float td_rest(float quotient, float sum, td_divisor by) {
#if defined(__riscv_flen)
  return td_here(td_fmaf(-quotient, by.positions, sum));
#else
  (void)quotient, (void)sum, (void)by;
  return 0.0f;
#endif
}
TD_INLINE float td_corrected(float rest, float quotient, td_divisor by) {
#if defined(__riscv_flen)
  return td_here(td_fmaf(rest, by.reciprocal, quotient));
#else
  (void)rest, (void)by;
  return quotient;
#endif
}

/// Elements `begin` .. `end` of a row of y, whose windows begin in row `top` and have `rows` rows
/// of positions, by the definition.
static __attribute__((noinline)) void td_define_means(float* y, const td_avg_pool2d_f32_args* p,
                                                      const float* x, int32_t top, int32_t rows,
                                                      int32_t begin, int32_t end) {
  for (int32_t column = begin; column < end; ++column) {
    const int32_t left = column * p->stride_width - p->pad_left;
    const td_window window =
        td_window_at(top, left, p->kernel_height, p->kernel_width, p->height, p->width);
    const int32_t columns = p->count_include_pad
                                ? td_min_int(p->kernel_width, p->width + p->pad_right - left)
                                : window.column_end - window.column;
    const float* from = x + window.row * p->x_row;
    float sum = 0.0f;
    for (int32_t i = window.row; i < window.row_end; ++i, from += p->x_row)
      TD_ROLLED for (int32_t j = window.column; j < window.column_end; ++j) sum += from[j];
    y[column] = sum / (float)(rows * columns);
  }
}

/// Rows of pairs of elements of y, whose windows are squares of 2, or of 3 and two columns apart.
/// Those of a single row may lack rows: there `at` are five zeros, which change no sum that began
/// with +0, and `step` is 0.
typedef struct {
  float* y;
  const float* at[3];  // rows of the first window, from its first column on
  int32_t step[3];     // from pair to pair
  int32_t rows, pairs;
  int32_t y_row, x_row;  // from row to row
  int32_t has_left;      // or the first windows lack their left column
  td_divisor by;
} td_mean_block;

/// Squares of 3. NaN if an element may not be as defined.
///
/// Sums of a pair are divided while the next one is loaded, so that nearly every other instruction
/// is the FPU's. At first there is no pair to divide: the 0 that is put in the first one's place
/// gives way to it.
static TD_AS_WRITTEN("align-loops=4") float td_mean_squares_of_3(const td_mean_block* block) {
  const td_divisor by = block->by;
  const int32_t pairs = block->pairs;
  const int32_t y_next = block->y_row - 2 * pairs, x_next = block->x_row - 4 * pairs;
  const float* at[3] = {block->at[0], block->at[1], block->at[2]};
  const int32_t step[3] = {block->step[0], block->step[1], block->step[2]};
  float* y = block->y;
  float* to = y;  // where the sums of the pair before belong
  float first = 0.0f, second = 0.0f, taint = 0.0f;
  for (int32_t rows = block->rows; rows > 0; --rows, y += y_next) {
    float left[3];  // column, the right one of the window before
    TD_LANES for (int i = 0; i < 3; ++i) left[i] = block->has_left ? at[i][0] : 0.0f;
    TD_ROLLED for (const float* const end = y + 2 * pairs; y != end;) {
      float quotient = td_quotient(first, by);
      float middle = td_here(at[0][1]);
      float quotient_of_second = td_quotient(second, by);
      float shared = td_here(at[0][2]);
      const float rest = td_rest(quotient, first, by);
      float right = td_here(at[0][3]);
      const float rest_of_second = td_rest(quotient_of_second, second, by);
      quotient = td_corrected(rest, quotient, by);
      first = td_here(left[0] + middle);
      left[0] = td_here(at[0][4]);
      quotient_of_second = td_corrected(rest_of_second, quotient_of_second, by);
      to[0] = quotient;
      second = td_here(shared + right);
      to[1] = quotient_of_second;
      taint = td_here(td_fmaf(quotient, quotient_of_second, taint));
      middle = td_here(at[1][1]);
      first = td_here(first + shared);
      to = y;
      TD_KEEP_HERE(to);
      second = td_here(second + left[0]);
      shared = td_here(at[1][2]);
      first = td_here(first + left[1]);
      right = td_here(at[1][3]);
      second = td_here(second + shared);
      left[1] = td_here(at[1][4]);
      first = td_here(first + middle);
      middle = td_here(at[2][1]);
      second = td_here(second + right);
      right = td_here(at[2][3]);
      first = td_here(first + shared);
      shared = td_here(at[2][2]);
      second = td_here(second + left[1]);
      y += 2;
      TD_KEEP_HERE(y);
      first = td_here(first + left[2]);
      left[2] = td_here(at[2][4]);
      second = td_here(second + shared);
      at[0] += step[0];
      TD_KEEP_HERE(at[0]);
      first = td_here(first + middle);
      at[1] += step[1];
      TD_KEEP_HERE(at[1]);
      second = td_here(second + right);
      at[2] += step[2];
      TD_KEEP_HERE(at[2]);
      first = td_here(first + shared);
      second = td_here(second + left[2]);
    }
    TD_LANES for (int i = 0; i < 3; ++i) at[i] += x_next;
  }
  to[0] = td_corrected(td_rest(td_quotient(first, by), first, by), td_quotient(first, by), by);
  to[1] = td_corrected(td_rest(td_quotient(second, by), second, by), td_quotient(second, by), by);
  return td_fmaf(to[0], to[1], taint);
}

/// Squares of 2, `step` columns apart.
static void td_mean_squares_of_2(const td_mean_block* block, int32_t step) {
  const float* above = block->at[0];
  const float* below = block->at[1];
  float* y = block->y;
  for (int32_t rows = block->rows; rows > 0; --rows) {
    TD_ROLLED for (const float* const end = y + 2 * block->pairs; y != end; y += 2) {
      const float first = above[0] + above[1] + below[0] + below[1];
      const float second = above[step] + above[step + 1] + below[step] + below[step + 1];
      above += 2 * step;
      below += 2 * step;
      y[0] = (0.0f + first) * 0.25f;
      y[1] = (0.0f + second) * 0.25f;
    }
    above += block->x_row - 2 * step * block->pairs;
    below += block->x_row - 2 * step * block->pairs;
    y += block->y_row - 2 * block->pairs;
  }
}

/// Elements `begin` .. `end`, two at least, of `rows` rows of y, whose windows are squares of 2 or
/// 3. NaN if one may not be as defined.
static float td_mean_pairs(float* y, const td_avg_pool2d_f32_args* p, const float* x, int32_t top,
                           int32_t rows, int32_t begin, int32_t end, td_divisor by) {
  const float zeros[5] = {0.0f, 0.0f, 0.0f, 0.0f, 0.0f};
  float taint = 0.0f;
  td_mean_block block;
  block.by = by;
  block.rows = rows;
  block.x_row = p->stride_height * p->x_row;
  block.y_row = p->y_row;
  for (int32_t column = begin; column < end; column += 2 * block.pairs) {
    if (column == end - 1) --column;  // has no other: once more the one before
    const int32_t left = column * p->stride_width - p->pad_left;
    block.y = y + column;
    block.pairs = (end - column) / 2;
    block.has_left = left >= 0;
    TD_ROLLED for (int i = 0; i < p->kernel_height; ++i) {
      const int is_row = top + i >= 0 && top + i < p->height;
      block.at[i] = is_row ? x + (top + i) * p->x_row + left : zeros;
      block.step[i] = is_row ? 4 : 0;
    }
    if (p->kernel_width == 2)
      td_mean_squares_of_2(&block, p->stride_width);
    else
      taint += td_mean_squares_of_3(&block);
  }
  return taint;
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
  if (is_3_by_2 && p.count_include_pad && whole.begin > 0 && p.pad_left % 2 == 1)
    --whole.begin;  // lacks its left column
  if (!(is_3_by_2 || extent == 2) || whole.end - whole.begin < 2) whole.begin = whole.end = 0;
  int32_t rows_before = 0;
  td_divisor by = {1.0f, 1.0f};
  while (share.begin < share.end) {
    const td_plane_row at = td_plane_row_at(share.begin, p.channels, p.out_height);
    const float* const x = p.x + at.image * p.x_image + at.channel * p.x_channel;
    float* y = p.y + at.image * p.y_image + at.channel * p.y_channel + at.row * p.y_row;
    int32_t left = td_min_int(share.end - share.begin, p.out_height - at.row);
    share.begin += left;
    int32_t top = at.row * p.stride_height - p.pad_top;
    while (left > 0) {
      // Rows of y whose windows have all rows, or a single one.
      int32_t count = 1;
      const int32_t behind = p.height - p.kernel_height - top;
      if (top >= 0 && behind >= 0) count = td_min_int(behind / p.stride_height + 1, left);
      const int32_t rows = p.count_include_pad
                               ? td_min_int(p.kernel_height, p.height + p.pad_bottom - top)
                               : td_min_int(top + p.kernel_height, p.height) - td_max_int(top, 0);
      const int32_t positions = rows * p.kernel_width;
      if (rows != rows_before) by = td_divisor_of(positions);
      rows_before = rows;
      int32_t begin = 0, end = 0;  // elements that are as defined
      if (whole.end > 0 && (is_3_by_2 ? td_is_divisor(positions) : top >= 0 && behind >= 0)) {
        const float taint = td_mean_pairs(y, &p, x, top, count, whole.begin, whole.end, by);
        if (taint == taint) begin = whole.begin, end = whole.end;
      }
      for (left -= count; count > 0; --count, y += p.y_row, top += p.stride_height) {
        if (begin > 0) td_define_means(y, &p, x, top, rows, 0, begin);
        if (end < p.out_width) td_define_means(y, &p, x, top, rows, end, p.out_width);
      }
    }
  }
}

/// So many quotients dy / positions, shares, and sums of them lie on the stack. None is -0.
#define TD_SHARES 384

TD_INLINE float td_share_of(float dy, td_divisor by) {
  const float quotient = td_quotient(dy, by);
  return td_here(0.0f + td_corrected(td_rest(quotient, dy, by), quotient, by));
}

/// Shares of windows `begin` .. `end` of those of dy in row `row` of windows, zeros if dy has no
/// such row; of `full` all columns are positions.
static __attribute__((noinline)) void td_share_row(float* shares, const float* dy,
                                                   const td_avg_pool2d_grad_f32_args* p,
                                                   int32_t row, int32_t begin, int32_t end,
                                                   td_range full) {
  const int32_t top = row * p->stride_height - p->pad_height;
  const int32_t bottom = p->count_include_pad ? p->pad_height : 0;  // rows, on either side
  const int32_t right = p->count_include_pad ? p->pad_width : 0;
  const int32_t rows =
      td_min_int(top + p->kernel_height, p->height + bottom) - td_max_int(top, -bottom);
  const td_divisor by = td_divisor_of(rows * p->kernel_width);
  if (!td_is_divisor(rows * p->kernel_width)) full.end = full.begin;
  dy += (row - p->dy_top) * p->dy_row;
  const int32_t full_end = td_min_int(full.end, end) - 1;
  TD_ROLLED for (int32_t j = begin; j < end; ++j) {
    for (; j >= full.begin && j < full_end; j += 2) {
      const float quotient = td_quotient(dy[j], by), next_quotient = td_quotient(dy[j + 1], by);
      const float rest = td_rest(quotient, dy[j], by);
      const float next_rest = td_rest(next_quotient, dy[j + 1], by);
      const float share = td_here(0.0f + td_corrected(rest, quotient, by));
      const float next = td_here(0.0f + td_corrected(next_rest, next_quotient, by));
      if (share + next != share + next) break;
      *shares++ = share;
      *shares++ = next;
    }
    if (j == end) break;
    const float part = dy[j];
    float share = TD_NAN;
    if (j >= full.begin && j < full.end) share = td_share_of(part, by);
    if (share != share) {
      const int32_t left = (p->dy_left + j) * p->stride_width - p->pad_width;
      const int32_t columns =
          td_min_int(left + p->kernel_width, p->width + right) - td_max_int(left, -right);
      share = 0.0f + part / (float)(rows * columns);
    }
    *shares++ = share;
  }
}

/// Pairs of rows of dx of windows that are squares of 3 and two apart: the first is held by a row
/// of windows and by the one above, the second only by the former. So it has what the next pair
/// needs of this row of windows: shares where one window holds a column, and the sums of two.
typedef struct {
  const float* above;  // the second row of the pair above, or what it would be
  float* dx;
  float* second;          // may be the same row, which then is the first
  int32_t next_dx;        // from pair to pair
  int32_t rows, columns;  // pairs of rows, and columns of dx
  int32_t has_odd;        // the first column is held by one window only
  int32_t first;          // this window, or else the first of two; -1 if that is not there
  const float* dy;        // of the row of windows, and one float more behind each row
  int32_t dy_row, dy_width;
  td_divisor by;
} td_share_block;

/// NaN if an element may not be as defined. A share that is not there is +0, which changes no sum
/// from +0.
static TD_AS_WRITTEN("align-loops=4") float td_give_shares(const td_share_block* block) {
  const td_divisor by = block->by;
  const int32_t first = block->first, next_dx = block->next_dx;
  const float* above = block->above;
  float* first_to = block->dx;
  float* second = block->second;
  const float* first_dy = block->dy + first;
  // Behind the first window and, if these are two's, the first columns.
  int32_t columns_left = block->columns, windows_left = block->dy_width - 1 - first;
  const int has_first = first >= 0 && windows_left >= 0;
  if (!block->has_odd) --columns_left, --windows_left;
  const int32_t rounds = td_max_int(td_min_int(columns_left / 4, (windows_left + 1) / 2), 0);
  columns_left -= 4 * rounds;
  windows_left -= 2 * rounds;
  float taint = 0.0f;
  for (int32_t rows = block->rows; rows > 0; --rows) {
    float* to = first_to;
    float* to_second = second;
    const float* dy = first_dy;
    float share = 0.0f;
    if (has_first) {
      share = td_share_of(*dy, by);
      taint = td_fmaf(share, share, taint);
    }
    ++dy;
    if (!block->has_odd) {
      float next = 0.0f;
      if (first < block->dy_width - 1) next = td_share_of(*dy++, by);
      taint = td_fmaf(next, next, taint);
      const float sum = *above++ + share + next;
      *to_second++ = share + next;
      *to++ = sum;
      share = next;
    }
    // Four columns, and the shares of the next two windows. If the second of these is not there,
    // something else is added to the last column, which is corrected then. Nearly every other
    // instruction is the FPU's.
    float last = 0.0f, last_even = 0.0f;
    TD_ROLLED for (const float* const end = to + 4 * rounds; to != end;) {
      const float part = td_here(dy[0]);
      const float next_part = td_here(dy[1]);
      float quotient = td_quotient(part, by);
      float sum = td_here(above[0]);
      float next_quotient = td_quotient(next_part, by);
      float even = td_here(above[1]);
      const float rest = td_rest(quotient, part, by);
      to_second[0] = share;
      const float next_rest = td_rest(next_quotient, next_part, by);
      dy += 2;
      TD_KEEP_HERE(dy);
      sum = td_here(sum + share);
      float next_sum = td_here(above[2]);
      quotient = td_corrected(rest, quotient, by);
      last_even = td_here(above[3]);
      next_quotient = td_corrected(next_rest, next_quotient, by);
      above += 4;
      TD_KEEP_HERE(above);
      even = td_here(even + share);
      to[0] = sum;
      last = td_here(0.0f + quotient);
      to_second += 4;
      TD_KEEP_HERE(to_second);
      taint = td_here(td_fmaf(quotient, next_quotient, taint));
      sum = td_here(share + last);
      to_second[-2] = last;
      even = td_here(even + last);
      share = 0.0f + next_quotient;
      to_second[-3] = sum;
      next_sum = td_here(next_sum + last);
      to += 4;
      TD_KEEP_HERE(to);
      last_even = td_here(last_even + last);
      to[-3] = even;
      sum = td_here(last + share);
      to[-2] = next_sum;
      const float next_even = td_here(last_even + share);
      to_second[-1] = sum;
      to[-1] = next_even;
    }
    int32_t windows = windows_left;
    if (rounds > 0 && windows < 0) {
      to_second[-1] = last;
      to[-1] = last_even;
      share = 0.0f;
    }
    for (int32_t columns = columns_left; columns > 0; columns -= 2) {
      const float sum = *above++ + share;
      *to_second++ = share;
      *to++ = sum;
      if (columns == 1) break;
      float next = 0.0f;
      if (windows-- > 0) next = td_share_of(*dy++, by);
      taint = td_fmaf(next, next, taint);
      const float even = *above++ + share + next;
      *to_second++ = share + next;
      *to++ = even;
      share = next;
    }
    above = second;
    first_to += next_dx;
    second += next_dx;
    first_dy += block->dy_row;
  }
  return taint;
}

/// Lets a block begin at row `window` of windows, of which `full_rows` have all positions; returns
/// how many rows of it are as one. The row itself, or its shares if some positions are not there,
/// are copied if no row follows or is as that one; of a row that is not there all are +0.
static int32_t td_begin_shares(td_share_block* block, const float* dy,
                               const td_avg_pool2d_grad_f32_args* p, float* copy, int32_t window,
                               td_range full, td_range full_rows) {
  const int32_t last = p->dy_top + p->dy_height - 1;
  const int is_full = window >= full_rows.begin && window < full_rows.end;
  block->by = td_divisor_of(is_full ? 9 : 1);
  block->dy = dy + (window - p->dy_top) * p->dy_row;
  if (is_full && window < last) return td_min_int(full_rows.end, last) - window;
  copy[p->dy_width] = 0.0f;
  if (!is_full && window >= p->dy_top && window <= last)
    td_share_row(copy, dy, p, window, 0, p->dy_width, full);
  else
    TD_ROLLED for (int32_t j = 0; j < p->dy_width; ++j) copy[j] = is_full ? block->dy[j] : 0.0f;
  block->dy = copy;
  return 1;
}

/// Rows `begin` to before `end` of a plane of dx, by td_give_shares; of windows in rows `full_rows`
/// all positions are there. NaN if an element may not be as defined.
static float td_give_plane(float* dx, const float* dy, const td_avg_pool2d_grad_f32_args* p,
                           float* shares, int32_t begin, int32_t end, td_range full,
                           td_range full_rows) {
  const int32_t top = p->dx_top + p->pad_height, left = p->dx_left + p->pad_width;
  float* const row_of_shares = shares + p->dx_width;
  const int32_t windows_end = p->dy_top + p->dy_height;
  td_share_block block;
  block.next_dx = 2 * p->dx_row;
  block.columns = p->dx_width;
  block.has_odd = left % 2;
  block.first = left / 2 - p->dy_left - !block.has_odd;
  block.dy_row = p->dy_row;
  block.dy_width = p->dy_width;
  int32_t row = begin - (top + begin) % 2;  // the first one of a pair, which may be before ours
  int32_t window = (top + row) / 2;
  block.above = shares;
  for (int32_t i = 0; i < p->dx_width; i += 8)
    TD_LANES for (int k = 0; k < 8; ++k) shares[i + k] = 0.0f;
  float taint = 0.0f;
  if (row == begin && window > p->dy_top && window <= windows_end) {
    block.dx = block.second = shares;
    td_begin_shares(&block, dy, p, row_of_shares, window - 1, full, full_rows);
    block.rows = 1;
    taint += td_give_shares(&block);
  }
  for (; row < end; row += 2 * block.rows, window += block.rows) {
    block.dx = dx + td_max_int(row, begin) * p->dx_row;
    block.second = row + 1 < end ? dx + (row + 1) * p->dx_row : block.dx;
    block.rows = 1;
    if (window < windows_end) {
      const int32_t rows = td_begin_shares(&block, dy, p, row_of_shares, window, full, full_rows);
      if (row >= begin && row + 1 < end) block.rows = td_min_int((end - row) / 2, rows);
      taint += td_give_shares(&block);
    } else {
      TD_ROLLED for (int32_t i = 0; i < p->dx_width; ++i) {
        const float sum = block.above[i];
        block.second[i] = 0.0f;
        block.dx[i] = sum;
      }
    }
    block.above = block.second + (block.rows - 1) * block.next_dx;
  }
  return taint;
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
  if (rows->count == 1 && p->kernel_width == p->stride_width) {  // each column has one window
    const float* const share = td_share_row_at(rows, 0) - p->dy_left;
    int32_t window = padded / p->kernel_width, column = 0;
    if (p->kernel_width == 2 && padded % 2 == 0) {
      const int32_t pairs = td_min_int(p->dx_width / 2, windows_end - window);
      TD_ROLLED for (int32_t i = 0; i < pairs; ++i, column += 2) {
        const float value = share[window++];
        dx[column] = value;
        dx[column + 1] = value;
      }
    }
    for (; column < p->dx_width; ++window) {
      const float value = window < windows_end ? share[window] : 0.0f;
      const int32_t end = td_min_int((window + 1) * p->kernel_width - padded, p->dx_width);
      TD_ROLLED for (; column < end; ++column) dx[column] = value;
    }
    return;
  }
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

/// Rows `begin` to before `end` of a plane of dx, window by window.
static __attribute__((noinline)) void td_gather_plane(float* dx, const float* dy,
                                                      const td_avg_pool2d_grad_f32_args* p,
                                                      float* shares, int32_t begin, int32_t end,
                                                      td_range full) {
  td_share_rows at_once = {shares, p->dy_width + 2, 0,
                           (p->kernel_height - 1) / p->stride_height + 1, 0};
  const int is_stored = at_once.width <= TD_SHARES / at_once.slots;
  for (int32_t i = 0; is_stored && i < at_once.slots; ++i)
    shares[i * at_once.width] = shares[(i + 1) * at_once.width - 1] = 0.0f;
  const int32_t windows_end = p->dy_top + p->dy_height;
  int32_t padded = p->dx_top + begin + p->pad_height;
  td_range rows =
      td_meeting_windows(windows_end, p->kernel_height, p->stride_height, padded, padded + 1);
  int32_t stored = rows.begin, next_slot = 0;
  dx += begin * p->dx_row;
  for (int32_t row = begin; row < end; ++row, ++padded, dx += p->dx_row) {
    if (rows.begin * p->stride_height + p->kernel_height <= padded) {
      ++rows.begin;
      if (++at_once.slot == at_once.slots) at_once.slot = 0;
    }
    if (rows.end * p->stride_height <= padded && rows.end < windows_end) ++rows.end;
    if (!is_stored) {
      td_scatter_row(dx, shares, dy, p, rows, full);
      continue;
    }
    for (; stored < rows.end; ++stored) {
      td_share_row(shares + next_slot * at_once.width + 1, dy, p, stored, 0, p->dy_width, full);
      if (++next_slot == at_once.slots) next_slot = 0;
    }
    at_once.count = rows.end - rows.begin;
    td_gather_row(dx, p, &at_once);
  }
}

/// dx = sum of dy / positions over the windows that hold it, in row-major order, from +0. The work
/// items are rows of dx.
void td_avg_pool2d_grad_f32(const td_avg_pool2d_grad_f32_args* args, td_team team) {
  const td_avg_pool2d_grad_f32_args p = *args;
  float shares[TD_SHARES];
  td_range share = td_share(p.images * p.channels * p.dx_height, team);
  const int32_t counted_height = p.count_include_pad ? p.pad_height : 0;
  const int32_t counted_width = p.count_include_pad ? p.pad_width : 0;
  td_range full = td_whole_windows(p.dy_left + p.dy_width, p.kernel_width, p.stride_width,
                                   p.pad_width, -counted_width, p.width + 2 * counted_width);
  full.begin = td_max_int(full.begin - p.dy_left, 0);
  full.end -= p.dy_left;
  const int32_t first_column = p.dx_left + p.pad_width - 2 * p.dy_left;  // of dy's windows
  const int in_pairs = p.kernel_height == 3 && p.kernel_width == 3 && p.stride_height == 2 &&
                       p.stride_width == 2 && p.dx_width + p.dy_width < TD_SHARES &&
                       first_column >= 0 && first_column + p.dx_width - 2 <= 2 * p.dy_width;
  td_range full_rows = {0, 0};
  if (in_pairs && full.begin == 0 && full.end >= p.dy_width) {
    full_rows = td_whole_windows(p.dy_top + p.dy_height, 3, 2, p.pad_height, -counted_height,
                                 p.height + 2 * counted_height);
    full_rows.begin = td_max_int(full_rows.begin, p.dy_top);
  }
  while (share.begin < share.end) {
    const td_plane_row at = td_plane_row_at(share.begin, p.channels, p.dx_height);
    float* const dx = p.dx + at.image * p.dx_image + at.channel * p.dx_channel;
    const float* const dy = p.dy + at.image * p.dy_image + at.channel * p.dy_channel;
    const int32_t end = td_min_int(at.row + share.end - share.begin, p.dx_height);
    share.begin += end - at.row;
    float taint = TD_NAN;
    if (in_pairs) taint = td_give_plane(dx, dy, &p, shares, at.row, end, full, full_rows);
    if (taint != taint) td_gather_plane(dx, dy, &p, shares, at.row, end, full);
  }
}
