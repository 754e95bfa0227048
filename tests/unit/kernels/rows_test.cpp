// Kernels that work row by row: softmax, losses, layer norm, embedding.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "unit/kernels/kernels.h"

namespace tdc::kernels {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr int32_t kRows = 7;

/// Row lengths: one, fewer than eight, a multiple of eight, and ragged.
const int32_t kColumns[] = {1, 5, 16, 67};

size_t at(int32_t row, int32_t column, int32_t columns) {
  return static_cast<size_t>(row * columns + column);
}

std::vector<double> softmax(const std::vector<float>& x, int32_t columns) {
  std::vector<double> y(x.size());
  for (int32_t row = 0; row < kRows; ++row) {
    double sum = 0;
    for (int32_t i = 0; i < columns; ++i) sum += std::exp(double{x[at(row, i, columns)]});
    for (int32_t i = 0; i < columns; ++i)
      y[at(row, i, columns)] = std::exp(double{x[at(row, i, columns)]}) / sum;
  }
  return y;
}

/// The struct of softmax, or of its logarithm, for rows that are dense.
template <typename Args>
Args dense_rows(float* y, const float* x, int32_t rows, int32_t count) {
  return {.y = y,
          .x = x,
          .outer = rows,
          .count = count,
          .inner = 1,
          .y_outer = count,
          .y_step = 1,
          .y_inner = 0,
          .x_outer = count,
          .x_step = 1,
          .x_inner = 0};
}

/// The same of their gradients.
template <typename Args>
Args dense_row_gradients(float* dx, const float* y, const float* dy, int32_t rows, int32_t count) {
  return {.dx = dx,
          .y = y,
          .dy = dy,
          .outer = rows,
          .count = count,
          .inner = 1,
          .dx_outer = count,
          .dx_step = 1,
          .dx_inner = 0,
          .y_outer = count,
          .y_step = 1,
          .y_inner = 0,
          .dy_outer = count,
          .dy_step = 1,
          .dy_inner = 0};
}

TEST_CASE("softmax and its gradient agree with their definitions in double, also in place") {
  for (const int32_t columns : kColumns) {
    const std::vector<float> x = Random(1).values(kRows * columns, -9, 9);
    const std::vector<double> expected = softmax(x, columns);
    std::vector<float> y(x.size());
    run("td_softmax_f32", y, dense_rows<td_softmax_f32_args>(y.data(), x.data(), kRows, columns));
    CHECK(relative_error(y, expected) < 4e-7);
    std::vector<float> in_place = x;
    run("td_softmax_f32", in_place,
        dense_rows<td_softmax_f32_args>(in_place.data(), in_place.data(), kRows, columns));
    CHECK(same_bits(in_place, y));

    const std::vector<float> dy = Random(2).values(kRows * columns);
    std::vector<double> expected_dx(x.size());
    for (int32_t row = 0; row < kRows; ++row) {
      double product = 0;
      for (int32_t i = 0; i < columns; ++i)
        product += double{y[at(row, i, columns)]} * double{dy[at(row, i, columns)]};
      for (int32_t i = 0; i < columns; ++i)
        expected_dx[at(row, i, columns)] =
            double{y[at(row, i, columns)]} * (double{dy[at(row, i, columns)]} - product);
    }
    std::vector<float> dx = dy;
    run("td_softmax_grad_f32", dx,
        dense_row_gradients<td_softmax_grad_f32_args>(dx.data(), y.data(), dx.data(), kRows,
                                                      columns));
    if (columns > 1) CHECK(relative_error(dx, expected_dx) < 2e-6);
  }
}

/// Runs a kernel of softmax or its logarithm over [outer][count][inner] and over the same elements
/// with `count` last, which must give the same bits.
template <typename Args>
void check_any_axis(const std::string& kernel) {
  constexpr int32_t kOuter = 2, kInner = 3;
  for (const int32_t count : kColumns) {
    CAPTURE(count);
    const std::vector<float> x = Random(3).values(kOuter * count * kInner, -9, 9);
    const auto inner_last = [&](const std::vector<float>& from, bool is_back) {
      std::vector<float> to(from.size());
      for (int32_t o = 0; o < kOuter; ++o)
        for (int32_t i = 0; i < count; ++i)
          for (int32_t k = 0; k < kInner; ++k) {
            const size_t apart = at(o * count + i, k, kInner), dense = at(o * kInner + k, i, count);
            to[is_back ? apart : dense] = from[is_back ? dense : apart];
          }
      return to;
    };
    std::vector<float> dense = inner_last(x, false);
    run(kernel, dense, dense_rows<Args>(dense.data(), dense.data(), kOuter * kInner, count));
    std::vector<float> y(x.size());
    run(kernel, y,
        Args{.y = y.data(),
             .x = x.data(),
             .outer = kOuter,
             .count = count,
             .inner = kInner,
             .y_outer = count * kInner,
             .y_step = kInner,
             .y_inner = 1,
             .x_outer = count * kInner,
             .x_step = kInner,
             .x_inner = 1});
    CHECK(same_bits(y, inner_last(dense, true)));
  }
}

TEST_CASE("softmax and log_softmax along any axis have the bits of dense rows") {
  check_any_axis<td_softmax_f32_args>("td_softmax_f32");
  check_any_axis<td_log_softmax_f32_args>("td_log_softmax_f32");
}

TEST_CASE("softmax of rows with infinities and NaN") {
  const std::vector<float> x = {0,          -kInfinity, 0, kNaN, 1,    2,    -kInfinity, -kInfinity,
                                -kInfinity, kInfinity,  1, 2,    1000, 1000, 1000};
  std::vector<float> y(15);
  run("td_softmax_f32", y, dense_rows<td_softmax_f32_args>(y.data(), x.data(), 5, 3));
  const float third = 1.0F / 3.0F;
  CHECK(same_bits(y, {0.5F, 0, 0.5F, kNaN, kNaN, kNaN, kNaN, kNaN, kNaN, kNaN, kNaN, kNaN, third,
                      third, third}));
}

TEST_CASE("log_softmax and its gradient agree with their definitions in double, also in place") {
  for (const int32_t columns : kColumns) {
    const std::vector<float> x = Random(1).values(kRows * columns, -40, 40);
    std::vector<double> expected(x.size());
    for (int32_t row = 0; row < kRows; ++row) {
      double sum = 0;
      for (int32_t i = 0; i < columns; ++i) sum += std::exp(double{x[at(row, i, columns)]});
      for (int32_t i = 0; i < columns; ++i)
        expected[at(row, i, columns)] = double{x[at(row, i, columns)]} - std::log(sum);
    }
    std::vector<float> y = x;
    run("td_log_softmax_f32", y,
        dense_rows<td_log_softmax_f32_args>(y.data(), y.data(), kRows, columns));
    if (columns > 1) CHECK(relative_error(y, expected) < 4e-7);
    if (columns == 1) CHECK(same_bits(y, std::vector<float>(y.size(), 0.0F)));

    const std::vector<float> dy = Random(2).values(kRows * columns);
    std::vector<double> expected_dx(x.size());
    for (int32_t row = 0; row < kRows; ++row) {
      double sum = 0;
      for (int32_t i = 0; i < columns; ++i) sum += double{dy[at(row, i, columns)]};
      for (int32_t i = 0; i < columns; ++i)
        expected_dx[at(row, i, columns)] =
            double{dy[at(row, i, columns)]} - std::exp(double{y[at(row, i, columns)]}) * sum;
    }
    std::vector<float> dx = dy;
    run("td_log_softmax_grad_f32", dx,
        dense_row_gradients<td_log_softmax_grad_f32_args>(dx.data(), y.data(), dx.data(), kRows,
                                                          columns));
    if (columns > 1) CHECK(relative_error(dx, expected_dx) < 2e-6);
  }
}

TEST_CASE("log_softmax of rows with infinities and NaN") {
  const std::vector<float> x = {0,          -kInfinity, 0, kNaN, 1,    2, -kInfinity, -kInfinity,
                                -kInfinity, kInfinity,  1, 2,    -1e4, 0, -200};
  std::vector<float> y(15);
  run("td_log_softmax_f32", y, dense_rows<td_log_softmax_f32_args>(y.data(), x.data(), 5, 3));
  const float half = -std::log(2.0F);
  CHECK(same_bits(y, {half, -kInfinity, half, kNaN, kNaN, kNaN, kNaN, kNaN, kNaN, kNaN, kNaN, kNaN,
                      -1e4F, 0, -200}));
}

TEST_CASE("cross entropy and its gradient agree with their definitions in double") {
  for (const int32_t columns : kColumns) {
    Random random(3);
    const std::vector<float> x = random.values(kRows * columns, -9, 9);
    const std::vector<float> dloss = random.values(kRows);
    const std::vector<double> share = softmax(x, columns);
    std::vector<int32_t> label(kRows);
    for (int32_t& l : label) l = random.integer(0, columns - 1);
    std::vector<double> expected(kRows), expected_dx = share;
    for (int32_t row = 0; row < kRows; ++row) {
      const auto r = static_cast<size_t>(row);
      expected[r] = -std::log(share[at(row, label[r], columns)]);
      expected_dx[at(row, label[r], columns)] -= 1;
      for (int32_t i = 0; i < columns; ++i) expected_dx[at(row, i, columns)] *= double{dloss[r]};
    }
    std::vector<float> loss(kRows);
    run("td_cross_entropy_f32", loss,
        td_cross_entropy_f32_args{.loss = loss.data(),
                                  .logits = x.data(),
                                  .label = label.data(),
                                  .samples = kRows,
                                  .positions = 1,
                                  .classes = columns,
                                  .logits_row = columns});
    std::vector<float> dx = x;
    run("td_cross_entropy_grad_f32", dx,
        td_cross_entropy_grad_f32_args{.dlogits = dx.data(),
                                       .logits = dx.data(),
                                       .label = label.data(),
                                       .dloss = dloss.data(),
                                       .samples = kRows,
                                       .positions = 1,
                                       .classes = columns,
                                       .dlogits_row = columns,
                                       .logits_row = columns});
    CHECK(relative_error(loss, expected) < 4e-7);
    if (columns == 1)
      CHECK(std::ranges::all_of(dx, [](float d) { return d == 0; }));
    else
      CHECK(relative_error(dx, expected_dx) < 4e-7);
  }
}

TEST_CASE("cross entropy is stable for large logits and gives NaN for a label that is no class") {
  const std::vector<float> x = {1e4F, 0, 0, 1e4F, 0, 0, 0, 0};
  const std::vector<int32_t> label = {0, 0, 2, -1};
  std::vector<float> loss(4);
  run("td_cross_entropy_f32", loss,
      td_cross_entropy_f32_args{.loss = loss.data(),
                                .logits = x.data(),
                                .label = label.data(),
                                .samples = 4,
                                .positions = 1,
                                .classes = 2,
                                .logits_row = 2});
  CHECK(same_bits(loss, {0, 1e4F, kNaN, kNaN}));
  std::vector<float> dx(8);
  const std::vector<float> dloss(4, 1.0F);
  run("td_cross_entropy_grad_f32", dx,
      td_cross_entropy_grad_f32_args{.dlogits = dx.data(),
                                     .logits = x.data(),
                                     .label = label.data(),
                                     .dloss = dloss.data(),
                                     .samples = 4,
                                     .positions = 1,
                                     .classes = 2,
                                     .dlogits_row = 2,
                                     .logits_row = 2});
  CHECK(same_bits(dx, {0, 0, -1, 1, kNaN, kNaN, kNaN, kNaN}));
}

TEST_CASE("mse and its gradient agree with their definitions in double") {
  for (const int32_t columns : kColumns) {
    Random random(4);
    const std::vector<float> x = random.values(kRows * columns);
    const std::vector<float> target = random.values(kRows * columns);
    const std::vector<float> dloss = random.values(kRows);
    std::vector<double> expected(kRows), expected_dx(x.size());
    for (int32_t row = 0; row < kRows; ++row)
      for (int32_t i = 0; i < columns; ++i) {
        const double difference =
            double{x[at(row, i, columns)]} - double{target[at(row, i, columns)]};
        expected[static_cast<size_t>(row)] += difference * difference / columns;
        expected_dx[at(row, i, columns)] =
            2 * difference / columns * double{dloss[static_cast<size_t>(row)]};
      }
    std::vector<float> loss(kRows);
    run("td_mse_f32", loss,
        td_mse_f32_args{.loss = loss.data(),
                        .x = x.data(),
                        .target = target.data(),
                        .rows = kRows,
                        .columns = columns,
                        .x_row = columns,
                        .target_row = columns});
    CHECK(relative_error(loss, expected) < 4e-7);
    std::vector<float> dx = x;
    run("td_mse_grad_f32", dx,
        td_mse_grad_f32_args{.dx = dx.data(),
                             .x = dx.data(),
                             .target = target.data(),
                             .dloss = dloss.data(),
                             .columns = columns,
                             .rank = 2,
                             .extent = {kRows, columns},
                             .dx_stride = {columns, 1},
                             .x_stride = {columns, 1},
                             .target_stride = {columns, 1},
                             .dloss_stride = {1, 0}});
    CHECK(relative_error(dx, expected_dx) < 4e-7);
  }
}

TEST_CASE("accuracy counts the classes before the label; ties go to the first") {
  const std::vector<float> x = {3, 1,    2,  // label 0 is first
                                3, 1,    2,  // label 2 is second
                                5, 5,    4,  // label 1 is second by its index
                                1, kNaN, 0, 1, 2, 3};
  const std::vector<int32_t> label = {0, 2, 1, 0, 3};
  for (const int32_t k : {1, 2}) {
    std::vector<float> y(5, -1.0F);
    run("td_accuracy_f32", y,
        td_accuracy_f32_args{.y = y.data(),
                             .logits = x.data(),
                             .label = label.data(),
                             .samples = 5,
                             .positions = 1,
                             .classes = 3,
                             .k = k,
                             .logits_row = 3});
    CHECK(y == (k == 1 ? std::vector<float>{1, 0, 0, 0, 0} : std::vector<float>{1, 1, 1, 0, 0}));
  }
}

TEST_CASE("layer norm and its gradients agree with their definitions in double") {
  for (const int32_t columns : {5, 16, 67}) {
    Random random(5);
    const std::vector<float> x = random.values(kRows * columns, -1, 3);
    const std::vector<float> dy = random.values(kRows * columns);
    const std::vector<float> weight = random.values(columns);
    const std::vector<float> bias = random.values(columns);
    std::vector<double> y_ref(x.size()), dx_ref(x.size());
    std::vector<double> dweight_ref(static_cast<size_t>(columns));
    for (int32_t row = 0; row < kRows; ++row) {
      double mean = 0, variance = 0, mean_g = 0, mean_gn = 0;
      for (int32_t i = 0; i < columns; ++i) mean += double{x[at(row, i, columns)]} / columns;
      for (int32_t i = 0; i < columns; ++i)
        variance += std::pow(double{x[at(row, i, columns)]} - mean, 2) / columns;
      const double rstd = 1 / std::sqrt(variance + 1e-5);
      const auto n = [&](int32_t i) { return (double{x[at(row, i, columns)]} - mean) * rstd; };
      const auto w = [&](int32_t i) { return double{weight[static_cast<size_t>(i)]}; };
      const auto g = [&](int32_t i) { return double{dy[at(row, i, columns)]} * w(i); };
      for (int32_t i = 0; i < columns; ++i) {
        mean_g += g(i) / columns;
        mean_gn += g(i) * n(i) / columns;
        dweight_ref[static_cast<size_t>(i)] += double{dy[at(row, i, columns)]} * n(i);
      }
      for (int32_t i = 0; i < columns; ++i) {
        y_ref[at(row, i, columns)] = n(i) * w(i) + double{bias[static_cast<size_t>(i)]};
        dx_ref[at(row, i, columns)] = rstd * (g(i) - mean_g - n(i) * mean_gn);
      }
    }
    std::vector<float> y = x, mean(kRows), rstd(kRows);
    run<td_layer_norm_statistics_f32_args>("td_layer_norm_statistics_f32", {&mean, &rstd}, [&] {
      return td_layer_norm_statistics_f32_args{.mean = mean.data(),
                                               .rstd = rstd.data(),
                                               .x = x.data(),
                                               .rows = kRows,
                                               .columns = columns,
                                               .x_row = columns,
                                               .epsilon = 1e-5F};
    });
    run<td_layer_norm_f32_args>("td_layer_norm_f32", {&y}, [&] {
      return td_layer_norm_f32_args{.y = y.data(),
                                    .x = y.data(),
                                    .weight = weight.data(),
                                    .bias = bias.data(),
                                    .rows = kRows,
                                    .columns = columns,
                                    .y_row = columns,
                                    .x_row = columns,
                                    .epsilon = 1e-5F};
    });
    CHECK(relative_error(y, y_ref) < 1e-6);
    std::vector<float> dx = dy;
    run("td_layer_norm_grad_f32", dx,
        td_layer_norm_grad_f32_args{.dx = dx.data(),
                                    .dy = dx.data(),
                                    .x = x.data(),
                                    .mean = mean.data(),
                                    .rstd = rstd.data(),
                                    .weight = weight.data(),
                                    .rows = kRows,
                                    .columns = columns,
                                    .dx_row = columns,
                                    .dy_row = columns,
                                    .x_row = columns});
    CHECK(relative_error(dx, dx_ref) < 2e-6);
    td_layer_norm_weight_grad_f32_args args = {.dweight = nullptr,
                                               .dy = dy.data(),
                                               .x = x.data(),
                                               .mean = mean.data(),
                                               .rstd = rstd.data(),
                                               .rows = kRows,
                                               .columns = columns,
                                               .dy_row = columns,
                                               .x_row = columns,
                                               .accumulate = 0};
    std::vector<float> dweight(static_cast<size_t>(columns));
    args.dweight = dweight.data();
    run("td_layer_norm_weight_grad_f32", dweight, args);
    CHECK(relative_error(dweight, dweight_ref) < 2e-6);
    std::vector<float> pieces(static_cast<size_t>(columns), 4.0F);
    args.dweight = pieces.data();
    for (int32_t row = 0; row < kRows; ++row) {
      args.rows = 1;
      args.dy = dy.data() + row * columns;
      args.x = x.data() + row * columns;
      args.mean = mean.data() + row;
      args.rstd = rstd.data() + row;
      args.accumulate = row > 0 ? 1 : 0;
      run("td_layer_norm_weight_grad_f32", pieces, args);
    }
    CHECK(same_bits(pieces, dweight));
  }
}

/// Equal values from the smallest subnormal to the largest whose sums do not overflow, of both
/// signs.
std::vector<float> magnitudes() {
  Random random(11);
  std::vector<float> result = {0.0F, -0.0F, 1.0F, 3.0F, 1e-45F};
  for (int exponent = -149; exponent <= 110; ++exponent)
    for (const float sign : {1.0F, -1.0F})
      result.push_back(sign * std::ldexp(random.uniform(1, 2), exponent));
  return result;
}

TEST_CASE(
    "layer norm of a row of equal values is exactly its bias, and their mean is their value") {
  const std::vector<float> values = magnitudes();
  const auto rows = static_cast<int32_t>(values.size());
  for (const int32_t columns : {1, 3, 7, 8, 17, 64, 67, 100, 768}) {
    std::vector<float> x;
    for (const float value : values) x.insert(x.end(), static_cast<size_t>(columns), value);
    std::vector<float> y(x.size()), mean(values.size()), rstd(values.size());
    const std::vector<float> ones(static_cast<size_t>(columns), 1.0F);
    const std::vector<float> zeros(static_cast<size_t>(columns), 0.0F);
    run("td_layer_norm_f32", y,
        td_layer_norm_f32_args{.y = y.data(),
                               .x = x.data(),
                               .weight = ones.data(),
                               .bias = zeros.data(),
                               .rows = rows,
                               .columns = columns,
                               .y_row = columns,
                               .x_row = columns,
                               .epsilon = 1e-5F});
    run<td_layer_norm_statistics_f32_args>("td_layer_norm_statistics_f32", {&mean, &rstd}, [&] {
      return td_layer_norm_statistics_f32_args{.mean = mean.data(),
                                               .rstd = rstd.data(),
                                               .x = x.data(),
                                               .rows = rows,
                                               .columns = columns,
                                               .x_row = columns,
                                               .epsilon = 1e-5F};
    });
    CAPTURE(columns);
    CHECK(std::ranges::all_of(y, [](float value) { return value == 0; }));
    CHECK(mean == values);
    CHECK(std::ranges::all_of(rstd, [&](float value) { return value == rstd[0]; }));
  }
}

/// The mean of a norm as kernels/numerics.md has it.
float mean_of_norm(const std::vector<float>& x) {
  const auto sum = [&](float shift) {
    float partial[8] = {};
    for (size_t i = 0; i < x.size(); ++i) partial[i % 8] += x[i] - shift;
    return ((partial[0] + partial[4]) + (partial[2] + partial[6])) +
           ((partial[1] + partial[5]) + (partial[3] + partial[7]));
  };
  const auto count = static_cast<float>(x.size());
  const float first = sum(0) / count;
  return first + sum(first) / count;
}

TEST_CASE("the mean of layer norm is corrected by the mean of what is left, bit for bit") {
  for (const int32_t columns : {1, 5, 16, 67, 300})
    for (uint64_t seed = 0; seed < 20; ++seed) {
      const std::vector<float> x = Random(seed).values(columns, 100, 103);
      std::vector<float> mean(1), rstd(1);
      run<td_layer_norm_statistics_f32_args>("td_layer_norm_statistics_f32", {&mean, &rstd}, [&] {
        return td_layer_norm_statistics_f32_args{.mean = mean.data(),
                                                 .rstd = rstd.data(),
                                                 .x = x.data(),
                                                 .rows = 1,
                                                 .columns = columns,
                                                 .x_row = columns,
                                                 .epsilon = 1e-5F};
      });
      CHECK(mean[0] == mean_of_norm(x));
    }
}

TEST_CASE("embedding gathers rows, and its gradient is one chain per entry") {
  const int32_t columns = 11;
  const std::vector<float> table = Random(6).values(4 * columns);
  const std::vector<int32_t> index = {2, 0, 2, 3, 4, -1, 2};
  std::vector<float> y(static_cast<size_t>(kRows * columns));
  run("td_embedding_f32", y,
      td_embedding_f32_args{.y = y.data(),
                            .table = table.data(),
                            .index = index.data(),
                            .rows = kRows,
                            .columns = columns,
                            .vocabulary = 4,
                            .y_row = columns,
                            .table_row = columns});
  const std::vector<float> dy = Random(7).values(kRows * columns);
  std::vector<float> expected = Random(8).values(5 * columns);  // one entry more than the table
  std::vector<float> dtable = expected;
  for (int32_t row = 0; row < kRows; ++row) {
    const int32_t entry = index[static_cast<size_t>(row)];
    for (int32_t i = 0; i < columns; ++i) {
      if (entry < 0 || entry > 3) {
        CHECK(std::isnan(y[at(row, i, columns)]));
      } else {
        CHECK(y[at(row, i, columns)] == table[at(entry, i, columns)]);
        expected[at(entry, i, columns)] += dy[at(row, i, columns)];
      }
    }
  }
  run("td_embedding_grad_f32", dtable,
      td_embedding_grad_f32_args{.dtable = dtable.data(),
                                 .dy = dy.data(),
                                 .index = index.data(),
                                 .rows = kRows,
                                 .columns = columns,
                                 .vocabulary = 4,
                                 .dtable_row = columns,
                                 .dy_row = columns,
                                 .accumulate = 1});
  CHECK(same_bits(dtable, expected));
}

TEST_CASE("gather takes elements of rows, and its gradient is one chain for each of them") {
  const int32_t classes = 5, each = 4;
  const std::vector<int32_t> index = {2, 0, 2, 2, 5, -1, 4, 0x7fffffff};
  const std::vector<float> x = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
  std::vector<float> y(8);
  run("td_gather_f32", y,
      td_gather_f32_args{.y = y.data(),
                         .x = x.data(),
                         .index = index.data(),
                         .rows = 2,
                         .each = each,
                         .classes = classes,
                         .y_row = each,
                         .x_row = classes,
                         .index_row = each});
  CHECK(same_bits(y, {3, 1, 3, 3, NAN, NAN, 10, NAN}));
  // (2^24 + 1) + 1 is 2^24 in floats, 2^24 + (1 + 1) is not.
  const std::vector<float> dy = {0x1p24F, 9, 1, 1, 7, 7, -0.0F, 7};
  std::vector<float> dx(10, NAN);
  run("td_gather_grad_f32", dx,
      td_gather_grad_f32_args{.dx = dx.data(),
                              .dy = dy.data(),
                              .index = index.data(),
                              .rows = 2,
                              .each = each,
                              .classes = classes,
                              .dx_row = classes,
                              .dy_row = each,
                              .index_row = each});
  CHECK(same_bits(dx, {9, 0.0F, 0x1p24F, 0.0F, 0.0F, 0.0F, 0.0F, 0.0F, 0.0F, 0.0F}));
}

TEST_CASE("sgd steps against the mean gradient, in place and in rows") {
  const std::vector<float> w = Random(9).values(43);
  const std::vector<float> g = Random(10).values(43);
  const float lr = 0.07F;
  const float inverse_count = 1.0F / 24.0F;
  const auto step = [&](size_t i, size_t j) { return std::fma(-lr, g[j] * inverse_count, w[i]); };
  std::vector<float> y = w;
  td_sgd_update_f32_args args = {.y = y.data(),
                                 .w = y.data(),
                                 .g = g.data(),
                                 .lr = &lr,
                                 .inverse_count = &inverse_count,
                                 .rows = 1,
                                 .columns = 43};
  run("td_sgd_update_f32", y, args);
  for (size_t i = 0; i < 43; ++i) CHECK(y[i] == step(i, i));

  y = w;
  args.rows = 5, args.columns = 3, args.y_row = 7, args.w_row = 7, args.g_row = 4;
  run("td_sgd_update_f32", y, args);
  for (size_t i = 0; i < 43; ++i) {
    const size_t row = i / 7, column = i % 7;
    CHECK(y[i] == (row < 5 && column < 3 ? step(i, row * 4 + column) : w[i]));
  }
}

}  // namespace
}  // namespace tdc::kernels
