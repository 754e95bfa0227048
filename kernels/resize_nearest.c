/// Images of another size: element i of y is that of x at floor(i * in / out), along rows and
/// columns.
#include "td_resample.h"

/// The work items are rows of y.
void td_resize_nearest_f32(const td_resize_nearest_f32_args* args, td_team team) {
  const td_resize_nearest_f32_args p = *args;
  const td_range share = td_share(p.images * p.channels * p.rows, team);
  for (int32_t item = share.begin; item < share.end; ++item) {
    const td_plane_row at = td_plane_row_at(item, p.channels, p.rows);
    const int32_t from = td_scaled_down(p.top + at.row, p.height, p.from_height) - p.from_top;
    const float* const x = p.x + at.image * p.x_image + at.channel * p.x_channel + from * p.x_row;
    float* const y = p.y + at.image * p.y_image + at.channel * p.y_channel + at.row * p.y_row;
    td_scaled_walk walk = td_walk_from(p.left, p.width, p.from_width);
    for (int32_t column = 0; column < p.columns; ++column, td_walk_on(&walk))
      y[column] = x[walk.at - p.from_left];
  }
}

/// dx = sum of dy over the elements of y that it became, in row-major order, from +0. The work
/// items are rows of dx.
void td_resize_nearest_grad_f32(const td_resize_nearest_grad_f32_args* args, td_team team) {
  const td_resize_nearest_grad_f32_args p = *args;
  const td_range share = td_share(p.images * p.channels * p.rows, team);
  for (int32_t item = share.begin; item < share.end; ++item) {
    const td_plane_row at = td_plane_row_at(item, p.channels, p.rows);
    float* const dx = p.dx + at.image * p.dx_image + at.channel * p.dx_channel + at.row * p.dx_row;
    for (int32_t column = 0; column < p.columns; ++column) dx[column] = 0.0f;
    const int32_t end = td_scaled_up(p.top + at.row + 1, p.height, p.from_height);
    for (int32_t i = td_scaled_up(p.top + at.row, p.height, p.from_height); i < end; ++i) {
      const float* const dy =
          p.dy + at.image * p.dy_image + at.channel * p.dy_channel + (i - p.from_top) * p.dy_row;
      td_scaled_walk walk = td_walk_from(p.from_left, p.from_width, p.width);
      for (int32_t j = 0; j < p.from_columns; ++j, td_walk_on(&walk)) dx[walk.at - p.left] += dy[j];
    }
  }
}
