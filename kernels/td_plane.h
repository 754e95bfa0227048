/// Rows of images, as work items of kernels that go image by image and channel by channel.
#ifndef TD_PLANE_H
#define TD_PLANE_H

#include "td_kernels.h"
#include "td_order.h"

typedef struct {
  int32_t image, channel, row;
} td_plane_row;

/// Row `item` of images of `channels` channels of `rows` rows each.
static inline td_plane_row td_plane_row_at(int32_t item, int32_t channels, int32_t rows) {
  int32_t plane = item / rows, image = plane / channels;
  TD_KEEP_HERE(plane);  // else gcc takes remainders, which are as slow as quotients
  TD_KEEP_HERE(image);
  const td_plane_row at = {image, plane - image * channels, item - plane * rows};
  return at;
}

#endif
