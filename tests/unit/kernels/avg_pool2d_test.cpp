// avg_pool2d and its gradient against their definitions in the order of numerics.md, bit for bit.

#include <doctest/doctest.h>

#include <algorithm>

#include "unit/kernels/kernels.h"

namespace tdc::kernels {
namespace {

struct Case {
  int32_t planes, height, width, kernel_height, kernel_width, stride_height, stride_width,
      pad_height, pad_width, out_height, out_width;
};

const Case kCases[] = {
    {1, 4, 4, 2, 2, 2, 2, 0, 0, 2, 2},
    {6, 7, 9, 3, 3, 2, 2, 1, 1, 4, 5},  // overlapping windows
    {2, 5, 8, 3, 2, 1, 3, 1, 0, 5, 3},
    {1, 6, 6, 2, 2, 3, 3, 0, 0, 2, 2},  // elements in no window
    {2, 6, 5, 3, 4, 2, 3, 0, 2, 3, 3},  // windows that reach beyond the padding
    // Squares of 2 and 3 in rows of even and odd length, in pairs and not.
    {2, 9, 12, 3, 3, 2, 2, 0, 0, 4, 5},
    {2, 9, 12, 3, 3, 2, 2, 1, 1, 5, 6},
    {3, 8, 13, 3, 3, 1, 2, 1, 1, 8, 7},
    {2, 9, 12, 2, 2, 1, 1, 0, 0, 8, 11},
    {2, 8, 13, 2, 2, 2, 2, 1, 1, 5, 7},
};

/// Calls `function(o, i, positions)` for each element i of x in each window o, both in row-major
/// order; `positions` are those that the window's sum is divided by.
template <typename Function>
void for_each_position(const Case& c, bool count_include_pad, Function function) {
  for (int plane = 0; plane < c.planes; ++plane)
    for (int oh = 0; oh < c.out_height; ++oh)
      for (int ow = 0; ow < c.out_width; ++ow) {
        const int top = oh * c.stride_height - c.pad_height;
        const int left = ow * c.stride_width - c.pad_width;
        const int rows = std::min(top + c.kernel_height, c.height) - std::max(top, 0);
        const int columns = std::min(left + c.kernel_width, c.width) - std::max(left, 0);
        const int padded_rows = std::min(c.kernel_height, c.height + c.pad_height - top);
        const int padded_columns = std::min(c.kernel_width, c.width + c.pad_width - left);
        const int positions = count_include_pad ? padded_rows * padded_columns : rows * columns;
        for (int h = std::max(top, 0); h < std::min(top + c.kernel_height, c.height); ++h)
          for (int w = std::max(left, 0); w < std::min(left + c.kernel_width, c.width); ++w)
            function(static_cast<size_t>((plane * c.out_height + oh) * c.out_width + ow),
                     static_cast<size_t>((plane * c.height + h) * c.width + w),
                     static_cast<float>(positions));
      }
}

TEST_CASE("avg_pool2d divides sums of windows, its gradient sums shares of windows") {
  for (const Case& c : kCases)
    for (const bool count_include_pad : {true, false}) {
      CAPTURE(count_include_pad);
      Random random(1);
      const std::vector<float> x = random.values(int64_t{c.planes} * c.height * c.width);
      std::vector<float> y(static_cast<size_t>(c.planes * c.out_height * c.out_width));
      const std::vector<float> dy = random.values(static_cast<int64_t>(y.size()));
      std::vector<float> sums(y.size()), positions_of(y.size()), expected_dx(x.size());
      for_each_position(c, count_include_pad, [&](size_t o, size_t i, float positions) {
        sums[o] += x[i];
        positions_of[o] = positions;
        expected_dx[i] += dy[o] / positions;
      });
      std::vector<float> expected(y.size());
      for (size_t o = 0; o < y.size(); ++o) expected[o] = sums[o] / positions_of[o];
      run("td_avg_pool2d_f32", y,
          td_avg_pool2d_f32_args{.y = y.data(),
                                 .x = x.data(),
                                 .images = 1,
                                 .channels = c.planes,
                                 .height = c.height,
                                 .width = c.width,
                                 .out_height = c.out_height,
                                 .out_width = c.out_width,
                                 .kernel_height = c.kernel_height,
                                 .kernel_width = c.kernel_width,
                                 .stride_height = c.stride_height,
                                 .stride_width = c.stride_width,
                                 .pad_top = c.pad_height,
                                 .pad_left = c.pad_width,
                                 .x_image = 0,
                                 .x_channel = c.height * c.width,
                                 .x_row = c.width,
                                 .y_image = 0,
                                 .y_channel = c.out_height * c.out_width,
                                 .y_row = c.out_width,
                                 .pad_bottom = c.pad_height,
                                 .pad_right = c.pad_width,
                                 .count_include_pad = count_include_pad});
      CHECK(same_bits(y, expected));
      std::vector<float> dx(x.size(), 3.0F);
      run("td_avg_pool2d_grad_f32", dx,
          td_avg_pool2d_grad_f32_args{.dx = dx.data(),
                                      .dy = dy.data(),
                                      .images = 1,
                                      .channels = c.planes,
                                      .height = c.height,
                                      .width = c.width,
                                      .kernel_height = c.kernel_height,
                                      .kernel_width = c.kernel_width,
                                      .stride_height = c.stride_height,
                                      .stride_width = c.stride_width,
                                      .pad_height = c.pad_height,
                                      .pad_width = c.pad_width,
                                      .dx_height = c.height,
                                      .dx_width = c.width,
                                      .dx_top = 0,
                                      .dx_left = 0,
                                      .dy_height = c.out_height,
                                      .dy_width = c.out_width,
                                      .dy_top = 0,
                                      .dy_left = 0,
                                      .dx_image = 0,
                                      .dx_channel = c.height * c.width,
                                      .dx_row = c.width,
                                      .dy_image = 0,
                                      .dy_channel = c.out_height * c.out_width,
                                      .dy_row = c.out_width,
                                      .count_include_pad = count_include_pad});
      CHECK(same_bits(dx, expected_dx));
    }
}

}  // namespace
}  // namespace tdc::kernels
