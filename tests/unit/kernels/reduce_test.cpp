#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "unit/kernels/kernels.h"

namespace tdc::kernels {
namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

/// The order that architecture and kernels/numerics.md fix, written from their text.
float eight_partial_sums(const std::vector<float>& x) {
  float s[8] = {};
  for (size_t i = 0; i < x.size(); ++i) s[i % 8] += x[i];
  return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]));
}

/// x[2][5][13] reduced over its first and last axis, y[5] two apart.
template <typename Args>
Args middle_kept(float* y, const float* x) {
  Args args = {};
  args.y = y;
  args.x = x;
  args.rank = 1;
  args.extent[0] = 5;
  args.y_stride[0] = 2;
  args.x_stride[0] = 13;
  args.reduce_rank = 2;
  args.reduce_extent[0] = 2;
  args.reduce_extent[1] = 13;
  args.reduce_stride[0] = 65;
  args.reduce_stride[1] = 1;
  return args;
}

std::vector<float> elements_of(const std::vector<float>& x, size_t kept) {
  std::vector<float> result;
  for (size_t i = 0; i < 2; ++i)
    for (size_t k = 0; k < 13; ++k) result.push_back(x[i * 65 + kept * 13 + k]);
  return result;
}

TEST_CASE("sum and mean take eight partial sums in row-major order of the reduced axes") {
  const std::vector<float> x = Random(1).values(130);
  std::vector<float> y(10, -1.0F);
  run("td_sum_f32", y, middle_kept<td_sum_f32_args>(y.data(), x.data()));
  for (size_t j = 0; j < 5; ++j) {
    CHECK(y[2 * j] == eight_partial_sums(elements_of(x, j)));
    CHECK(y[2 * j + 1] == -1.0F);
  }
  run("td_mean_f32", y, middle_kept<td_mean_f32_args>(y.data(), x.data()));
  for (size_t j = 0; j < 5; ++j) CHECK(y[2 * j] == eight_partial_sums(elements_of(x, j)) / 26.0F);
}

TEST_CASE("sum over columns takes the same order as over rows") {
  const std::vector<float> x = Random(2).values(19 * 3);
  std::vector<float> y(3);
  td_sum_f32_args args = {};
  args.y = y.data();
  args.x = x.data();
  args.rank = 1;
  args.extent[0] = 3;
  args.y_stride[0] = 1;
  args.x_stride[0] = 1;
  args.reduce_rank = 1;
  args.reduce_extent[0] = 19;
  args.reduce_stride[0] = 3;
  run("td_sum_f32", y, args);
  for (size_t j = 0; j < 3; ++j) {
    std::vector<float> column;
    for (size_t i = 0; i < 19; ++i) column.push_back(x[i * 3 + j]);
    CHECK(y[j] == eight_partial_sums(column));
  }
}

TEST_CASE("the parts of a sum take what has their index modulo 8, and go on where they were cut") {
  const std::vector<float> x = Random(4).values(5 * 37);
  std::vector<float> lanes(40, -1.0F);
  td_sum_lanes_f32_args args = {};
  args.y = lanes.data();
  args.a = x.data();
  args.rank = 1;
  args.extent[0] = 5;
  args.y_stride[0] = 8;
  args.a_stride[0] = 1;
  args.reduce_rank = 1;
  args.reduce_extent[0] = 16;
  args.reduce_a[0] = 5;
  run("td_sum_lanes_f32", lanes, args);
  args.a = x.data() + 16 * 5;
  args.reduce_extent[0] = 37 - 16;
  args.accumulate = 1;
  run("td_sum_lanes_f32", lanes, args);
  std::vector<float> y(5);
  run("td_join_lanes_f32", y,
      td_join_lanes_f32_args{
          .y = y.data(), .x = lanes.data(), .rows = 5, .y_row = 1, .x_row = 8, .divisor = 37});
  for (size_t j = 0; j < 5; ++j) {
    std::vector<float> column;
    for (size_t i = 0; i < 37; ++i) column.push_back(x[i * 5 + j]);
    for (size_t lane = 0; lane < 8; ++lane) {
      float part = 0;
      for (size_t i = lane; i < 37; i += 8) part += column[i];
      CHECK(lanes[j * 8 + lane] == part);
    }
    CHECK(y[j] == eight_partial_sums(column) / 37.0F);
  }
}

