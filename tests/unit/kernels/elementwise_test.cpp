#include <doctest/doctest.h>

#include <algorithm>
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
  CHECK(error_of<td_abs_f32_args>("td_abs_f32", a, [](double x) { return std::abs(x); }) == 0);
  CHECK(error_of<td_rsqrt_f32_args>("td_rsqrt_f32", b, [](double x) { return 1 / std::sqrt(x); }) <
        2 * kRounding);
  CHECK(error_of<td_rsqrt_grad_f32_args>("td_rsqrt_grad_f32", b, a, [](double y, double dy) {
          return dy * -0.5 * y * y * y;
        }) < 4 * kRounding);
  CHECK(error_of<td_sin_f32_args>("td_sin_f32", a, [](double x) { return std::sin(x); }) <
        2 * kRounding);
  CHECK(error_of<td_cos_f32_args>("td_cos_f32", a, [](double x) { return std::cos(x); }) <
        2 * kRounding);
  CHECK(error_of<td_silu_f32_args>("td_silu_f32", a, [](double x) { return x / (1 + exp(-x)); }) <
        4 * kRounding);
  CHECK(error_of<td_silu_grad_f32_args>("td_silu_grad_f32", a, b, [](double x, double dy) {
          const double share = 1 / (1 + exp(-x));
          return dy * share * (1 + x * (1 - share));
        }) < 8 * kRounding);
  CHECK(error_of<td_softplus_f32_args>(
            "td_softplus_f32", a, [](double x) { return std::log1p(exp(x)); }) < 3 * kRounding);
  CHECK(error_of<td_softplus_grad_f32_args>("td_softplus_grad_f32", a, b, [](double x, double dy) {
          return dy / (1 + exp(-x));
        }) < 4 * kRounding);
  const auto share = [](double x) {
    return (1 + std::tanh(std::sqrt(2 / std::numbers::pi) * (x + 0.044715 * x * x * x))) / 2;
  };
  CHECK(error_of<td_gelu_tanh_f32_args>("td_gelu_tanh_f32", a,
                                        [&](double x) { return x * share(x); }) < 8 * kRounding);
  CHECK(
      error_of<td_gelu_tanh_grad_f32_args>("td_gelu_tanh_grad_f32", a, b, [&](double x, double dy) {
        const double slope = 2 * std::sqrt(2 / std::numbers::pi) * (1 + 3 * 0.044715 * x * x);
        return dy * (share(x) + x * share(x) * (1 - share(x)) * slope);
      }) < 12 * kRounding);
  CHECK(error_of<td_hardswish_f32_args>("td_hardswish_f32", a, [](double x) {
          return x * std::clamp((x + 3) / 6, 0.0, 1.0);
        }) < 4 * kRounding);
}

TEST_CASE("kernels with constants agree with their definitions in double") {
  const std::vector<float> a = Random(11).values(1003, -6, 6);
  const std::vector<float> b = Random(12).values(1003, 0.5, 3);
  constexpr double kRounding = 0x1p-24;
  const auto error_with = [&](const std::string& name, auto args, auto reference) {
    std::vector<float> y(a.size());
    args.y = y.data();
    run(name, y, args);
    double error = 0;
    for (size_t i = 0; i < y.size(); ++i) {
      const double expected = reference(double{a[i]}, double{b[i]});
      error = std::max(error, std::abs(y[i] - expected) / (1 + std::abs(expected)));
    }
    return error;
  };
  constexpr int32_t kCount = 1003;

  auto elu = unary<td_elu_f32_args>(nullptr, a.data(), kCount);
  elu.alpha = 0.7F;
  CHECK(error_with("td_elu_f32", elu, [](double x, double) {
          return x > 0 ? x : double{0.7F} * std::expm1(x);
        }) < 2 * kRounding);
  auto elu_grad = binary<td_elu_grad_f32_args>(nullptr, a.data(), b.data(), kCount);
  elu_grad.alpha = 0.7F;
  CHECK(error_with("td_elu_grad_f32", elu_grad, [](double x, double dy) {
          return x > 0 ? dy : dy * double{0.7F} * std::exp(x);
        }) < 4 * kRounding);
  auto leaky = unary<td_leaky_relu_f32_args>(nullptr, a.data(), kCount);
  leaky.slope = 0.01F;
  CHECK(error_with("td_leaky_relu_f32", leaky,
                   [](double x, double) { return x > 0 ? x : double{0.01F} * x; }) < kRounding);
  auto clamp = unary<td_clamp_f32_args>(nullptr, a.data(), kCount);
  clamp.low = -1;
  clamp.high = 2.5F;
  CHECK(error_with("td_clamp_f32", clamp,
                   [](double x, double) { return std::clamp(x, -1.0, 2.5); }) == 0);

  for (const float exponent : {-2.5F, -1.0F, 0.0F, 0.3F, 1.0F, 2.0F, 3.0F, 7.0F}) {
    CAPTURE(exponent);
    auto power = unary<td_pow_f32_args>(nullptr, b.data(), kCount);
    power.exponent = exponent;
    CHECK(error_with("td_pow_f32", power, [&](double, double x) {
            return std::pow(x, double{exponent});
          }) < 2 * kRounding);
    auto power_grad = binary<td_pow_grad_f32_args>(nullptr, b.data(), a.data(), kCount);
    power_grad.exponent = exponent;
    CHECK(error_with("td_pow_grad_f32", power_grad, [&](double dy, double x) {
            return dy * (double{exponent} * std::pow(x, double{exponent} - 1));
          }) < 4 * kRounding);
  }
}

