#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <numbers>

#include "unit/kernels/kernels.h"

namespace tdc::kernels {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

template <typename Args>
Args unary(float* y, const float* a, int32_t count) {
  Args args = {};
  args.y = y;
  args.a = a;
  args.rank = 1;
  args.extent[0] = count;
  args.y_stride[0] = 1;
  args.a_stride[0] = 1;
  return args;
}

template <typename Args>
Args binary(float* y, const float* a, const float* b, int32_t count) {
  Args args = unary<Args>(y, a, count);
  args.b = b;
  args.b_stride[0] = 1;
  return args;
}

template <typename Args>
std::vector<float> apply(const std::string& name, const std::vector<float>& a) {
  std::vector<float> y(a.size());
  run(name, y, unary<Args>(y.data(), a.data(), static_cast<int32_t>(a.size())));
  return y;
}

template <typename Args>
std::vector<float> apply(const std::string& name, const std::vector<float>& a,
                         const std::vector<float>& b) {
  std::vector<float> y(a.size());
  run(name, y, binary<Args>(y.data(), a.data(), b.data(), static_cast<int32_t>(a.size())));
  return y;
}

/// Largest error of a unary kernel, relative to 1 + |value|.
template <typename Args, typename Reference>
double error_of(const std::string& name, const std::vector<float>& a, Reference reference) {
  const std::vector<float> y = apply<Args>(name, a);
  double error = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    const double expected = reference(double{a[i]});
    error = std::max(error, std::abs(y[i] - expected) / (1 + std::abs(expected)));
  }
  return error;
}

template <typename Args, typename Reference>
double error_of(const std::string& name, const std::vector<float>& a, const std::vector<float>& b,
                Reference reference) {
  const std::vector<float> y = apply<Args>(name, a, b);
  double error = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    const double expected = reference(double{a[i]}, double{b[i]});
    error = std::max(error, std::abs(y[i] - expected) / (1 + std::abs(expected)));
  }
  return error;
}

double normal_share(double x) {
  return 0.5 * std::erfc(-x / std::numbers::sqrt2);
}
double normal_density(double x) {
  return std::exp(-0.5 * x * x) / std::sqrt(2 * std::numbers::pi);
}

TEST_CASE("elementwise kernels agree with their definitions in double") {
  Random random(1);
  const std::vector<float> a = random.values(1003, -6, 6);
  const std::vector<float> b = random.values(1003, 0.5, 3);
  constexpr double kRounding = 0x1p-24;
  using std::exp;
  CHECK(error_of<td_add_f32_args>("td_add_f32", a, b, [](double x, double y) { return x + y; }) <
        kRounding);
  CHECK(error_of<td_sub_f32_args>("td_sub_f32", a, b, [](double x, double y) { return x - y; }) <
        kRounding);
  CHECK(error_of<td_mul_f32_args>("td_mul_f32", a, b, [](double x, double y) { return x * y; }) <
        kRounding);
  CHECK(error_of<td_div_f32_args>("td_div_f32", a, b, [](double x, double y) { return x / y; }) <
        kRounding);
  CHECK(error_of<td_neg_f32_args>("td_neg_f32", a, [](double x) { return -x; }) == 0);
  CHECK(error_of<td_copy_f32_args>("td_copy_f32", a, [](double x) { return x; }) == 0);
  CHECK(error_of<td_exp_f32_args>("td_exp_f32", a, [](double x) { return exp(x); }) <
        2 * kRounding);
  CHECK(error_of<td_log_f32_args>("td_log_f32", b, [](double x) { return std::log(x); }) <
        2 * kRounding);
  CHECK(error_of<td_sqrt_f32_args>("td_sqrt_f32", b, [](double x) { return std::sqrt(x); }) <
        kRounding);
  CHECK(error_of<td_relu_f32_args>("td_relu_f32", a, [](double x) { return x > 0 ? x : 0; }) == 0);
  CHECK(error_of<td_sigmoid_f32_args>("td_sigmoid_f32", a,
                                      [](double x) { return 1 / (1 + exp(-x)); }) < 3 * kRounding);
  CHECK(error_of<td_tanh_f32_args>("td_tanh_f32", a, [](double x) { return std::tanh(x); }) <
        2 * kRounding);
  CHECK(error_of<td_gelu_f32_args>("td_gelu_f32", a, [](double x) { return x * normal_share(x); }) <
        8 * kRounding);
  CHECK(error_of<td_relu_grad_f32_args>("td_relu_grad_f32", a, b,
                                        [](double y, double dy) { return y > 0 ? dy : 0; }) == 0);
  CHECK(error_of<td_sigmoid_grad_f32_args>("td_sigmoid_grad_f32", b, a, [](double y, double dy) {
          return dy * y * (1 - y);
        }) < 4 * kRounding);
  CHECK(error_of<td_tanh_grad_f32_args>("td_tanh_grad_f32", b, a, [](double y, double dy) {
          return dy * (1 - y * y);
        }) < 4 * kRounding);
  CHECK(error_of<td_gelu_grad_f32_args>("td_gelu_grad_f32", a, b, [](double x, double dy) {
          return dy * (normal_share(x) + x * normal_density(x));
        }) < 12 * kRounding);
}

TEST_CASE("scale multiplies by its constant") {
  const std::vector<float> a = Random(2).values(37);
  std::vector<float> y(a.size());
  auto args = unary<td_scale_f32_args>(y.data(), a.data(), 37);
  args.factor = 0.3F;
  run("td_scale_f32", y, args);
  for (size_t i = 0; i < a.size(); ++i) CHECK(y[i] == a[i] * 0.3F);
}