TEST_CASE("the parts of sums over two axes go on from row to row") {
  const std::vector<float> x = Random(5).values(130), t = Random(6).values(130);
  std::vector<float> lanes(40);
  td_squared_difference_lanes_f32_args args = {};
  args.y = lanes.data();
  args.a = x.data();
  args.b = t.data();
  args.rank = 1;
  args.extent[0] = 5;
  args.y_stride[0] = 8;
  args.a_stride[0] = args.b_stride[0] = 13;
  args.reduce_rank = 2;
  args.reduce_extent[0] = 2;
  args.reduce_extent[1] = 13;
  args.reduce_a[0] = args.reduce_b[0] = 65;
  args.reduce_a[1] = args.reduce_b[1] = 1;
  run("td_squared_difference_lanes_f32", lanes, args);
  for (size_t j = 0; j < 5; ++j) {
    float parts[8] = {};
    const std::vector<float> a = elements_of(x, j), b = elements_of(t, j);
    for (size_t i = 0; i < a.size(); ++i)
      parts[i % 8] = std::fma(a[i] - b[i], a[i] - b[i], parts[i % 8]);
    for (size_t lane = 0; lane < 8; ++lane) CHECK(lanes[j * 8 + lane] == parts[lane]);
  }
}

/// Of five groups of 2 x 13 elements, as `middle_kept`.
template <typename Args>
Args extremum_gradient(std::vector<float>& dx, const std::vector<float>& x,
                       const std::vector<float>& dy) {
  Args args = {};
  args.dx = dx.data();
  args.x = x.data();
  args.dy = dy.data();
  args.rank = 1;
  args.extent[0] = 5;
  args.dx_stride[0] = args.x_stride[0] = 13;
  args.dy_stride[0] = 1;
  args.reduce_rank = 2;
  args.reduce_extent[0] = 2;
  args.reduce_extent[1] = 13;
  args.reduce_dx[0] = args.reduce_x[0] = 65;
  args.reduce_dx[1] = args.reduce_x[1] = 1;
  return args;
}

TEST_CASE("max finds the largest element, the first of equal ones, and any NaN") {
  std::vector<float> x = Random(3).values(130, -3, -1);
  x[13 + 7] = 0.0F;
  x[65 + 13 + 2] = -0.0F;  // equal to the one before: the first one counts
  x[2 * 13 + 4] = kNaN;
  std::vector<float> y(10);
  run("td_max_f32", y, middle_kept<td_max_f32_args>(y.data(), x.data()));
  for (size_t j = 0; j < 5; ++j) {
    float expected = -INFINITY;
    for (const float value : elements_of(x, j)) expected = value > expected ? value : expected;
    if (j == 2) expected = kNaN;
    CHECK(same_bits({y[2 * j]}, {expected}));
  }
}

TEST_CASE("min and its gradient are those of max of the opposite") {
  std::vector<float> x = Random(3).values(130, -3, -1);
  x[2 * 13 + 4] = kNaN;
  x[65 + 3 * 13 + 1] = x[3 * 13 + 1] = -3.5F;
  std::vector<float> opposite(130);
  for (size_t i = 0; i < x.size(); ++i) opposite[i] = -x[i];
  std::vector<float> y(10), largest(10);
  run("td_min_f32", y, middle_kept<td_min_f32_args>(y.data(), x.data()));
  run("td_max_f32", largest, middle_kept<td_max_f32_args>(largest.data(), opposite.data()));
  for (size_t j = 0; j < 5; ++j) CHECK(same_bits({y[2 * j]}, {-largest[2 * j]}));

  const std::vector<float> dy = Random(8).values(5);
  std::vector<float> dx(130, 9.0F), expected(130, 9.0F);
  run("td_min_grad_f32", dx, extremum_gradient<td_min_grad_f32_args>(dx, x, dy));
  run("td_max_grad_f32", expected, extremum_gradient<td_max_grad_f32_args>(expected, opposite, dy));
  CHECK(same_bits(dx, expected));
}

TEST_CASE("the gradient of max goes to the first NaN, or to the first of the largest elements") {
  std::vector<float> x = Random(7).values(130, -3, -1);
  x[13 + 7] = -0.5F;
  x[65 + 13 + 2] = -0.5F;
  x[2 * 13 + 4] = kNaN;
  x[65 + 2 * 13 + 4] = kNaN;
  const std::vector<float> dy = Random(8).values(5);
  std::vector<float> expected(130, 0.0F);
  for (size_t j = 0; j < 5; ++j) {
    size_t best = j * 13;
    for (size_t i = 0; i < 2; ++i)
      for (size_t k = 0; k < 13; ++k) {
        const size_t here = i * 65 + j * 13 + k;
        if (!std::isnan(x[best]) && (std::isnan(x[here]) || x[here] > x[best])) best = here;
      }
    expected[best] = dy[j];
  }
  std::vector<float> dx(130, 9.0F);
  run("td_max_grad_f32", dx, extremum_gradient<td_max_grad_f32_args>(dx, x, dy));
  CHECK(same_bits(dx, expected));
}

