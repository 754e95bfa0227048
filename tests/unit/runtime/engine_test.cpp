// Jobs of a matrix engine on a board without one, in every build, against the formula of
// runtime/td_platform.h.

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "unit/kernels/kernels.h"

namespace tdc::kernels {
namespace {

/// What the offsets of loops reach, from the lowest to the highest.
struct Reach {
  int32_t low = 0, high = 0;
  void add(uint32_t count, int32_t stride) {
    const int32_t last = (static_cast<int32_t>(count) - 1) * stride;
    (last < 0 ? low : high) += last;
  }
  [[nodiscard]] int32_t size() const { return high - low + 1; }
};

/// A job and what it works on, whose pointers are set by `bind`.
struct Sample {
  td_engine_job job;
  std::vector<float> y, a, b;
  int32_t first_y, first_a, first_b;  // where the loops begin

  td_engine_job bind(std::vector<float>& results) {
    job.y = results.data() + first_y;
    job.a = a.data() + first_a;
    job.b = b.data() + first_b;
    return job;
  }
};

std::vector<float> some_special(Random& random, int32_t count) {
  constexpr float kSpecial[] = {0.0F, -0.0F, std::numeric_limits<float>::infinity(), NAN, 1e-40F};
  std::vector<float> values = random.values(count);
  if (random.integer(0, 1) == 0)
    for (float& value : values)
      if (random.integer(0, 63) == 0) value = kSpecial[random.integer(0, 4)];
  return values;
}

Sample sample(uint64_t seed) {
  Random random(seed);
  const auto count = [&](int32_t most) { return static_cast<uint32_t>(random.integer(1, most)); };
  td_engine_job j = {};
  j.rows = count(14);
  j.columns[0] = count(random.integer(0, 1) == 0 ? 5 : 40);
  j.columns[1] = count(4);
  for (uint32_t& depth : j.depth) depth = count(5);
  const std::vector<int32_t> apart =
      strides_apart(random, {static_cast<int32_t>(j.rows), static_cast<int32_t>(j.columns[0]),
                             static_cast<int32_t>(j.columns[1])});
  const auto either_way = [&](int32_t stride) {
    return random.integer(0, 3) == 0 ? -stride : stride;
  };
  j.y_row = either_way(apart[0]);
  j.y_column[0] = either_way(apart[1]);
  j.y_column[1] = either_way(apart[2]);
  const auto stride = [&] { return random.integer(-7, 7); };
  j.a_row = stride();
  for (int32_t& each : j.a_depth) each = stride();
  for (int32_t& each : j.b_depth) each = stride();
  for (int32_t& each : j.b_column) each = stride();
  if (random.integer(0, 2) != 0) j.b_column[0] = 1;
  if (random.integer(0, 1) == 0) {
    j.window_begin = random.integer(-6, 6);
    j.window_column = random.integer(-2, 2);
    j.window_depth = random.integer(-2, 2);
    j.window = count(40);
  }
  j.accumulate = static_cast<uint32_t>(random.integer(0, 1));
  j.row_groups = j.column_groups = 1;
  Reach y, a, b;
  y.add(j.rows, j.y_row);
  a.add(j.rows, j.a_row);
  for (size_t i = 0; i < 2; ++i) {
    y.add(j.columns[i], j.y_column[i]);
    b.add(j.columns[i], j.b_column[i]);
  }
  for (size_t i = 0; i < 3; ++i) {
    a.add(j.depth[i], j.a_depth[i]);
    b.add(j.depth[i], j.b_depth[i]);
  }
  return {.job = j,
          .y = some_special(random, y.size()),
          .a = some_special(random, a.size()),
          .b = some_special(random, b.size()),
          .first_y = -y.low,
          .first_a = -a.low,
          .first_b = -b.low};
}

/// The formula, by indices that run upwards.
void compute(const td_engine_job& j) {
  const auto at = [](uint32_t index, int32_t stride) {
    return static_cast<int32_t>(index) * stride;
  };
  for (uint32_t r = 0; r < j.rows; ++r)
    for (uint32_t c1 = 0; c1 < j.columns[1]; ++c1)
      for (uint32_t c0 = 0; c0 < j.columns[0]; ++c0) {
        float& y = j.y[at(r, j.y_row) + at(c0, j.y_column[0]) + at(c1, j.y_column[1])];
        if (j.accumulate == 0) y = 0.0F;
        for (uint32_t d2 = 0; d2 < j.depth[2]; ++d2)
          for (uint32_t d1 = 0; d1 < j.depth[1]; ++d1)
            for (uint32_t d0 = 0; d0 < j.depth[0]; ++d0) {
              const int32_t w = j.window_begin + at(c0, j.window_column) + at(d0, j.window_depth);
              const bool is_seen = j.window == 0 || (w >= 0 && w < static_cast<int32_t>(j.window));
              const float a = j.a[at(r, j.a_row) + at(d0, j.a_depth[0]) + at(d1, j.a_depth[1]) +
                                  at(d2, j.a_depth[2])];
              const float b =
                  is_seen ? j.b[at(c0, j.b_column[0]) + at(c1, j.b_column[1]) +
                                at(d0, j.b_depth[0]) + at(d1, j.b_depth[1]) + at(d2, j.b_depth[2])]
                          : 0.0F;
              y = std::fma(a, b, y);
            }
      }
}

TEST_CASE("a board without a matrix engine computes its jobs by their formula") {
  using Start = td_engine_ticket(const td_engine_job*);
  using Wait = void(td_engine_ticket);
  for (uint64_t seed = 0; seed < 1500; ++seed) {
    Sample each = sample(seed);
    std::vector<float> expected = each.y;
    compute(each.bind(expected));
    CAPTURE(seed);
    for (const Build& build : builds()) {
      CAPTURE(build.name);
      std::vector<float> y = each.y;
      const td_engine_job job = each.bind(y);
      build.get<Wait>("td_engine_wait")(build.get<Start>("td_engine_start")(&job));
      CHECK(same_bits(y, expected));
    }
  }
}

}  // namespace
}  // namespace tdc::kernels
