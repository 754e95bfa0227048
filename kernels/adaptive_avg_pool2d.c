/// Means of windows that cover an image evenly: element i of y is the mean of x from
/// floor(i * in / out) to before ceil((i + 1) * in / out), along rows and columns.
#include "td_resample.h"

static inline float td_positions_of(td_range rows, td_range columns) {
  return (float)((rows.end - rows.begin) * (columns.end - columns.begin));
}

/// y = sum of the window in row-major order, from +0, divided by its positions. The work items are
/// rows of y.
void td_adaptive_avg_pool2d_f32(const td_adaptive_avg_pool2d_f32_args* args, td_team team) {
  const td_adaptive_avg_pool2d_f32_args p = *args;
  const td_range share = td_share(p.images * p.channels * p.rows, team);
  for (int32_t item = share.begin; item < share.end; ++item) {
    const td_plane_row at = td_plane_row_at(item, p.channels, p.rows);
    const float* const x = p.x + at.image * p.x_image + at.channel * p.x_channel;
    float* const y = p.y + at.image * p.y_image + at.channel * p.y_channel + at.row * p.y_row;
    const td_range rows = td_overlap(p.top + at.row, p.height, p.from_height);
    for (int32_t column = 0; column < p.columns; ++column) {
      const td_range columns = td_overlap(p.left + column, p.width, p.from_width);
      float sum = 0.0f;
      for (int32_t i = rows.begin; i < rows.end; ++i)
        for (int32_t j = columns.begin; j < columns.end; ++j)
          sum += x[(i - p.from_top) * p.x_row + (j - p.from_left)];
      y[column] = sum / td_positions_of(rows, columns);
    }
  }
}

/// dx = sum of dy / positions over the windows that hold it, in row-major order, from +0. The work
/// items are rows of dx.
void td_adaptive_avg_pool2d_grad_f32(const td_adaptive_avg_pool2d_grad_f32_args* args,
                                     td_team team) {
  const td_adaptive_avg_pool2d_grad_f32_args p = *args;
  const td_range share = td_share(p.images * p.channels * p.rows, team);
  for (int32_t item = share.begin; item < share.end; ++item) {
    const td_plane_row at = td_plane_row_at(item, p.channels, p.rows);
    float* const dx = p.dx + at.image * p.dx_image + at.channel * p.dx_channel + at.row * p.dx_row;
    const float* const dy = p.dy + at.image * p.dy_image + at.channel * p.dy_channel;
    for (int32_t column = 0; column < p.columns; ++column) dx[column] = 0.0f;
    const td_range windows = td_overlap(p.top + at.row, p.height, p.from_height);
    for (int32_t i = windows.begin; i < windows.end; ++i) {
      const td_range rows = td_overlap(i, p.from_height, p.height);
      for (int32_t j = 0; j < p.from_columns; ++j) {
        const td_range columns = td_overlap(p.from_left + j, p.from_width, p.width);
        const float part = dy[(i - p.from_top) * p.dy_row + j] / td_positions_of(rows, columns);
        const int32_t end = td_min_int(columns.end - p.left, p.columns);
        for (int32_t column = td_max_int(columns.begin - p.left, 0); column < end; ++column)
          dx[column] += part;
      }
    }
  }
}
