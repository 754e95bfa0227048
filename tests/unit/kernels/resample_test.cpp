// adaptive_avg_pool2d, resize_nearest and their gradients against their definitions in the order of
// numerics.md, bit for bit.

#include <doctest/doctest.h>

#include "unit/kernels/kernels.h"

namespace tdc::kernels {
namespace {

struct Case {
  int32_t planes, height, width, out_height, out_width;
};

const Case kCases[] = {
    {1, 4, 6, 2, 3},  // windows side by side
    {6, 7, 9, 3, 5},  // windows that share positions; positions that nothing takes
    {2, 3, 4, 7, 8},  // more results than positions
    {3, 5, 2, 1, 1},         {1, 1, 65535, 1, 65534},
    {1, 65535, 1, 40000, 1},  // products that need all of 32 bits
};

/// Indices begin .. end - 1.
struct Indices {
  int64_t begin, end;
};

Indices window_of(int64_t i, int64_t out, int64_t in) {
  return {i * in / out, ((i + 1) * in + out - 1) / out};
}

/// Calls `function(o, i, positions)` for each element i of x in each window o, both in row-major
/// order.
template <typename Function>
void for_each_position(const Case& c, Function function) {
  size_t o = 0;
  for (int64_t plane = 0; plane < c.planes; ++plane)
    for (int64_t oh = 0; oh < c.out_height; ++oh)
      for (int64_t ow = 0; ow < c.out_width; ++ow, ++o) {
        const Indices rows = window_of(oh, c.out_height, c.height);
        const Indices columns = window_of(ow, c.out_width, c.width);
        for (int64_t h = rows.begin; h < rows.end; ++h)
          for (int64_t w = columns.begin; w < columns.end; ++w)
            function(o, static_cast<size_t>((plane * c.height + h) * c.width + w),
                     static_cast<float>((rows.end - rows.begin) * (columns.end - columns.begin)));
      }
}

/// The kernel with a struct of this type, from an image of the case to one of the other size.
template <typename Args>
Args forward(const Case& c, float* y, const float* x) {
  return {.y = y,
          .x = x,
          .images = 1,
          .channels = c.planes,
          .rows = c.out_height,
          .columns = c.out_width,
          .top = 0,
          .left = 0,
          .height = c.out_height,
          .width = c.out_width,
          .from_top = 0,
          .from_left = 0,
          .from_columns = c.width,
          .from_height = c.height,
          .from_width = c.width,
          .y_image = 0,
          .y_channel = c.out_height * c.out_width,
          .y_row = c.out_width,
          .x_image = 0,
          .x_channel = c.height * c.width,
          .x_row = c.width};
}

template <typename Args>
Args gradient(const Case& c, float* dx, const float* dy) {
  return {.dx = dx,
          .dy = dy,
          .images = 1,
          .channels = c.planes,
          .rows = c.height,
          .columns = c.width,
          .top = 0,
          .left = 0,
          .height = c.height,
          .width = c.width,
          .from_top = 0,
          .from_left = 0,
          .from_columns = c.out_width,
          .from_height = c.out_height,
          .from_width = c.out_width,
          .dx_image = 0,
          .dx_channel = c.height * c.width,
          .dx_row = c.width,
          .dy_image = 0,
          .dy_channel = c.out_height * c.out_width,
          .dy_row = c.out_width};
}

size_t elements_of(const Case& c, bool is_result) {
  return static_cast<size_t>(c.planes) *
         static_cast<size_t>(is_result ? c.out_height * c.out_width : c.height * c.width);
}

TEST_CASE("adaptive_avg_pool2d divides sums of windows, its gradient sums shares of windows") {
  for (const Case& c : kCases) {
    CAPTURE(c.width);
    Random random(1);
    const std::vector<float> x = random.values(static_cast<int64_t>(elements_of(c, false)));
    const std::vector<float> dy = random.values(static_cast<int64_t>(elements_of(c, true)));
    std::vector<float> y(dy.size()), expected(y.size()), positions_of(y.size());
    std::vector<float> dx(x.size(), 3.0F), expected_dx(x.size());
    for_each_position(c, [&](size_t o, size_t i, float positions) {
      expected[o] += x[i];
      positions_of[o] = positions;
      expected_dx[i] += dy[o] / positions;
    });
    for (size_t o = 0; o < y.size(); ++o) expected[o] /= positions_of[o];
    run("td_adaptive_avg_pool2d_f32", y,
        forward<td_adaptive_avg_pool2d_f32_args>(c, y.data(), x.data()));
    CHECK(same_bits(y, expected));
    run("td_adaptive_avg_pool2d_grad_f32", dx,
        gradient<td_adaptive_avg_pool2d_grad_f32_args>(c, dx.data(), dy.data()));
    CHECK(same_bits(dx, expected_dx));
  }
}

TEST_CASE("resize_nearest copies elements, its gradient sums what they became") {
  for (const Case& c : kCases) {
    CAPTURE(c.width);
    Random random(2);
    const std::vector<float> x = random.values(static_cast<int64_t>(elements_of(c, false)));
    const std::vector<float> dy = random.values(static_cast<int64_t>(elements_of(c, true)));
    std::vector<float> y(dy.size()), expected, dx(x.size(), 3.0F), expected_dx(x.size());
    for (int64_t plane = 0; plane < c.planes; ++plane)
      for (int64_t i = 0; i < c.out_height; ++i)
        for (int64_t j = 0; j < c.out_width; ++j) {
          const int64_t row = plane * c.height + i * c.height / c.out_height;
          const auto at = static_cast<size_t>(row * c.width + j * c.width / c.out_width);
          expected_dx[at] += dy[expected.size()];
          expected.push_back(x[at]);
        }
    run("td_resize_nearest_f32", y, forward<td_resize_nearest_f32_args>(c, y.data(), x.data()));
    CHECK(same_bits(y, expected));
    run("td_resize_nearest_grad_f32", dx,
        gradient<td_resize_nearest_grad_f32_args>(c, dx.data(), dy.data()));
    CHECK(same_bits(dx, expected_dx));
  }
}

}  // namespace
}  // namespace tdc::kernels