TEST_CASE("add_scalar adds its constant, fill repeats its value") {
  const std::vector<float> a = Random(8).values(37);
  std::vector<float> y(a.size());
  auto args = unary<td_add_scalar_f32_args>(y.data(), a.data(), 37);
  args.offset = 0.3F;
  run("td_add_scalar_f32", y, args);
  for (size_t i = 0; i < a.size(); ++i) CHECK(y[i] == a[i] + 0.3F);

  td_fill_f32_args fill = {};
  fill.y = y.data();
  fill.value = 0.7F;
  fill.rank = 2;
  fill.extent[0] = 5;
  fill.extent[1] = 3;
  fill.y_stride[0] = 7;
  fill.y_stride[1] = 2;
  const std::vector<float> before = y;
  run("td_fill_f32", y, fill);
  for (size_t i = 0; i < y.size(); ++i)
    CHECK(y[i] == (i < 35 && i % 7 < 6 && i % 7 % 2 == 0 ? 0.7F : before[i]));
}

TEST_CASE("NaN, infinities and zeros pass through elementwise kernels as documented") {
  const std::vector<float> a = {kNaN, kInfinity, -kInfinity, 0.0F, -0.0F, 1.0F};
  CHECK(same_bits(apply<td_relu_f32_args>("td_relu_f32", a),
                  {kNaN, kInfinity, 0.0F, 0.0F, 0.0F, 1.0F}));
  CHECK(same_bits(apply<td_neg_f32_args>("td_neg_f32", a),
                  {kNaN, -kInfinity, kInfinity, -0.0F, 0.0F, -1.0F}));
  CHECK(same_bits(apply<td_sigmoid_f32_args>("td_sigmoid_f32", {kNaN, kInfinity, -kInfinity, 0.0F}),
                  {kNaN, 1.0F, 0.0F, 0.5F}));
  CHECK(same_bits(apply<td_tanh_f32_args>("td_tanh_f32", a),
                  {kNaN, 1.0F, -1.0F, 0.0F, -0.0F, std::tanh(1.0F)}));
  CHECK(same_bits(apply<td_sqrt_f32_args>("td_sqrt_f32", {kNaN, kInfinity, -1.0F, -0.0F, 4.0F}),
                  {kNaN, kInfinity, kNaN, -0.0F, 2.0F}));
  // The gradient is 0 at relu's 0, hides a gradient that is not used, and shows a NaN of y.
  CHECK(same_bits(apply<td_relu_grad_f32_args>("td_relu_grad_f32", {0.0F, -0.0F, 2.0F, kNaN},
                                               {kNaN, 5.0F, 6.0F, 7.0F}),
                  {0.0F, 0.0F, 6.0F, 7.0F}));
}

TEST_CASE("elementwise kernels write over an operand of the same layout") {
  const std::vector<float> a = Random(3).values(101);
  const std::vector<float> b = Random(4).values(101);
  const std::vector<float> expected = apply<td_sub_f32_args>("td_sub_f32", a, b);
  std::vector<float> y = a;
  run("td_sub_f32", y, binary<td_sub_f32_args>(y.data(), y.data(), b.data(), 101));
  CHECK(same_bits(y, expected));
  y = b;
  run("td_sub_f32", y, binary<td_sub_f32_args>(y.data(), a.data(), y.data(), 101));
  CHECK(same_bits(y, expected));
  y = a;
  run("td_gelu_f32", y, unary<td_gelu_f32_args>(y.data(), y.data(), 101));
  CHECK(same_bits(y, apply<td_gelu_f32_args>("td_gelu_f32", a)));
}

TEST_CASE("operands broadcast and are strided in every axis") {
  // y[i][j][k] = a[i][j][k] - b[j], a stored with its axes reversed; y in rows of 8.
  const int32_t extent[3] = {3, 4, 5};
  const std::vector<float> a = Random(5).values(60);
  const std::vector<float> b = Random(6).values(4);
  std::vector<float> y(3 * 4 * 8, -9.0F);
  td_sub_f32_args args = {};
  args.y = y.data();
  args.a = a.data();
  args.b = b.data();
  args.rank = 3;
  const int32_t y_stride[3] = {32, 8, 1};
  const int32_t a_stride[3] = {1, 3, 12};
  const int32_t b_stride[3] = {0, 1, 0};
  for (int axis = 0; axis < 3; ++axis) {
    args.extent[axis] = extent[axis];
    args.y_stride[axis] = y_stride[axis];
    args.a_stride[axis] = a_stride[axis];
    args.b_stride[axis] = b_stride[axis];
  }
  run("td_sub_f32", y, args);
  for (size_t i = 0; i < 3; ++i)
    for (size_t j = 0; j < 4; ++j)
      for (size_t k = 0; k < 8; ++k)
        CHECK(y[i * 32 + j * 8 + k] == (k < 5 ? a[i + 3 * j + 12 * k] - b[j] : -9.0F));
}

TEST_CASE("copy transposes by its strides and keeps bits") {
  std::vector<float> a = Random(7).values(6 * 7);
  a[5] = kNaN;
  std::vector<float> y(6 * 7);
  td_copy_f32_args args = {};
  args.y = y.data();
  args.a = a.data();
  args.rank = 2;
  args.extent[0] = 7;
  args.extent[1] = 6;
  args.y_stride[0] = 6;
  args.y_stride[1] = 1;
  args.a_stride[0] = 1;
  args.a_stride[1] = 7;
  run("td_copy_f32", y, args);
  for (size_t i = 0; i < 7; ++i)
    for (size_t j = 0; j < 6; ++j)
      CHECK(std::memcmp(&y[i * 6 + j], &a[j * 7 + i], sizeof(float)) == 0);
}

}  // namespace
}  // namespace tdc::kernels
