#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

#include "unit/kernels/kernels.h"

namespace tdc::kernels {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

struct Case {
  int32_t batch, groups, channels, outputs, height, width, kernel_height, kernel_width;
  int32_t stride_height = 1, stride_width = 1, pad_top = 0, pad_left = 0;
  int32_t dilation_height = 1, dilation_width = 1;
  int32_t pad_bottom = 0, pad_right = 0;

  [[nodiscard]] int32_t out_height() const {
    return (height + pad_top + pad_bottom - dilation_height * (kernel_height - 1) - 1) /
               stride_height +
           1;
  }
  [[nodiscard]] int32_t out_width() const {
    return (width + pad_left + pad_right - dilation_width * (kernel_width - 1) - 1) / stride_width +
           1;
  }
  [[nodiscard]] size_t x_count() const {
    return static_cast<size_t>(batch * groups * channels * height * width);
  }
  [[nodiscard]] size_t y_count() const {
    return static_cast<size_t>(batch * groups * outputs * out_height() * out_width());
  }
  [[nodiscard]] size_t w_count() const {
    return static_cast<size_t>(groups * outputs * channels * kernel_height * kernel_width);
  }
  [[nodiscard]] size_t x_at(int n, int g, int c, int h, int w) const {
    return static_cast<size_t>((((n * groups + g) * channels + c) * height + h) * width + w);
  }
  [[nodiscard]] size_t y_at(int n, int g, int o, int h, int w) const {
    return static_cast<size_t>((((n * groups + g) * outputs + o) * out_height() + h) * out_width() +
                               w);
  }
  [[nodiscard]] size_t w_at(int g, int o, int c, int h, int w) const {
    return static_cast<size_t>(
        (((g * outputs + o) * channels + c) * kernel_height + h) * kernel_width + w);
  }
};

const std::vector<Case>& cases() {
  static const std::vector<Case> all = {
      {1, 1, 1, 1, 1, 1, 1, 1},
      {1, 1, 3, 5, 6, 7, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1},
      {2, 1, 2, 6, 5, 9, 3, 2},
      {1, 1, 40, 9, 4, 5, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1},  // a chain of more than one panel
      {3, 1, 2, 4, 7, 18, 3, 3, 2, 2, 1, 1, 1, 1, 1, 1},  // stride
      {1, 1, 2, 3, 9, 11, 3, 3, 2, 3, 1, 2, 2, 1, 2, 0},  // stride, dilation, uneven padding
      {1, 1, 2, 3, 9, 8, 2, 2, 3, 3},                     // positions that no window meets
      {1, 1, 3, 4, 8, 8, 3, 3, 2, 2, 2, 2, 2, 2, 2, 2},   // stride 2 over taps 2 apart
      {2, 3, 2, 2, 6, 6, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1},   // groups
      {2, 5, 1, 1, 6, 5, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1},   // depthwise
      // Depthwise, by blocks of 3 to 6 columns: of all widths, with and without padding, of a
      // kernel that is not square, with rows that are strided, and of images less high than it.
      {2, 3, 1, 1, 6, 3, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1},
      {1, 3, 1, 2, 5, 4, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1},
      {1, 2, 1, 1, 7, 6, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1},
      {1, 2, 1, 1, 4, 7, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1},
      {1, 2, 1, 3, 6, 11, 3, 3, 1, 1, 1, 0, 1, 1, 1, 0},
      {2, 2, 1, 1, 9, 8, 5, 3, 1, 1, 2, 1, 1, 1, 2, 1},
      {1, 2, 1, 1, 9, 6, 3, 3, 2, 1, 1, 1, 1, 1, 1, 1},
      {1, 2, 1, 1, 2, 5, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1},
      {1, 2, 1, 1, 5, 700, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1},  // wider than a patch of its image
      {2, 2, 1, 3, 7, 690, 5, 3, 2, 2, 1, 2, 1, 2, 3, 2},
      {1, 2, 1, 1, 68, 70, 65, 65, 1, 1, 2, 2, 1, 1, 2, 2},  // a reach too large for a patch
      {2, 1, 7, 9, 5, 5, 1, 1},                              // pointwise
      {1, 1, 4, 3, 7, 7, 1, 1, 2, 2},
      {1, 1, 1, 2, 21, 21, 19, 17, 1, 1, 8, 8, 1, 1, 8, 8},  // a kernel larger than a panel
      {1, 1, 1, 2, 2, 303, 2, 300},                          // a kernel row larger than a panel
      {1, 1, 1, 2, 1, 40, 1, 9, 1, 1, 0, 4, 1, 1, 0, 4},
      {1, 1, 2, 2, 2, 3, 3, 3, 1, 1, 4, 4, 1, 1, 4, 4},   // windows entirely in the padding
      {1, 1, 3, 2, 3, 5, 2, 2, 1, 1, 4, 4, 5, 5, 4, 4},   // an image between two taps
      {2, 2, 3, 5, 5, 6, 5, 3, 3, 2, 3, 2, 1, 2, 4, 1},   // groups, stride, dilation
      {1, 4, 1, 2, 7, 6, 4, 4, 2, 1, 3, 0, 1, 1, 0, 3},   // rows above only, columns behind only
      {1, 1, 30, 3, 5, 4, 3, 5, 1, 1, 2, 2, 1, 1, 2, 2},  // borders of more than one panel
  };
  return all;
}

/// Fills the fields that all three argument structs share.
template <typename Args>
Args geometry(const Case& c) {
  Args args = {};
  args.batch = c.batch;
  args.groups = c.groups;
  args.channels = c.channels;
  args.height = c.height;
  args.width = c.width;
  args.outputs = c.outputs;
  args.out_height = c.out_height();
  args.out_width = c.out_width();
  args.kernel_height = c.kernel_height;
  args.kernel_width = c.kernel_width;
  args.stride_height = c.stride_height;
  args.stride_width = c.stride_width;
  args.pad_top = c.pad_top;
  args.pad_left = c.pad_left;
  args.dilation_height = c.dilation_height;
  args.dilation_width = c.dilation_width;
  return args;
}

td_conv2d_f32_args forward(const Case& c) {
  auto args = geometry<td_conv2d_f32_args>(c);
  args.x_image = c.groups * c.channels * c.height * c.width;
  args.x_channel = c.height * c.width;
  args.x_row = c.width;
  args.y_image = c.groups * c.outputs * c.out_height() * c.out_width();
  args.y_channel = c.out_height() * c.out_width();
  args.y_row = c.out_width();
  args.w_output = c.channels * c.kernel_height * c.kernel_width;
  return args;
}

td_conv2d_input_grad_f32_args input_grad(const Case& c) {
  const td_conv2d_f32_args f = forward(c);
  auto args = geometry<td_conv2d_input_grad_f32_args>(c);
  args.dx_image = f.x_image;
  args.dx_channel = f.x_channel;
  args.dx_row = f.x_row;
  args.dy_image = f.y_image;
  args.dy_channel = f.y_channel;
  args.dy_row = f.y_row;
  args.w_output = f.w_output;
  args.w_channel = c.kernel_height * c.kernel_width;
  args.w_row = c.kernel_width;
  return args;
}

td_conv2d_weight_grad_f32_args weight_grad(const Case& c) {
  const td_conv2d_f32_args f = forward(c);
  auto args = geometry<td_conv2d_weight_grad_f32_args>(c);
  args.x_image = f.x_image;
  args.x_channel = f.x_channel;
  args.x_row = f.x_row;
  args.dy_image = f.y_image;
  args.dy_channel = f.y_channel;
  args.dy_row = f.y_row;
  args.dw_output = f.w_output;
  args.dw_channel = c.kernel_height * c.kernel_width;
  args.dw_row = c.kernel_width;
  return args;
}

/// Calls `visit(n, g, o, oh, ow, c, kh, kw, ih, iw)` for each output position and each kernel
/// position, (ih, iw) possibly outside of x.
template <typename Visit>
void each_product(const Case& s, Visit visit) {
  for (int n = 0; n < s.batch; ++n)
    for (int g = 0; g < s.groups; ++g)
      for (int o = 0; o < s.outputs; ++o)
        for (int oh = 0; oh < s.out_height(); ++oh)
          for (int ow = 0; ow < s.out_width(); ++ow)
            for (int c = 0; c < s.channels; ++c)
              for (int kh = 0; kh < s.kernel_height; ++kh)
                for (int kw = 0; kw < s.kernel_width; ++kw)
                  visit(n, g, o, oh, ow, c, kh, kw,
                        oh * s.stride_height - s.pad_top + kh * s.dilation_height,
                        ow * s.stride_width - s.pad_left + kw * s.dilation_width);
}

struct Operands {
  std::vector<float> x, w, y;
};

Operands operands(const Case& c, uint64_t seed) {
  Random random(seed);
  return {.x = random.values(static_cast<int64_t>(c.x_count())),
          .w = random.values(static_cast<int64_t>(c.w_count())),
          .y = random.values(static_cast<int64_t>(c.y_count()))};
}

/// Some signed zeros, and infinities, which show what takes part: infinity times zero is a NaN.
std::vector<float> with_special(std::vector<float> values, Random& random) {
  for (float& value : values) switch (random.integer(0, 15)) {
      case 0:
        value = 0.0F;
        break;
      case 1:
        value = -0.0F;
        break;
      default:
        break;
    }
  values[static_cast<size_t>(random.integer(0, static_cast<int32_t>(values.size()) - 1))] =
      kInfinity;
  return values;
}

constexpr int kRounds = 6;

/// Plain numbers in the first round, then with special ones among them.
Operands operands_of_round(const Case& c, uint64_t seed, int round) {
  Operands result = operands(c, seed);
  if (round == 0) return result;
  Random random(seed * kRounds + static_cast<uint64_t>(round));
  result.x = with_special(result.x, random);
  result.w = with_special(result.w, random);
  result.y = with_special(result.y, random);
  return result;
}

/// An element of a row of x, and a zero before and behind it.
float element(const std::vector<float>& x, const Case& s, int n, int g, int c, int ih, int iw) {
  return iw >= 0 && iw < s.width ? x[s.x_at(n, g, c, ih, iw)] : 0.0F;
}

TEST_CASE("conv2d is the chain over channel, kernel row in the image and kernel column") {
  for (const Case& s : cases())
    for (const uint32_t accumulate : {0U, 1U})
      for (int round = 0; round < kRounds; ++round) {
        Operands o = operands_of_round(s, 1, round);
        std::vector<float> expected = o.y;
        if (accumulate == 0) std::ranges::fill(expected, 0.0F);
        each_product(
            s, [&](int n, int g, int out, int oh, int ow, int c, int kh, int kw, int ih, int iw) {
              if (ih < 0 || ih >= s.height) return;
              float& y = expected[s.y_at(n, g, out, oh, ow)];
              y = std::fma(o.w[s.w_at(g, out, c, kh, kw)], element(o.x, s, n, g, c, ih, iw), y);
            });
        td_conv2d_f32_args args = forward(s);
        args.y = o.y.data();
        args.x = o.x.data();
        args.w = o.w.data();
        args.accumulate = accumulate;
        run_both("td_conv2d_f32", o.y, args);
        CAPTURE(&s - cases().data());
        CAPTURE(round);
        CHECK(same_bits(o.y, expected));
      }
}

TEST_CASE("the gradient of conv2d's weights is the chain over image, row and column of y") {
  for (const Case& s : cases())
    for (const uint32_t accumulate : {0U, 1U})
      for (int round = 0; round < kRounds; ++round) {
        Operands o = operands_of_round(s, 2, round);
        std::vector<float> expected = o.w;
        if (accumulate == 0) std::ranges::fill(expected, 0.0F);
        each_product(
            s, [&](int n, int g, int out, int oh, int ow, int c, int kh, int kw, int ih, int iw) {
              if (ih < 0 || ih >= s.height) return;
              float& dw = expected[s.w_at(g, out, c, kh, kw)];
              dw = std::fma(o.y[s.y_at(n, g, out, oh, ow)], element(o.x, s, n, g, c, ih, iw), dw);
            });
        td_conv2d_weight_grad_f32_args args = weight_grad(s);
        args.dw = o.w.data();
        args.x = o.x.data();
        args.dy = o.y.data();
        args.accumulate = accumulate;
        run_both("td_conv2d_weight_grad_f32", o.w, args);
        CAPTURE(&s - cases().data());
        CAPTURE(round);
        CHECK(same_bits(o.w, expected));
      }
}

TEST_CASE("the gradient of conv2d's input agrees with its definition in double") {
  for (const Case& s : cases()) {
    Operands o = operands(s, 3);
    std::vector<double> expected(s.x_count(), 0.0);
    each_product(
        s, [&](int n, int g, int out, int oh, int ow, int c, int kh, int kw, int ih, int iw) {
          if (ih < 0 || ih >= s.height || iw < 0 || iw >= s.width) return;
          expected[s.x_at(n, g, c, ih, iw)] +=
              double{o.w[s.w_at(g, out, c, kh, kw)]} * double{o.y[s.y_at(n, g, out, oh, ow)]};
        });
    td_conv2d_input_grad_f32_args args = input_grad(s);
    args.dx = o.x.data();
    args.dy = o.y.data();
    args.w = o.w.data();
    run_both("td_conv2d_input_grad_f32", o.x, args);
    CAPTURE(&s - cases().data());
    CHECK(relative_error(o.x, expected) < 1e-6);
  }
}

TEST_CASE("the gradient of conv2d's input is the chain over output, kernel row and kernel column") {
  for (const Case& s : cases())
    for (int round = 0; round < kRounds; ++round) {
      Operands o = operands_of_round(s, 4, round);
      std::vector<float> expected(s.x_count(), 0.0F);
      for (int n = 0; n < s.batch; ++n)
        for (int g = 0; g < s.groups; ++g)
          for (int c = 0; c < s.channels; ++c)
            for (int ih = 0; ih < s.height; ++ih)
              for (int iw = 0; iw < s.width; ++iw)
                for (int out = 0; out < s.outputs; ++out)
                  for (int kh = 0; kh < s.kernel_height; ++kh)
                    for (int kw = 0; kw < s.kernel_width; ++kw) {
                      const int h = ih + s.pad_top - kh * s.dilation_height;
                      const int w = iw + s.pad_left - kw * s.dilation_width;
                      if (h % s.stride_height != 0 || w % s.stride_width != 0) continue;
                      const int oh = h / s.stride_height;
                      const int ow = w / s.stride_width;
                      if (oh < 0 || oh >= s.out_height()) continue;
                      const bool is_inside = ow >= 0 && ow < s.out_width();
                      float& dx = expected[s.x_at(n, g, c, ih, iw)];
                      dx = std::fma(o.w[s.w_at(g, out, c, kh, kw)],
                                    is_inside ? o.y[s.y_at(n, g, out, oh, ow)] : 0.0F, dx);
                    }
      td_conv2d_input_grad_f32_args args = input_grad(s);
      args.dx = o.x.data();
      args.dy = o.y.data();
      args.w = o.w.data();
      run_both("td_conv2d_input_grad_f32", o.x, args);
      CAPTURE(&s - cases().data());
      CAPTURE(round);
      CHECK(same_bits(o.x, expected));
    }
}

/// A result in which an infinite weight shows the chains: NaN where it meets padding, infinity
/// where it meets a one, the sum of the other taps where it is not in the chain.
TEST_CASE("an infinite weight meets columns of padding, and no rows of it") {
  const Case s = {1, 1, 1, 1, 3, 3, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1};
  const std::vector<float> ones(9, 1.0F);
  std::vector<float> w(9, 1.0F);
  w[0] = kInfinity;  // above and to the left
  std::vector<float> y(9), dx(9);
  td_conv2d_f32_args args = forward(s);
  args.y = y.data();
  args.x = ones.data();
  args.w = w.data();
  run_both("td_conv2d_f32", y, args);
  CHECK(same_bits(y, {4, 6, 4, kNaN, kInfinity, kInfinity, kNaN, kInfinity, kInfinity}));
  td_conv2d_input_grad_f32_args gradient = input_grad(s);
  gradient.dx = dx.data();
  gradient.dy = ones.data();
  gradient.w = w.data();
  run_both("td_conv2d_input_grad_f32", dx, gradient);
  CHECK(same_bits(dx, {kInfinity, kInfinity, kNaN, kInfinity, kInfinity, kNaN, 4, 6, 4}));
  std::vector<float> dw(9);
  std::vector<float> dy(9, 1.0F);
  dy[0] = kInfinity;  // the first row and column
  td_conv2d_weight_grad_f32_args weights = weight_grad(s);
  weights.dw = dw.data();
  weights.x = ones.data();
  weights.dy = dy.data();
  run_both("td_conv2d_weight_grad_f32", dw, weights);
  CHECK(same_bits(dw, {4, 6, 4, kNaN, kInfinity, kInfinity, kNaN, kInfinity, kInfinity}));
}

/// The rows of a dense tensor, each followed by three elements of something else.
std::vector<float> spread(const std::vector<float>& dense, int32_t row) {
  std::vector<float> result;
  for (size_t i = 0; i < dense.size(); i += static_cast<size_t>(row)) {
    result.insert(result.end(), dense.begin() + static_cast<std::ptrdiff_t>(i),
                  dense.begin() + static_cast<std::ptrdiff_t>(i) + row);
    result.insert(result.end(), 3, -7.0F);
  }
  return result;
}

TEST_CASE("rows of images need not be side by side, and what is between them stays as it is") {
  for (const Case& s : cases()) {
    const Operands o = operands(s, 7);
    const int32_t x_row = s.width + 3;
    const int32_t y_row = s.out_width() + 3;
    const int32_t x_channel = s.height * x_row;
    const int32_t y_channel = s.out_height() * y_row;
    const std::vector<float> x = spread(o.x, s.width);
    const std::vector<float> y = spread(o.y, s.out_width());
    CAPTURE(&s - cases().data());
    {
      std::vector<float> dense = o.y;
      std::vector<float> apart = y;
      td_conv2d_f32_args args = forward(s);
      args.x = o.x.data();
      args.w = o.w.data();
      args.y = dense.data();
      run_both("td_conv2d_f32", dense, args);
      args.x = x.data();
      args.y = apart.data();
      args.x_row = x_row;
      args.x_channel = x_channel;
      args.x_image = s.groups * s.channels * x_channel;
      args.y_row = y_row;
      args.y_channel = y_channel;
      args.y_image = s.groups * s.outputs * y_channel;
      run_both("td_conv2d_f32", apart, args);
      CHECK(same_bits(apart, spread(dense, s.out_width())));
    }
    {
      std::vector<float> dense = o.x;
      std::vector<float> apart = x;
      td_conv2d_input_grad_f32_args args = input_grad(s);
      args.dy = o.y.data();
      args.w = o.w.data();
      args.dx = dense.data();
      run_both("td_conv2d_input_grad_f32", dense, args);
      args.dy = y.data();
      args.dx = apart.data();
      args.dx_row = x_row;
      args.dx_channel = x_channel;
      args.dx_image = s.groups * s.channels * x_channel;
      args.dy_row = y_row;
      args.dy_channel = y_channel;
      args.dy_image = s.groups * s.outputs * y_channel;
      run_both("td_conv2d_input_grad_f32", apart, args);
      CHECK(same_bits(apart, spread(dense, s.width)));
    }
    {
      std::vector<float> dense = o.w;
      std::vector<float> apart = o.w;
      td_conv2d_weight_grad_f32_args args = weight_grad(s);
      args.x = o.x.data();
      args.dy = o.y.data();
      args.dw = dense.data();
      run_both("td_conv2d_weight_grad_f32", dense, args);
      args.x = x.data();
      args.dy = y.data();
      args.dw = apart.data();
      args.x_row = x_row;
      args.x_channel = x_channel;
      args.x_image = s.groups * s.channels * x_channel;
      args.dy_row = y_row;
      args.dy_channel = y_channel;
      args.dy_image = s.groups * s.outputs * y_channel;
      run_both("td_conv2d_weight_grad_f32", apart, args);
      CHECK(same_bits(apart, dense));
    }
  }
}

Case random_case(Random& random) {
  const auto one_of = [&](int32_t low, int32_t high) { return random.integer(low, high); };
  for (;;) {
    // A piece may look at columns of padding only.
    Case c = {one_of(1, 3), one_of(1, 2), one_of(1, 5),  one_of(1, 9), one_of(0, 9),  one_of(0, 9),
              one_of(1, 4), one_of(1, 4), one_of(1, 3),  one_of(1, 3), one_of(-2, 4), one_of(-2, 4),
              one_of(1, 3), one_of(1, 3), one_of(-2, 4), one_of(-2, 4)};
    if (one_of(0, 2) == 0) c.stride_height = c.stride_width = 1;
    if (one_of(0, 3) == 0) c.kernel_height = c.kernel_width = 1;
    if (one_of(0, 3) == 0) c.groups = 1;
    // At least one window; whole ones are not needed.
    const int32_t reach_height = c.dilation_height * (c.kernel_height - 1);
    const int32_t reach_width = c.dilation_width * (c.kernel_width - 1);
    if (c.height + c.pad_top + c.pad_bottom > reach_height &&
        c.width + c.pad_left + c.pad_right > reach_width)
      return c;
  }
}

/// Distances between images, channels and rows, with gaps, and the elements that they reach.
struct Spread {
  int32_t image, channel, row, count;
};

Spread spread_images(Random& random, int32_t images, int32_t channels, int32_t height,
                     int32_t width) {
  const auto gap = [&] { return std::max(random.integer(-2, 2), 0); };
  Spread s = {};
  s.row = width + gap();
  s.channel = height * s.row + gap();
  s.image = channels * s.channel + gap();
  s.count = images * s.image;
  return s;
}

/// On the engine, in every build, as on one core.
template <typename Args>
void run_as_on_a_core(const std::string& name, std::vector<float>& output, const Args& args) {
  const std::vector<float> initial = output;
  builds().front().get<void(const Args*, td_team)>(name)(&args, {.core = 0, .cores = 1});
  const std::vector<float> expected = output;
  std::ranges::copy(initial, output.begin());
  run_on_engine(name, output, args, expected);
}

TEST_CASE("conv2d and its gradients have the same bits on the engine, in any geometry and layout") {
  for (uint64_t seed = 0; seed < 600; ++seed) {
    Random random(seed);
    const Case c = random_case(random);
    const Spread x = spread_images(random, c.batch, c.groups * c.channels, c.height, c.width);
    const Spread y =
        spread_images(random, c.batch, c.groups * c.outputs, c.out_height(), c.out_width());
    const Spread w =
        spread_images(random, c.groups * c.outputs, c.channels, c.kernel_height, c.kernel_width);
    const int32_t w_dense = c.channels * c.kernel_height * c.kernel_width;
    Operands o = {.x = random.values(std::max(x.count, 1)),
                  .w = random.values(std::max(w.count, c.groups * c.outputs * w_dense)),
                  .y = random.values(y.count)};
    if (seed % 2 != 0)
      for (std::vector<float>* each : {&o.x, &o.w, &o.y}) *each = with_special(*each, random);
    const auto accumulate = static_cast<uint32_t>(random.integer(0, 1));
    CAPTURE(seed);
    {
      td_conv2d_f32_args p = forward(c);
      Operands own = o;
      p.y = own.y.data(), p.x = o.x.data(), p.w = o.w.data();
      p.x_image = x.image, p.x_channel = x.channel, p.x_row = x.row;
      p.y_image = y.image, p.y_channel = y.channel, p.y_row = y.row;
      p.accumulate = accumulate;
      run_as_on_a_core("td_conv2d_f32", own.y, p);
    }
    {
      td_conv2d_input_grad_f32_args p = input_grad(c);
      Operands own = o;
      p.dx = own.x.data(), p.dy = o.y.data(), p.w = o.w.data();
      p.dx_image = x.image, p.dx_channel = x.channel, p.dx_row = x.row;
      p.dy_image = y.image, p.dy_channel = y.channel, p.dy_row = y.row;
      p.w_output = w.image, p.w_channel = w.channel, p.w_row = w.row;
      p.accumulate = accumulate;
      run_as_on_a_core("td_conv2d_input_grad_f32", own.x, p);
    }
    {
      td_conv2d_weight_grad_f32_args p = weight_grad(c);
      Operands own = o;
      p.dw = own.w.data(), p.dy = o.y.data(), p.x = o.x.data();
      p.x_image = x.image, p.x_channel = x.channel, p.x_row = x.row;
      p.dy_image = y.image, p.dy_channel = y.channel, p.dy_row = y.row;
      p.dw_output = w.image, p.dw_channel = w.channel, p.dw_row = w.row;
      p.accumulate = accumulate;
      run_as_on_a_core("td_conv2d_weight_grad_f32", own.w, p);
    }
  }
}

template <typename Args>
uint32_t engine_jobs(const std::string& kernel, const Args& args) {
  const Build& build = builds().front();
  build.get<uint32_t()>("test_engine_jobs")();
  build.get<td_engine_ticket(const Args*)>(kernel + "_engine")(&args);
  return build.get<uint32_t()>("test_engine_jobs")();
}

/// Jobs of y, of the gradient of x and of that of w.
std::vector<uint32_t> jobs_of(const Case& c) {
  Operands o = operands(c, 8);
  td_conv2d_f32_args y = forward(c);
  y.y = o.y.data(), y.x = o.x.data(), y.w = o.w.data();
  td_conv2d_input_grad_f32_args dx = input_grad(c);
  dx.dx = o.x.data(), dx.dy = o.y.data(), dx.w = o.w.data();
  td_conv2d_weight_grad_f32_args dw = weight_grad(c);
  dw.dw = o.w.data(), dw.x = o.x.data(), dw.dy = o.y.data();
  return {engine_jobs("td_conv2d_f32", y), engine_jobs("td_conv2d_input_grad_f32", dx),
          engine_jobs("td_conv2d_weight_grad_f32", dw)};
}

TEST_CASE("conv2d is few jobs of the engine") {
  using Jobs = std::vector<uint32_t>;
  // Without padding a band of rows for each image; a row of the kernel each.
  CHECK(jobs_of({2, 1, 4, 6, 7, 8, 3, 3}) == Jobs{2, 6, 3});
  // With it, two rows at the edges, each for all images.
  CHECK(jobs_of({2, 1, 4, 6, 7, 8, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1}) == Jobs{4, 4, 3});
  CHECK(jobs_of({2, 3, 4, 6, 7, 8, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1}) == Jobs{12, 12, 9});
  // Pointwise: all images at once; three of four phases of the gradient of x are zeros.
  CHECK(jobs_of({3, 1, 4, 6, 7, 8, 1, 1}) == Jobs{1, 1, 1});
  CHECK(jobs_of({3, 1, 4, 6, 7, 8, 1, 1, 2, 2}) == Jobs{3, 12, 1});
  // One channel, without padding: rows of the kernel are columns of the job.
  CHECK(jobs_of({1, 1, 1, 6, 7, 8, 3, 3})[2] == 1);
  // A kernel of one row: images are columns.
  CHECK(jobs_of({3, 1, 4, 6, 1, 9, 1, 3, 1, 1, 0, 1, 1, 1, 0, 1}) == Jobs{1, 1, 1});
}

TEST_CASE("chains of nothing are no job of the engine, and there may be none at all") {
  const Case c = {1, 1, 1, 1, 2, 3, 1, 1, 4, 1, 4, 0, 1, 1, 5, 0};  // y's rows are at -4, 0, 4
  td_conv2d_input_grad_f32_args p = input_grad(c);
  Operands o = operands(c, 9);
  p.dx = o.x.data() + 3, p.dy = o.y.data(), p.w = o.w.data();
  p.height = 1, p.pad_top += 1;  // the second row of x
  const Build& build = builds().front();
  using Kernel = td_engine_ticket(const td_conv2d_input_grad_f32_args*);
  CHECK(build.get<Kernel>("td_conv2d_input_grad_f32_engine")(&p) == TD_ENGINE_NO_JOB);
  CHECK(o.x[3] == 0.0F);
  CHECK(o.x[5] == 0.0F);
}

TEST_CASE("conv2d gives the same bits however outputs, rows and channels are cut") {
  const Case s = {1, 1, 7, 6, 9, 8, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1};
  Operands o = operands(s, 5);
  td_conv2d_f32_args args = forward(s);
  args.x = o.x.data();
  args.w = o.w.data();
  std::vector<float> whole(s.y_count());
  args.y = whole.data();
  run_both("td_conv2d_f32", whole, args);
  for (int32_t output = 0; output < 6; output += 4)
    for (int32_t row = 0; row < 9; row += 4)
      for (int32_t column = 0; column < 8; column += 5)
        for (int32_t channel = 0; channel < 7; channel += 3) {
          td_conv2d_f32_args tile = args;
          tile.outputs = std::min(4, 6 - output);
          tile.out_height = std::min(4, 9 - row);
          tile.out_width = std::min(5, 8 - column);
          tile.channels = std::min(3, 7 - channel);
          tile.y = o.y.data() + output * args.y_channel + row * args.y_row + column;
          // The view of x begins at the first row and column that the tile needs.
          const int32_t top = std::max(row - 1, 0);
          const int32_t left = std::max(column - 1, 0);
          tile.pad_top = 1 - (row - top);
          tile.pad_left = 1 - (column - left);
          tile.height = std::min(9, row + tile.out_height + 1) - top;
          tile.width = std::min(8, column + tile.out_width + 1) - left;
          tile.x += channel * args.x_channel + top * args.x_row + left;
          tile.w += output * args.w_output + channel * 9;
          tile.accumulate = channel > 0 ? 1 : 0;
          run_both("td_conv2d_f32", o.y, tile);
        }
  CHECK(same_bits(o.y, whole));
}

TEST_CASE("conv2d's weight gradient over a batch continues the chain of the first images") {
  const Case s = {5, 1, 3, 4, 6, 6, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1};
  Operands o = operands(s, 6);
  td_conv2d_weight_grad_f32_args args = weight_grad(s);
  args.x = o.x.data();
  args.dy = o.y.data();
  std::vector<float> whole(s.w_count());
  args.dw = whole.data();
  run_both("td_conv2d_weight_grad_f32", whole, args);
  args.dw = o.w.data();
  for (int32_t image = 0; image < 5; ++image) {
    args.batch = 1;
    args.x = o.x.data() + image * args.x_image;
    args.dy = o.y.data() + image * args.dy_image;
    args.accumulate = image > 0 ? 1 : 0;
    run_both("td_conv2d_weight_grad_f32", o.w, args);
  }
  CHECK(same_bits(o.w, whole));
}

}  // namespace
}  // namespace tdc::kernels
