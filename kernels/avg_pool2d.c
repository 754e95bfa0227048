/// Mean of each window. Windows lie over the image as in conv2d; what is outside of the image is
/// zero; the padding counts as positions of the window or does not, and what is beyond it never
/// does. Every window must overlap the image.
#include "td_window.h"

/// y = sum of the window in row-major order, from +0, divided by its positions. The work items are
/// rows of y.
void td_avg_pool2d_f32(const td_avg_pool2d_f32_args* args, td_team team) {
  const td_avg_pool2d_f32_args p = *args;
  const td_range share = td_share(p.images * p.channels * p.out_height, team);
  for (int32_t item = share.begin; item < share.end; ++item) {
    const td_plane_row at = td_plane_row_at(item, p.channels, p.out_height);
    const float* const x = p.x + at.image * p.x_image + at.channel * p.x_channel;
    float* const y = p.y + at.image * p.y_image + at.channel * p.y_channel + at.row * p.y_row;
    for (int32_t column = 0; column < p.out_width; ++column) {
      const int32_t top = at.row * p.stride_height - p.pad_top;
      const int32_t left = column * p.stride_width - p.pad_left;
      const td_window window =
          td_window_at(top, left, p.kernel_height, p.kernel_width, p.height, p.width);
      const td_window padded = td_padded_window_at(top, left, p.kernel_height, p.kernel_width,
                                                   p.height + p.pad_bottom, p.width + p.pad_right);
      float sum = 0.0f;
      for (int32_t i = window.row; i < window.row_end; ++i)
        for (int32_t j = window.column; j < window.column_end; ++j) sum += x[i * p.x_row + j];
      y[column] = sum / (float)td_positions_in(p.count_include_pad ? padded : window);
    }
  }
}

/// dx = sum of dy / positions over the windows that hold it, in row-major order, from +0. The work
/// items are rows of dx.
void td_avg_pool2d_grad_f32(const td_avg_pool2d_grad_f32_args* args, td_team team) {
  const td_avg_pool2d_grad_f32_args p = *args;
  const td_range share = td_share(p.images * p.channels * p.dx_height, team);
  for (int32_t item = share.begin; item < share.end; ++item) {
    const td_plane_row at = td_plane_row_at(item, p.channels, p.dx_height);
    float* const dx = p.dx + at.image * p.dx_image + at.channel * p.dx_channel + at.row * p.dx_row;
    const float* const dy = p.dy + at.image * p.dy_image + at.channel * p.dy_channel;
    for (int32_t column = 0; column < p.dx_width; ++column) dx[column] = 0.0f;
    // Rows of windows [first, end) hold this row.
    const int32_t padded_row = p.dx_top + at.row + p.pad_height;
    const int32_t first =
        padded_row < p.kernel_height ? 0 : (padded_row - p.kernel_height) / p.stride_height + 1;
    const int32_t end = td_min_int(padded_row / p.stride_height + 1, p.dy_top + p.dy_height);
    for (int32_t i = first; i < end; ++i) {
      const int32_t top = i * p.stride_height - p.pad_height;
      for (int32_t j = 0; j < p.dy_width; ++j) {
        const int32_t left = (p.dy_left + j) * p.stride_width - p.pad_width;
        const td_window window =
            td_window_at(top, left, p.kernel_height, p.kernel_width, p.height, p.width);
        const td_window padded =
            td_padded_window_at(top, left, p.kernel_height, p.kernel_width, p.height + p.pad_height,
                                p.width + p.pad_width);
        const float part = dy[(i - p.dy_top) * p.dy_row + j] /
                           (float)td_positions_in(p.count_include_pad ? padded : window);
        const int32_t column_end = td_min_int(window.column_end - p.dx_left, p.dx_width);
        for (int32_t column = td_max_int(window.column - p.dx_left, 0); column < column_end;
             ++column)
          dx[column] += part;
      }
    }
  }
}
