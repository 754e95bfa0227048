/// Windows of a pooling over an image.
#ifndef TD_WINDOW_H
#define TD_WINDOW_H

#include "td_kernels.h"

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

#endif