TEST_CASE("sum_to is one chain of additions, continued through memory") {
  for (const int32_t outputs : {1, 3, 8, 21}) {
    const int32_t batch = 6;
    const int32_t rows = 5;
    const std::vector<float> x = Random(4).values(int64_t{batch} * rows * outputs);
    const std::vector<float> start = Random(5).values(outputs);
    td_sum_to_f32_args args = {};
    args.x = x.data();
    args.rank = 1;
    args.extent[0] = outputs;
    args.y_stride[0] = 1;
    args.x_stride[0] = 1;
    args.reduce_rank = 2;
    args.reduce_extent[0] = batch;
    args.reduce_extent[1] = rows;
    args.reduce_stride[0] = rows * outputs;
    args.reduce_stride[1] = outputs;
    args.accumulate = 1;
    std::vector<float> y = start;
    args.y = y.data();
    run("td_sum_to_f32", y, args);
    std::vector<float> expected = start;
    for (size_t i = 0; i < static_cast<size_t>(batch * rows); ++i)
      for (size_t j = 0; j < static_cast<size_t>(outputs); ++j)
        expected[j] += x[i * static_cast<size_t>(outputs) + j];
    CHECK(same_bits(y, expected));

    args.reduce_extent[0] = 2;  // the same in three pieces
    std::vector<float> pieces = start;
    args.y = pieces.data();
    for (int32_t image = 0; image < batch; image += 2) {
      args.x = x.data() + image * rows * outputs;
      run("td_sum_to_f32", pieces, args);
    }
    CHECK(same_bits(pieces, expected));
  }
}

TEST_CASE("sum_to over rows and columns of an image, for each channel, from +0") {
  const std::vector<float> x = Random(6).values(2 * 11 * 12);  // [2][11][3][4]
  std::vector<float> y(11, 5.0F);
  td_sum_to_f32_args args = {};
  args.y = y.data();
  args.x = x.data();
  args.rank = 1;
  args.extent[0] = 11;
  args.y_stride[0] = 1;
  args.x_stride[0] = 12;
  args.reduce_rank = 2;
  args.reduce_extent[0] = 2;
  args.reduce_extent[1] = 12;
  args.reduce_stride[0] = 11 * 12;
  args.reduce_stride[1] = 1;
  run("td_sum_to_f32", y, args);
  for (size_t c = 0; c < 11; ++c) {
    float expected = 0.0F;
    for (size_t n = 0; n < 2; ++n)
      for (size_t p = 0; p < 12; ++p) expected += x[(n * 11 + c) * 12 + p];
    CHECK(y[c] == expected);
  }
}

TEST_CASE("argmax is the first of the largest elements, or the first NaN") {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const std::vector<std::vector<float>> rows = {
      {1, 3, 2, 3},       {-0.0F, 0.0F, -1, 0.0F},         {kNaN, 1, kNaN, 2},
      {1, kNaN, 2, kNaN}, {kInfinity, 5, kNaN, kInfinity}, std::vector<float>(4, -kInfinity)};
  const std::vector<int32_t> expected = {1, 0, 0, 1, 2, 0};
  std::vector<float> x;
  for (const std::vector<float>& row : rows) x.insert(x.end(), row.begin(), row.end());
  std::vector<float> y(rows.size());  // the bits of class numbers
  td_argmax_f32_args args = {};
  args.y = reinterpret_cast<int32_t*>(y.data());
  args.x = x.data();
  args.rank = 1;
  args.extent[0] = static_cast<int32_t>(rows.size());
  args.y_stride[0] = 1;
  args.x_stride[0] = 4;
  args.reduce_rank = 1;
  args.reduce_extent[0] = 4;
  args.reduce_stride[0] = 1;
  run("td_argmax_f32", y, args);
  for (size_t i = 0; i < rows.size(); ++i) CHECK(std::bit_cast<int32_t>(y[i]) == expected[i]);
}

}  // namespace
}  // namespace tdc::kernels
