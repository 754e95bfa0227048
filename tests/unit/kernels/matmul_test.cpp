#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "unit/kernels/kernels.h"

namespace tdc::kernels {
namespace {

/// The definition: one chain of fused multiply-adds per output, r outside, k ascending.
void multiply(const td_matmul_f32_args& p) {
  for (int o = 0; o < p.outer; ++o)
    for (int l = 0; l < p.batch; ++l)
      for (int i = 0; i < p.m; ++i)
        for (int j = 0; j < p.n; ++j) {
          float& y = p.y[o * p.y_outer + l * p.y_batch + i * p.y_row + j * p.y_col];
          if (p.accumulate == 0) y = 0.0F;
          for (int r = 0; r < p.reduce; ++r)
            for (int k = 0; k < p.k; ++k)
              y = std::fma(
                  p.a[o * p.a_outer + l * p.a_batch + r * p.a_reduce + i * p.a_row + k * p.a_col],
                  p.b[o * p.b_outer + l * p.b_batch + r * p.b_reduce + k * p.b_row + j * p.b_col],
                  y);
        }
}

struct Shape {
  int32_t batch, reduce, m, n, k;
};

/// Dense operands, a, b and y each stored as they are or transposed.
td_matmul_f32_args dense(const Shape& s, bool transpose_a, bool transpose_b, bool transpose_y) {
  return {.y = nullptr,
          .a = nullptr,
          .b = nullptr,
          .outer = 1,
          .batch = s.batch,
          .m = s.m,
          .n = s.n,
          .k = s.k,
          .reduce = s.reduce,
          .y_batch = s.m * s.n,
          .a_batch = s.reduce * s.m * s.k,
          .b_batch = s.reduce * s.k * s.n,
          .a_reduce = s.m * s.k,
          .b_reduce = s.k * s.n,
          .y_row = transpose_y ? 1 : s.n,
          .y_col = transpose_y ? s.m : 1,
          .a_row = transpose_a ? 1 : s.k,
          .a_col = transpose_a ? s.m : 1,
          .b_row = transpose_b ? 1 : s.n,
          .b_col = transpose_b ? s.k : 1,
          .accumulate = 0};
}

struct Operands {
  std::vector<float> a, b, y;
};

Operands operands(const Shape& s, uint64_t seed) {
  Random random(seed);
  return {.a = random.values(int64_t{s.batch} * s.reduce * s.m * s.k),
          .b = random.values(int64_t{s.batch} * s.reduce * s.k * s.n),
          .y = random.values(int64_t{s.batch} * s.m * s.n)};
}

void check(const Shape& shape, td_matmul_f32_args args, uint64_t seed) {
  Operands o = operands(shape, seed);
  args.a = o.a.data();
  args.b = o.b.data();
  std::vector<float> expected = o.y;
  args.y = expected.data();
  multiply(args);
  args.y = o.y.data();
  run_both("td_matmul_f32", o.y, args);
  CAPTURE(seed);
  CAPTURE(shape.m);
  CAPTURE(shape.n);
  CAPTURE(shape.k);
  CHECK(same_bits(o.y, expected));
}

TEST_CASE("matmul is the chain of its definition, for all layouts and ragged shapes") {
  uint64_t seed = 1;
  for (const Shape& shape :
       {Shape{1, 1, 1, 1, 1}, Shape{1, 1, 5, 7, 3}, Shape{1, 1, 1, 33, 20}, Shape{1, 1, 33, 1, 20},
        Shape{1, 1, 3, 2, 300}, Shape{2, 1, 6, 16, 9}, Shape{3, 2, 4, 17, 5},
        Shape{1, 5, 18, 31, 1}, Shape{2, 1, 9, 21, 1}, Shape{1, 1, 33, 2, 1},
        Shape{1, 1, 8, 48, 270}, Shape{1, 5, 18, 31, 70}, Shape{1, 2, 20, 33, 270}})
    for (int layout = 0; layout < 16; ++layout) {
      td_matmul_f32_args args =
          dense(shape, (layout & 1) != 0, (layout & 2) != 0, (layout & 4) != 0);
      args.accumulate = (layout & 8) != 0 ? 1 : 0;
      check(shape, args, seed++);
    }
}

TEST_CASE("matmul shares an operand of stride 0 between the products of a batch") {
  td_matmul_f32_args args = dense({3, 1, 5, 6, 7}, false, true, false);
  args.b_batch = 0;
  check({3, 1, 5, 6, 7}, args, 7);
  args = dense({3, 1, 5, 6, 7}, false, true, false);
  args.a_batch = 0;
  check({3, 1, 5, 6, 7}, args, 8);
}

TEST_CASE("matmul has two batch axes with strides of their own") {
  // Samples and heads: a[2][rows][heads][k] and y[2][rows][heads][n], b[2][heads][k][n].
  const Shape shape = {6, 1, 5, 7, 9};
  td_matmul_f32_args args = dense(shape, false, false, false);
  args.outer = 2, args.batch = 3;
  args.a_outer = 5 * 3 * 9, args.a_batch = 9, args.a_row = 3 * 9;
  args.b_outer = 3 * 9 * 7;
  args.y_outer = 5 * 3 * 7, args.y_batch = 7, args.y_row = 3 * 7;
  check(shape, args, 12);
  args.b_outer = 0;
  check(shape, args, 13);
}

/// Operands in any layout, with gaps; each axis of the batch may share a, b or neither.
td_matmul_f32_args any_layout(Random& random) {
  const auto count = [&](int32_t most) { return random.integer(1, most); };
  td_matmul_f32_args p = {};
  p.outer = count(3), p.batch = count(3), p.reduce = count(3);
  p.m = count(40), p.n = count(40), p.k = count(9);
  const std::vector<int32_t> y = strides_apart(random, {p.outer, p.batch, p.m, p.n});
  const std::vector<int32_t> a = strides_apart(random, {p.outer, p.batch, p.reduce, p.m, p.k});
  const std::vector<int32_t> b = strides_apart(random, {p.outer, p.batch, p.reduce, p.k, p.n});
  const int32_t outer = random.integer(0, 3), batch = random.integer(0, 3);
  p.y_outer = y[0], p.y_batch = y[1], p.y_row = y[2], p.y_col = y[3];
  p.a_outer = outer == 0 ? 0 : a[0], p.a_batch = batch == 0 ? 0 : a[1];
  p.a_reduce = a[2], p.a_row = a[3], p.a_col = a[4];
  p.b_outer = outer == 1 ? 0 : b[0], p.b_batch = batch == 1 ? 0 : b[1];
  p.b_reduce = b[2], p.b_row = b[3], p.b_col = b[4];
  p.accumulate = static_cast<uint32_t>(random.integer(0, 1));
  return p;
}

TEST_CASE("matmul is the chain of its definition on the engine, in any layout") {
  for (uint64_t seed = 0; seed < 400; ++seed) {
    Random random(seed);
    td_matmul_f32_args p = any_layout(random);
    std::vector<float> a =
        random.values((p.outer - 1) * p.a_outer + (p.batch - 1) * p.a_batch +
                      (p.reduce - 1) * p.a_reduce + (p.m - 1) * p.a_row + (p.k - 1) * p.a_col + 1);
    std::vector<float> b =
        random.values((p.outer - 1) * p.b_outer + (p.batch - 1) * p.b_batch +
                      (p.reduce - 1) * p.b_reduce + (p.k - 1) * p.b_row + (p.n - 1) * p.b_col + 1);
    std::vector<float> y = random.values((p.outer - 1) * p.y_outer + (p.batch - 1) * p.y_batch +
                                         (p.m - 1) * p.y_row + (p.n - 1) * p.y_col + 1);
    if (seed % 2 != 0) a[0] = NAN, b.back() = INFINITY;
    p.a = a.data();
    p.b = b.data();
    std::vector<float> expected = y;
    p.y = expected.data();
    multiply(p);
    p.y = y.data();
    CAPTURE(seed);
    run_on_engine("td_matmul_f32", y, p, expected);
  }
}

TEST_CASE("products of a batch are one job of the engine if an operand is shared") {
  const Shape shape = {6, 1, 5, 7, 9};
  const auto jobs = [&](int32_t outer, int32_t a_outer, int32_t a_batch, int32_t b_outer,
                        int32_t b_batch) {
    Operands o = operands(shape, 14);
    td_matmul_f32_args args = dense(shape, false, false, false);
    args.a = o.a.data();
    args.b = o.b.data();
    args.y = o.y.data();
    args.outer = outer, args.batch = 6 / outer;
    args.y_outer = args.batch * args.y_batch;
    args.a_outer = a_outer, args.a_batch = a_batch;
    args.b_outer = b_outer, args.b_batch = b_batch;
    const Build& build = builds().front();
    build.get<uint32_t()>("test_engine_jobs")();
    build.get<td_engine_ticket(const td_matmul_f32_args*)>("td_matmul_f32_engine")(&args);
    return build.get<uint32_t()>("test_engine_jobs")();
  };
  CHECK(jobs(1, 0, 0, 0, 63) == 1);
  CHECK(jobs(1, 0, 45, 0, 0) == 1);
  CHECK(jobs(1, 0, 45, 0, 63) == 6);
  CHECK(jobs(2, 0, 45, 63, 0) == 1);  // rows of three products, columns of two
  CHECK(jobs(2, 135, 45, 0, 0) == 1);
  CHECK(jobs(2, 135, 45, 63, 0) == 2);
}

/// What one step of the depth costs the engine (runtime/soc/README.md) for outputs of so many
/// groups, in tiles: words that are loaded, and cycles, in which eight words come.
struct StepCost {
  uint32_t cycles = 0, words = 0;
};

StepCost step_cost(uint32_t rows, uint32_t columns, uint32_t tile_rows, uint32_t tile_columns) {
  StepCost cost;
  for (uint32_t row = 0; row < rows; row += tile_rows)
    for (uint32_t column = 0; column < columns; column += tile_columns) {
      const uint32_t r = std::min(tile_rows, rows - row);
      const uint32_t c = std::min(tile_columns, columns - column);
      const uint32_t words = 6 * r + 8 * c;
      cost.cycles += std::max({4U, r * c, (words + 7) / 8});
      cost.words += words;
    }
  return cost;
}

uint32_t groups(uint32_t count, uint32_t group) {
  return (count + group - 1) / group;
}

TEST_CASE("tiles of a product take the fewest cycles, and of few columns the fewest words") {
  const Build& build = builds().front();
  for (int32_t m = 1; m <= 48; ++m)
    for (int32_t n = 1; n <= 48; ++n) {
      const Shape shape = {1, 1, m, n, 1};
      Operands o = operands(shape, 15);
      td_matmul_f32_args args = dense(shape, false, false, false);
      args.a = o.a.data();
      args.b = o.b.data();
      args.y = o.y.data();
      build.get<td_engine_ticket(const td_matmul_f32_args*)>("td_matmul_f32_engine")(&args);
      const td_engine_job& job = *build.get<const td_engine_job*()>("test_engine_last")();
      CAPTURE(m);
      CAPTURE(n);
      const uint32_t rows = groups(job.rows, 6);
      const uint32_t columns = groups(job.columns[0], 8);
      const StepCost cost = step_cost(rows, columns, job.row_groups, job.column_groups);
      const StepCost high = step_cost(rows, columns, 4, 2);
      const StepCost wide = step_cost(rows, columns, 2, 4);
      // Not quite for 5 x 5 groups, where an odd tile takes a cycle more for its words.
      if (rows != 5 || columns != 5) CHECK(cost.cycles == std::min(high.cycles, wide.cycles));
      if (columns <= 2) CHECK(cost.words == std::min(high.words, wide.words));
      if (m > 24 || n > 32) continue;  // beyond, what is left at the edges is not looked at
      const uint32_t m_columns = groups(static_cast<uint32_t>(m), 8);
      const uint32_t n_rows = groups(static_cast<uint32_t>(n), 6);
      const uint32_t m_rows = groups(static_cast<uint32_t>(m), 6);
      const uint32_t n_columns = groups(static_cast<uint32_t>(n), 8);
      CHECK(cost.cycles == std::min({step_cost(m_rows, n_columns, 4, 2).cycles,
                                     step_cost(m_rows, n_columns, 2, 4).cycles,
                                     step_cost(n_rows, m_columns, 4, 2).cycles,
                                     step_cost(n_rows, m_columns, 2, 4).cycles}));
    }
}

TEST_CASE("matmul leaves what lies between its outputs alone") {
  const Shape shape = {1, 1, 5, 6, 7};
  Operands o = operands(shape, 9);
  std::vector<float> y(5 * 11, -7.0F);
  td_matmul_f32_args args = dense(shape, false, false, false);
  args.a = o.a.data();
  args.b = o.b.data();
  args.y = y.data();
  args.y_row = 11;
  run_both("td_matmul_f32", y, args);
  for (size_t i = 0; i < 5; ++i)
    for (size_t j = 6; j < 11; ++j) CHECK(y[i * 11 + j] == -7.0F);
}

TEST_CASE("matmul gives the same bits however outputs and chain are cut") {
  const Shape shape = {1, 1, 11, 37, 29};
  Operands o = operands(shape, 10);
  td_matmul_f32_args args = dense(shape, false, true, false);
  args.a = o.a.data();
  args.b = o.b.data();
  std::vector<float> whole = o.y;
  args.y = whole.data();
  run_both("td_matmul_f32", whole, args);
  // 2 x 3 tiles with ragged edges, the chain in pieces of 12, 12 and 5.
  for (int32_t i = 0; i < shape.m; i += 6)
    for (int32_t j = 0; j < shape.n; j += 13)
      for (int32_t k = 0; k < shape.k; k += 12) {
        td_matmul_f32_args tile = args;
        tile.m = std::min(6, shape.m - i);
        tile.n = std::min(13, shape.n - j);
        tile.k = std::min(12, shape.k - k);
        tile.y = o.y.data() + i * tile.y_row + j * tile.y_col;
        tile.a += i * tile.a_row + k * tile.a_col;
        tile.b += k * tile.b_row + j * tile.b_col;
        tile.accumulate = k > 0 ? 1 : 0;
        run_both("td_matmul_f32", o.y, tile);
      }
  CHECK(same_bits(o.y, whole));
}

TEST_CASE("matmul carries NaN and infinity to exactly the outputs that use them") {
  const Shape shape = {1, 1, 6, 20, 5};
  Operands o = operands(shape, 11);
  o.a[2 * 5 + 3] = NAN;
  o.b[1 * 20 + 18] = INFINITY;
  td_matmul_f32_args args = dense(shape, false, false, false);
  args.a = o.a.data();
  args.b = o.b.data();
  args.y = o.y.data();
  run_both("td_matmul_f32", o.y, args);
  for (size_t i = 0; i < 6; ++i)
    for (size_t j = 0; j < 20; ++j) {
      CHECK(std::isnan(o.y[i * 20 + j]) == (i == 2));
      if (i != 2) CHECK(std::isinf(o.y[i * 20 + j]) == (j == 18));
    }
}

}  // namespace
}  // namespace tdc::kernels
