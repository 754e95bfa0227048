#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>

#include "unit/kernels/kernels.h"

namespace tdc::kernels {
namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

struct Case {
  int32_t images, channels, height, width, kernel_height, kernel_width, stride_height, stride_width,
      pad_top, pad_left, out_height, out_width;
};

const Case kCases[] = {
    {1, 1, 4, 4, 2, 2, 2, 2, 0, 0, 2, 2},
    {2, 3, 7, 9, 3, 3, 2, 2, 1, 1, 4, 5},  // overlapping windows
    {1, 2, 5, 8, 3, 2, 1, 3, 1, 0, 5, 3},
    {1, 1, 6, 6, 2, 2, 3, 3, 0, 0, 2, 2},  // elements in no window
    // Squares of 2 and 3 in rows of even and odd length, in pairs and not.
    {1, 2, 9, 12, 3, 3, 2, 2, 0, 0, 4, 5},
    {1, 2, 9, 12, 3, 3, 2, 2, 1, 1, 5, 6},
    {1, 3, 8, 13, 3, 3, 1, 2, 1, 1, 8, 7},
    {1, 2, 9, 12, 2, 2, 1, 1, 0, 0, 8, 11},
    {1, 2, 8, 13, 2, 2, 2, 2, 1, 1, 5, 7},
};

td_max_pool2d_f32_args forward(const Case& c) {
  return {.y = nullptr,
          .x = nullptr,
          .images = c.images,
          .channels = c.channels,
          .height = c.height,
          .width = c.width,
          .out_height = c.out_height,
          .out_width = c.out_width,
          .kernel_height = c.kernel_height,
          .kernel_width = c.kernel_width,
          .stride_height = c.stride_height,
          .stride_width = c.stride_width,
          .pad_top = c.pad_top,
          .pad_left = c.pad_left,
          .x_image = c.channels * c.height * c.width,
          .x_channel = c.height * c.width,
          .x_row = c.width,
          .y_image = c.channels * c.out_height * c.out_width,
          .y_channel = c.out_height * c.out_width,
          .y_row = c.out_width};
}

td_max_pool2d_grad_f32_args gradient(const Case& c) {
  return {.dx = nullptr,
          .x = nullptr,
          .dy = nullptr,
          .images = c.images,
          .channels = c.channels,
          .height = c.height,
          .width = c.width,
          .out_height = c.out_height,
          .out_width = c.out_width,
          .kernel_height = c.kernel_height,
          .kernel_width = c.kernel_width,
          .stride_height = c.stride_height,
          .stride_width = c.stride_width,
          .pad_top = c.pad_top,
          .pad_left = c.pad_left,
          .dx_height = c.height,
          .dx_width = c.width,
          .x_image = c.channels * c.height * c.width,
          .x_channel = c.height * c.width,
          .x_row = c.width,
          .dx_image = c.channels * c.height * c.width,
          .dx_channel = c.height * c.width,
          .dx_row = c.width,
          .dy_image = c.channels * c.out_height * c.out_width,
          .dy_channel = c.out_height * c.out_width,
          .dy_row = c.out_width};
}

/// Where in plane `plane` of x the window's largest element is: the first NaN, else the first of
/// the largest.
size_t largest(const Case& c, const std::vector<float>& x, int plane, int oh, int ow) {
  std::optional<size_t> best;
  for (int h = oh * c.stride_height - c.pad_top;
       h < oh * c.stride_height - c.pad_top + c.kernel_height; ++h)
    for (int w = ow * c.stride_width - c.pad_left;
         w < ow * c.stride_width - c.pad_left + c.kernel_width; ++w) {
      if (h < 0 || h >= c.height || w < 0 || w >= c.width) continue;
      const auto i = static_cast<size_t>((plane * c.height + h) * c.width + w);
      if (!best || (!std::isnan(x[*best]) && (std::isnan(x[i]) || x[i] > x[*best]))) best = i;
    }
  return best.value();
}

TEST_CASE("max_pool2d and its gradient follow the largest element; ties go to the first") {
  for (const Case& c : kCases) {
    Random random(1);
    std::vector<float> x(static_cast<size_t>(c.images * c.channels * c.height * c.width));
    for (float& value : x) {  // with many ties, and zeros of both signs
      value = static_cast<float>(random.integer(-2, 2));
      if (value == 0 && random.integer(0, 1) == 0) value = -0.0F;
    }
    x[x.size() / 2] = kNaN;
    x[x.size() / 2 + 1] = kNaN;
    std::vector<float> y(static_cast<size_t>(c.images * c.channels * c.out_height * c.out_width));
    const std::vector<float> dy = random.values(static_cast<int64_t>(y.size()));
    std::vector<float> expected(y.size()), expected_dx(x.size());
    for (int plane = 0; plane < c.images * c.channels; ++plane)
      for (int oh = 0; oh < c.out_height; ++oh)
        for (int ow = 0; ow < c.out_width; ++ow) {
          const auto o = static_cast<size_t>((plane * c.out_height + oh) * c.out_width + ow);
          const size_t i = largest(c, x, plane, oh, ow);
          expected[o] = x[i];
          expected_dx[i] += dy[o];
        }
    auto args = forward(c);
    args.x = x.data();
    args.y = y.data();
    run("td_max_pool2d_f32", y, args);
    CHECK(same_bits(y, expected));
    auto gradient_args = gradient(c);
    std::vector<float> dx(x.size(), 3.0F);
    gradient_args.x = x.data();
    gradient_args.dx = dx.data();
    gradient_args.dy = dy.data();
    run("td_max_pool2d_grad_f32", dx, gradient_args);
    CHECK(same_bits(dx, expected_dx));
  }
}

}  // namespace
TEST_CASE("max_pool2d_grad: windows that reach out of a piece of rows, in a wide image") {
  // 201 columns below windows: more than the kernel sets aside for what is given to other rows.
  const Case c = {1, 1, 9, 200, 3, 3, 2, 2, 1, 1, 5, 100};
  constexpr int kTop = 2, kRows = 3;
  Random random(2);
  const std::vector<float> x = random.values(int64_t{c.height} * c.width);
  const std::vector<float> dy = random.values(int64_t{c.out_height} * c.out_width);
  std::vector<float> whole(x.size());
  for (int oh = 0; oh < c.out_height; ++oh)
    for (int ow = 0; ow < c.out_width; ++ow)
      whole[largest(c, x, 0, oh, ow)] += dy[static_cast<size_t>(oh * c.out_width + ow)];
  const auto row = [&](int at) { return whole.begin() + std::ptrdiff_t{at} * c.width; };
  const std::vector<float> expected(row(kTop), row(kTop + kRows));
  auto args = gradient(c);
  std::vector<float> dx(expected.size(), 3.0F);
  args.x = x.data();
  args.dx = dx.data();
  args.dy = dy.data();
  args.dx_top = kTop;
  args.dx_height = kRows;
  run("td_max_pool2d_grad_f32", dx, args);
  CHECK(same_bits(dx, expected));
}

}  // namespace tdc::kernels