TEST_CASE("a power's edges are those of C") {
  const std::vector<float> x = {0.0F, -0.0F, kInfinity, -kInfinity, kNaN, 1.0F, -1.0F, -2.0F};
  for (const float exponent : {-3.0F, -2.5F, -2.0F, -0.5F, 0.0F, 0.5F, 1.0F, 2.0F, 2.5F, 3.0F, 1e9F,
                               16777217.0F, -1e30F}) {
    CAPTURE(exponent);
    std::vector<float> y(x.size()), expected;
    auto args = unary<td_pow_f32_args>(y.data(), x.data(), static_cast<int32_t>(x.size()));
    args.exponent = exponent;
    run("td_pow_f32", y, args);
    for (const float element : x) expected.push_back(std::pow(element, exponent));
    CHECK(same_bits(y, expected));
  }
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
  CHECK(same_bits(apply<td_abs_f32_args>("td_abs_f32", a),
                  {kNaN, kInfinity, kInfinity, 0.0F, 0.0F, 1.0F}));
  CHECK(same_bits(apply<td_abs_grad_f32_args>("td_abs_grad_f32", a, {1, 2, 3, 4, 5, 6}),
                  {1, 2, -3, 0.0F, 0.0F, 6}));
  CHECK(same_bits(apply<td_sign_f32_args>("td_sign_f32", a), {kNaN, 1, -1, 0.0F, 0.0F, 1}));
  CHECK(same_bits(apply<td_rsqrt_f32_args>("td_rsqrt_f32", {kNaN, kInfinity, -1, 0.0F, -0.0F, 4}),
                  {kNaN, 0.0F, kNaN, kInfinity, -kInfinity, 0.5F}));
  CHECK(same_bits(apply<td_sin_f32_args>("td_sin_f32", {kNaN, kInfinity, 0.0F, -0.0F}),
                  {kNaN, kNaN, 0.0F, -0.0F}));
  CHECK(same_bits(apply<td_cos_f32_args>("td_cos_f32", {kNaN, -kInfinity, 0.0F}), {kNaN, kNaN, 1}));
  CHECK(same_bits(apply<td_relu6_f32_args>("td_relu6_f32", {kNaN, kInfinity, -kInfinity, -0.0F, 6}),
                  {kNaN, 6, 0.0F, 0.0F, 6}));
  CHECK(same_bits(
      apply<td_relu6_grad_f32_args>("td_relu6_grad_f32", {kNaN, 0.0F, 6, 3}, {1, kNaN, kNaN, 4}),
      {1, 0.0F, 0.0F, 4}));
  CHECK(same_bits(
      apply<td_hardsigmoid_f32_args>("td_hardsigmoid_f32", {kNaN, kInfinity, -kInfinity, -3, 3, 0}),
      {kNaN, 1, 0.0F, 0.0F, 1, 0.5F}));
  CHECK(same_bits(apply<td_hardsigmoid_grad_f32_args>("td_hardsigmoid_grad_f32", {0.0F, 1, 0.5F},
                                                      {kNaN, kNaN, 6}),
                  {0.0F, 0.0F, 1}));
  CHECK(same_bits(
      apply<td_hardswish_f32_args>("td_hardswish_f32", {kNaN, kInfinity, -kInfinity, -4, 3, 5}),
      {kNaN, kInfinity, kNaN, -0.0F, 3, 5}));
  CHECK(same_bits(apply<td_hardswish_grad_f32_args>("td_hardswish_grad_f32",
                                                    {kNaN, kInfinity, -kInfinity, -3, 3, 0},
                                                    {1, 2, kNaN, kNaN, 5, 6}),
                  {kNaN, 2, 0.0F, 0.0F, 5, 3}));
  CHECK(same_bits(apply<td_silu_f32_args>("td_silu_f32", {kNaN, kInfinity, -kInfinity, 0.0F, -200}),
                  {kNaN, kInfinity, kNaN, 0.0F, -0.0F}));
  CHECK(same_bits(apply<td_gelu_tanh_f32_args>("td_gelu_tanh_f32",
                                               {kNaN, kInfinity, -kInfinity, 1e30F, -1e30F}),
                  {kNaN, kInfinity, kNaN, 1e30F, -0.0F}));
  CHECK(same_bits(
      apply<td_gelu_tanh_grad_f32_args>(
          "td_gelu_tanh_grad_f32", {kNaN, kInfinity, -kInfinity, 1e30F, -1e30F}, {1, 2, 3, 4, 5}),
      {kNaN, 2, 0.0F, 4, 0.0F}));
  CHECK(same_bits(
      apply<td_softplus_f32_args>("td_softplus_f32", {kNaN, kInfinity, -kInfinity, -200, 200}),
      {kNaN, kInfinity, 0.0F, 0.0F, 200}));
  const std::vector<float> b = {1, kNaN, kInfinity, -0.0F, 0.0F, 1};
  CHECK(same_bits(apply<td_maximum_f32_args>("td_maximum_f32", a, b),
                  {kNaN, kNaN, kInfinity, 0.0F, -0.0F, 1}));
  CHECK(same_bits(apply<td_minimum_f32_args>("td_minimum_f32", a, b),
                  {kNaN, kNaN, -kInfinity, 0.0F, -0.0F, 1}));
  // Ties share the gradient, and so do operands of which one is NaN.
  const std::vector<float> dy = {2, 4, 6, 8, 10, 12};
  std::vector<float> da(6);
  auto grad = binary<td_maximum_grad_f32_args>(da.data(), a.data(), b.data(), 6);
  grad.c = dy.data();
  grad.c_stride[0] = 1;
  run("td_maximum_grad_f32", da, grad);
  CHECK(same_bits(da, {1, 2, 0.0F, 4, 5, 6}));
}

