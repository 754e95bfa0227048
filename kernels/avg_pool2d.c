/// Mean of each window. Windows lie over the image as in conv2d; what is outside of the image is
/// zero, and counts as a position of the window or does not. Every window must overlap the image.
#include "td_window.h"

/// Positions of a window: those inside of the image, or all.
static inline float td_positions_in(td_window window, int32_t all, uint32_t count_include_pad) {
  if (count_include_pad) return (float)all;
  return (float)((window.row_end - window.row) * (window.column_end - window.column));
}

/// y = sum of the window in row-major order, from +0, divided by its positions. The work items are
/// rows of y.
void td_avg_pool2d_f32(const td_avg_pool2d_f32_args* args, td_team team) {
  const td_avg_pool2d_f32_args p = *args;
  const td_range share = td_share(p.images * p.channels * p.out_height, team);
  for (int32_t item = share.begin; item < share.end; ++item) {
    const int32_t row = item % p.out_height;
    const int32_t plane = item / p.out_height;
    const int32_t image = plane / p.channels;
    const int32_t channel = plane % p.channels;
    const float* const x = p.x + image * p.x_image + channel * p.x_channel;
    float* const y = p.y + image * p.y_image + channel * p.y_channel + row * p.y_row;
    for (int32_t column = 0; column < p.out_width; ++column) {
      const td_window window =
          td_window_at(row * p.stride_height - p.pad_top, column * p.stride_width - p.pad_left,
                       p.kernel_height, p.kernel_width, p.height, p.width);
      float sum = 0.0f;
      for (int32_t i = window.row; i < window.row_end; ++i)
        for (int32_t j = window.column; j < window.column_end; ++j) sum += x[i * p.x_row + j];
      y[column] =
          sum / td_positions_in(window, p.kernel_height * p.kernel_width, p.count_include_pad);
    }
  }
}

/// dx = sum of dy / positions over the windows that hold it, in row-major order, from +0. The work
/// items are rows of dx.
void td_avg_pool2d_grad_f32(const td_avg_pool2d_grad_f32_args* args, td_team team) {
  const td_avg_pool2d_grad_f32_args p = *args;
  const td_range share = td_share(p.images * p.channels * p.dx_height, team);
  for (int32_t item = share.begin; item < share.end; ++item) {
    const int32_t row = item % p.dx_height;
    const int32_t plane = item / p.dx_height;
    const int32_t image = plane / p.channels;
    const int32_t channel = plane % p.channels;
    float* const dx = p.dx + image * p.dx_image + channel * p.dx_channel + row * p.dx_row;
    const float* const dy = p.dy + image * p.dy_image + channel * p.dy_channel;
    for (int32_t column = 0; column < p.dx_width; ++column) dx[column] = 0.0f;
    // Rows of windows [first, end) hold this row.
    const int32_t padded = p.dx_top + row + p.pad_height;
    const int32_t first =
        padded < p.kernel_height ? 0 : (padded - p.kernel_height) / p.stride_height + 1;
    const int32_t end = td_min_int(padded / p.stride_height + 1, p.dy_top + p.dy_height);
    for (int32_t i = first; i < end; ++i) {
      for (int32_t j = 0; j < p.dy_width; ++j) {
        const td_window window = td_window_at(i * p.stride_height - p.pad_height,
                                              (p.dy_left + j) * p.stride_width - p.pad_width,
                                              p.kernel_height, p.kernel_width, p.height, p.width);
        const float part =
            dy[(i - p.dy_top) * p.dy_row + j] /
            td_positions_in(window, p.kernel_height * p.kernel_width, p.count_include_pad);
        const int32_t column_end = td_min_int(window.column_end - p.dx_left, p.dx_width);
        for (int32_t column = td_max_int(window.column - p.dx_left, 0); column < column_end;
             ++column)
          dx[column] += part;
      }
    }
  }
}
