/// Largest element of each window. Windows lie over the image as in conv2d; what is outside of the
/// image does not take part. Every window must overlap the image. Of equal elements the first in
/// row-major order counts, and the first NaN before all others.
#include "td_window.h"

/// The offset of the window's largest element in the plane `x`.
static int32_t td_largest_in(const float* x, int32_t x_row, td_window window) {
  int32_t at = window.row * x_row + window.column;
  float largest = x[at];
  for (int32_t row = window.row; row < window.row_end; ++row) {
    for (int32_t column = window.column; column < window.column_end; ++column) {
      const float value = x[row * x_row + column];
      if (value > largest || (value != value && largest == largest)) {
        largest = value;
        at = row * x_row + column;
      }
    }
  }
  return at;
}

/// The work items are rows of y.
void td_max_pool2d_f32(const td_max_pool2d_f32_args* args, td_team team) {
  const td_max_pool2d_f32_args p = *args;
  const td_range share = td_share(p.images * p.channels * p.out_height, team);
  for (int32_t item = share.begin; item < share.end; ++item) {
    const td_plane_row at = td_plane_row_at(item, p.channels, p.out_height);
    const float* const x = p.x + at.image * p.x_image + at.channel * p.x_channel;
    float* const y = p.y + at.image * p.y_image + at.channel * p.y_channel + at.row * p.y_row;
    for (int32_t column = 0; column < p.out_width; ++column) {
      const td_window window =
          td_window_at(at.row * p.stride_height - p.pad_top, column * p.stride_width - p.pad_left,
                       p.kernel_height, p.kernel_width, p.height, p.width);
      y[column] = x[td_largest_in(x, p.x_row, window)];
    }
  }
}

/// dx = sum of dy over the windows whose largest element it is, in row-major order of the windows.
/// dx may be a part of x's plane, from (dx_top, dx_left) on. The work items are planes.
void td_max_pool2d_grad_f32(const td_max_pool2d_grad_f32_args* args, td_team team) {
  const td_max_pool2d_grad_f32_args p = *args;
  const td_range share = td_share(p.images * p.channels, team);
  for (int32_t plane = share.begin; plane < share.end; ++plane) {
    const int32_t image = plane / p.channels;
    const int32_t channel = plane % p.channels;
    const float* const x = p.x + image * p.x_image + channel * p.x_channel;
    const float* const dy = p.dy + image * p.dy_image + channel * p.dy_channel;
    float* const dx = p.dx + image * p.dx_image + channel * p.dx_channel;
    for (int32_t row = 0; row < p.dx_height; ++row)
      for (int32_t column = 0; column < p.dx_width; ++column) dx[row * p.dx_row + column] = 0.0f;
    for (int32_t row = 0; row < p.out_height; ++row) {
      for (int32_t column = 0; column < p.out_width; ++column) {
        const td_window window =
            td_window_at(row * p.stride_height - p.pad_top, column * p.stride_width - p.pad_left,
                         p.kernel_height, p.kernel_width, p.height, p.width);
        const int32_t at = td_largest_in(x, p.x_row, window);
        const int32_t dx_row = at / p.x_row - p.dx_top;
        const int32_t dx_column = at % p.x_row - p.dx_left;
        if (dx_row >= 0 && dx_row < p.dx_height && dx_column >= 0 && dx_column < p.dx_width)
          dx[dx_row * p.dx_row + dx_column] += dy[row * p.dy_row + column];
      }
    }
  }
}