TEST_CASE("a NaN is equal to nothing and in no order, and zeros are equal") {
  const std::vector<float> a = {1, 2, 2, 0.0F, kNaN, 1, kNaN, -kInfinity, kInfinity, 0x1p-149F};
  const std::vector<float> b = {2, 1, 2, -0.0F, 1, kNaN, kNaN, kInfinity, kInfinity, 0.0F};
  CHECK(same_bits(apply<td_equal_f32_args>("td_equal_f32", a, b),
                  {0.0F, 0.0F, 1, 1, 0.0F, 0.0F, 0.0F, 0.0F, 1, 0.0F}));
  CHECK(same_bits(apply<td_not_equal_f32_args>("td_not_equal_f32", a, b),
                  {1, 1, 0.0F, 0.0F, 1, 1, 1, 1, 0.0F, 1}));
  CHECK(same_bits(apply<td_less_f32_args>("td_less_f32", a, b),
                  {1, 0.0F, 0.0F, 0.0F, 0.0F, 0.0F, 0.0F, 1, 0.0F, 0.0F}));
  CHECK(same_bits(apply<td_less_equal_f32_args>("td_less_equal_f32", a, b),
                  {1, 0.0F, 1, 1, 0.0F, 0.0F, 0.0F, 1, 1, 0.0F}));
}

TEST_CASE("where takes one of two elements as it is, and nothing of the other") {
  const std::vector<float> mask = {1, 0.0F, -0.0F, kNaN, 0x1p-149F, -kInfinity};
  const std::vector<float> taken = {-0.0F, kNaN, kInfinity, 4, 5, kNaN};
  const std::vector<float> other = {kNaN, 2, -0.0F, kNaN, kInfinity, 6};
  std::vector<float> y(6);
  auto args = binary<td_where_f32_args>(y.data(), mask.data(), taken.data(), 6);
  args.c = other.data();
  args.c_stride[0] = 1;
  run("td_where_f32", y, args);
  CHECK(same_bits(y, {-0.0F, 2, -0.0F, 4, 5, kNaN}));
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
