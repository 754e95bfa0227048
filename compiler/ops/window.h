#pragma once

// Windows that move over an image: convolutions and poolings.

#include <cstdint>

namespace tdc::ops {

/// The largest stride, padding and dilation of a window (limit-6), so that kernels count in int32.
constexpr int64_t kLargestStep = 65535;

/// How many windows of `kernel` positions, `dilation` apart, lie on `extent` positions with
/// `padding` more on each side, if they start `stride` apart; 0 if not one does.
constexpr int64_t window_count(int64_t extent, int64_t kernel, int64_t stride, int64_t padding,
                               int64_t dilation) {
  const int64_t span = extent + 2 * padding - dilation * (kernel - 1) - 1;
  return span < 0 ? 0 : span / stride + 1;
}

/// The same where a last window may reach beyond the padding, as long as it starts before that on
/// the high side (op-14).
constexpr int64_t ceil_window_count(int64_t extent, int64_t kernel, int64_t stride,
                                    int64_t padding) {
  const int64_t span = extent + 2 * padding - kernel + stride - 1;
  if (span < 0) return 0;
  const int64_t count = span / stride + 1;
  return (count - 1) * stride >= extent + padding ? count - 1 : count;
}

}  // namespace tdc::ops
