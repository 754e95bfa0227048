/// Windows of a pooling over an image.
#ifndef TD_WINDOW_H
#define TD_WINDOW_H

#include "td_plane.h"

/// The part of a window that lies inside the image.
typedef struct {
  int32_t row, row_end;
  int32_t column, column_end;
} td_window;

static inline td_window td_window_at(int32_t row, int32_t column, int32_t kernel_height,
                                     int32_t kernel_width, int32_t height, int32_t width) {
  td_window window;
  window.row = td_max_int(row, 0);
  window.row_end = td_min_int(row + kernel_height, height);
  window.column = td_max_int(column, 0);
  window.column_end = td_min_int(column + kernel_width, width);
  return window;
}

/// The part of a window that lies inside the image or the padding around it, which ends before row
/// `height` and column `width`, counted from the image's first.
static inline td_window td_padded_window_at(int32_t row, int32_t column, int32_t kernel_height,
                                            int32_t kernel_width, int32_t height, int32_t width) {
  td_window window;
  window.row = row;
  window.row_end = td_min_int(row + kernel_height, height);
  window.column = column;
  window.column_end = td_min_int(column + kernel_width, width);
  return window;
}

/// Windows, along columns, that lie inside `width` columns as a whole, which start at column
/// `begin`.
static inline td_range td_whole_windows(int32_t windows, int32_t kernel, int32_t stride,
                                        int32_t pad, int32_t begin, int32_t width) {
  const int32_t first = begin + pad;  // of window 0's, the columns before the first allowed
  const int32_t last = first + width - kernel;  // ... before the last allowed
  td_range whole;
  whole.begin = td_min_int(first <= 0 ? 0 : (first - 1) / stride + 1, windows);
  whole.end = td_max_int(td_min_int(last < 0 ? 0 : last / stride + 1, windows), whole.begin);
  return whole;
}

/// Windows that meet positions `begin` .. `end`, counted from the first of window 0.
static inline td_range td_meeting_windows(int32_t windows, int32_t kernel, int32_t stride,
                                          int32_t begin, int32_t end) {
  td_range meeting;
  meeting.begin = begin < kernel ? 0 : (begin - kernel) / stride + 1;
  meeting.end = td_min_int(end <= 0 ? 0 : (end - 1) / stride + 1, windows);
  return meeting;
}

static inline int32_t td_positions_in(td_window window) {
  return (window.row_end - window.row) * (window.column_end - window.column);
}

#endif
