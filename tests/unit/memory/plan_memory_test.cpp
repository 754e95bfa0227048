#include "memory/plan_memory.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>

#include "../schedule/schedules.h"
#include "diag/render.h"

namespace tdc::memory {
namespace {

using schedule::BufferId;
using test::Random;
using test::ScheduleBuilder;

Lifetime lifetime(uint32_t buffer, int64_t size, Tick first, Tick last) {
  return {.buffer = {buffer}, .size = {size}, .first = first, .last = last};
}

Placement placement(uint32_t buffer, int64_t offset, int64_t size, Tick first, Tick last) {
  return {.buffer = {buffer},
          .offset = {offset},
          .size = {size},
          .alignment = {16},
          .first = first,
          .last = last};
}

std::vector<Lifetime> random_lifetimes(uint64_t seed, int64_t count, int64_t ticks) {
  Random random(seed);
  std::vector<Lifetime> lifetimes;
  for (int64_t i = 0; i < count; ++i) {
    const Tick first = random.between(0, ticks - 1);
    const Tick last = std::min(ticks - 1, first + random.between(0, random.chance(20) ? ticks : 3));
    lifetimes.push_back(
        lifetime(static_cast<uint32_t>(i), 4 * random.between(1, 100), first, last));
  }
  return lifetimes;
}

/// Pairs of placements that are live together and share bytes, and placements that stick out.
int64_t count_faults(const ArenaPlan& plan) {
  int64_t faults = 0;
  for (const Placement& a : plan.placements) {
    faults += a.offset.count < 0 || a.offset.count % 16 != 0;
    faults += a.offset + a.size > plan.peak;
    for (const Placement& b : plan.placements) {
      if (a.buffer == b.buffer) continue;
      const bool in_time = a.first <= b.last && b.first <= a.last;
      const bool in_space = a.offset < b.offset + b.size && b.offset < a.offset + a.size;
      faults += in_time && in_space;
    }
  }
  return faults;
}

/// The lowest peak there is, by trying all orders; each buffer goes to the lowest free place. (In
/// the order of its offsets every placing comes out of this, or a lower one does.)
int64_t lowest_peak(const std::vector<Lifetime>& lifetimes) {
  std::vector<size_t> order(lifetimes.size());
  std::iota(order.begin(), order.end(), 0U);
  int64_t lowest = INT64_MAX;
  do {
    std::vector<int64_t> offsets(order.size());
    int64_t peak = 0;
    for (size_t i = 0; i < order.size(); ++i) {
      const Lifetime& item = lifetimes[order[i]];
      int64_t offset = 0;
      for (bool moved = true; moved;) {
        moved = false;
        for (size_t j = 0; j < i; ++j) {
          const Lifetime& other = lifetimes[order[j]];
          const int64_t other_offset = offsets[order[j]];
          if (other.last < item.first || item.last < other.first) continue;
          if (other_offset >= offset + item.size.count) continue;
          const int64_t above = (other_offset + other.size.count + 15) / 16 * 16;
          if (above <= offset) continue;
          offset = above;
          moved = true;
        }
      }
      offsets[order[i]] = offset;
      peak = std::max(peak, offset + item.size.count);
    }
    lowest = std::min(lowest, peak);
  } while (std::next_permutation(order.begin(), order.end()));
  return lowest;
}

/// The peak of best fit in the given order, each buffer compared with all that are placed.
int64_t peak_of_best_fit(const std::vector<Lifetime>& lifetimes, const std::vector<size_t>& order) {
  std::vector<int64_t> offsets(lifetimes.size());
  int64_t peak = 0;
  for (size_t i = 0; i < order.size(); ++i) {
    const Lifetime& item = lifetimes[order[i]];
    std::vector<std::pair<int64_t, int64_t>> taken;  // begin and end
    for (size_t j = 0; j < i; ++j) {
      const Lifetime& other = lifetimes[order[j]];
      if (other.last >= item.first && item.last >= other.first)
        taken.emplace_back(offsets[order[j]],
                           offsets[order[j]] + (other.size.count + 15) / 16 * 16);
    }
    std::sort(taken.begin(), taken.end());
    const int64_t padded = (item.size.count + 15) / 16 * 16;
    int64_t top = 0, best = -1, best_gap = INT64_MAX;
    for (const auto& [begin, end] : taken) {
      if (begin - top >= padded && begin - top < best_gap) {
        best = top;
        best_gap = begin - top;
      }
      top = std::max(top, end);
    }
    offsets[order[i]] = best >= 0 ? best : top;
    peak = std::max(peak, offsets[order[i]] + item.size.count);
  }
  return peak;
}

TEST_CASE("many buffers lie as if each were compared with all others") {
  int compared = 0;
  for (uint64_t seed = 1; seed <= 2; ++seed) {
    // So many that the local search has no time. Some wait for a step of a backward pass, most
    // live for a few ticks.
    Random random(seed);
    std::vector<Lifetime> lifetimes;
    for (uint32_t i = 0; i < 9000; ++i) {
      const Tick first = random.between(0, 2999);
      const Tick last = random.chance(10) ? 6000 - first : first + random.between(0, 3);
      lifetimes.push_back(lifetime(i, 4 * random.between(1, 100), first, last));
    }
    const ArenaPlan plan = plan_arena(lifetimes);
    CHECK(count_faults(plan) == 0);
    if (plan.method == Method::local_search) continue;
    ++compared;
    const auto key = [&](const Lifetime& each) {
      const int64_t padded = (each.size.count + 15) / 16 * 16;
      const Tick ticks = each.last - each.first;
      switch (plan.method) {
        case Method::by_size:
          return std::pair(padded, ticks);
        case Method::by_lifetime:
          return std::pair(ticks, padded);
        case Method::by_area:
          return std::pair(padded * (ticks + 1), int64_t{0});
        default:
          return std::pair(-each.first, padded);
      }
    };
    std::vector<size_t> order(lifetimes.size());
    std::iota(order.begin(), order.end(), 0U);
    std::stable_sort(order.begin(), order.end(),
                     [&](size_t a, size_t b) { return key(lifetimes[a]) > key(lifetimes[b]); });
    CHECK(plan.peak.count == peak_of_best_fit(lifetimes, order));
  }
  CHECK(compared > 0);
}

TEST_CASE("buffers that are never live together share memory") {
  //   48 +----+----+
  //      | 1  | 2  |      0 lives throughout, 1 and 2 follow one another
  //   32 +----+----+
  //      |    0    |
  //    0 +---------+
  const ArenaPlan plan =
      plan_arena({lifetime(0, 32, 0, 3), lifetime(1, 16, 0, 1), lifetime(2, 16, 2, 3)});
  CHECK(plan.peak == Bytes{48});
  CHECK(plan.max_live == Bytes{48});
  CHECK(plan.method == Method::by_size);
  CHECK(plan.placements == std::vector<Placement>{placement(0, 0, 32, 0, 3),
                                                  placement(1, 32, 16, 0, 1),
                                                  placement(2, 32, 16, 2, 3)});
}

TEST_CASE("an operand and the result of one step do not share memory") {
  const ArenaPlan plan = plan_arena({lifetime(0, 16, 0, 1), lifetime(1, 16, 1, 2)});
  CHECK(plan.peak == Bytes{32});
}

TEST_CASE("variables lie at the bottom in their order") {
  Lifetime first = lifetime(0, 20, 0, 5), second = lifetime(1, 4, 0, 5);
  first.is_variable = second.is_variable = true;
  const ArenaPlan plan = plan_arena({first, second, lifetime(2, 8, 1, 2)});
  CHECK(plan.peak == Bytes{56});
  CHECK(plan.max_live == Bytes{56});
  CHECK(plan.placements == std::vector<Placement>{placement(0, 0, 20, 0, 5),
                                                  placement(1, 32, 4, 0, 5),
                                                  placement(2, 48, 8, 1, 2)});
}

TEST_CASE("nothing to place, and nothing but a variable") {
  CHECK(plan_arena({}).peak == Bytes{0});
  Lifetime variable = lifetime(0, 20, 0, 0);
  variable.is_variable = true;
  const ArenaPlan plan = plan_arena({variable});
  CHECK(plan.peak == Bytes{20});
  CHECK(plan.max_live == Bytes{20});
  CHECK(plan.method == Method::empty);
}

TEST_CASE("the topmost buffer needs no padding, and the bound knows it") {
  // One of the two must lie on top; with 4 bytes at the top the arena ends 12 bytes earlier.
  const ArenaPlan plan = plan_arena({lifetime(0, 16, 0, 0), lifetime(1, 4, 0, 0)});
  CHECK(plan.peak == Bytes{20});
  CHECK(plan.max_live == Bytes{20});
}

TEST_CASE("random lifetimes: no overlaps, never below the bound, the same each time") {
  for (uint64_t seed = 0; seed < 60; ++seed) {
    CAPTURE(seed);
    Random random(seed);
    const auto lifetimes = random_lifetimes(seed, random.between(1, 50), random.between(1, 40));
    const ArenaPlan plan = plan_arena(lifetimes);
    CHECK(plan.placements.size() == lifetimes.size());
    CHECK(count_faults(plan) == 0);
    CHECK(plan.max_live <= plan.peak);
    CHECK(plan.placements == plan_arena(lifetimes).placements);
  }
}

TEST_CASE("few buffers: as low as the best of all placings") {
  for (uint64_t seed = 0; seed < 150; ++seed) {
    CAPTURE(seed);
    const auto lifetimes = random_lifetimes(seed, 6, 8);
    const ArenaPlan plan = plan_arena(lifetimes);
    CHECK(plan.peak.count == lowest_peak(lifetimes));
    CHECK(plan.max_live <= plan.peak);
  }
}

/// Lifetimes of a training step: activation i is made at tick i and used again at 2n - 1 - i;
/// beside it there are short-lived tensors in both passes.
std::vector<Lifetime> training_lifetimes(uint64_t seed) {
  Random random(seed);
  std::vector<Lifetime> lifetimes;
  const auto add = [&](Tick first, Tick last) {
    lifetimes.push_back(lifetime(static_cast<uint32_t>(lifetimes.size()),
                                 4 * random.between(10, 3000), first, last));
  };
  const Tick n = random.between(20, 80);
  for (Tick i = 0; i < n; ++i) {
    add(i, 2 * n - 1 - i);
    for (const Tick at : {i, 2 * n - 1 - i})
      add(at, std::min(2 * n - 1, at + random.between(0, 2)));
  }
  return lifetimes;
}

TEST_CASE("plans of training steps are within one per cent of the bound, and mostly at it") {
  int proved = 0;
  for (uint64_t seed = 0; seed < 10; ++seed) {
    CAPTURE(seed);
    const ArenaPlan plan = plan_arena(training_lifetimes(seed));
    CHECK(count_faults(plan) == 0);
    CHECK(plan.peak.count <= plan.max_live.count * 101 / 100);
    proved += plan.peak == plan.max_live ? 1 : 0;
  }
  CHECK(proved >= 7);
}

TEST_CASE("thousands of buffers are planned") {
  const auto lifetimes = random_lifetimes(1, 5000, 8000);
  const ArenaPlan plan = plan_arena(lifetimes);
  CHECK(plan.placements.size() == 5000);
  CHECK(plan.peak.count <= plan.max_live.count * 102 / 100);
}

// ---- a schedule's plan -------------------------------------------------------------------------

TEST_CASE("each level is planned by itself and counts what else lies there") {
  ScheduleBuilder b;
  const BufferId c = b.constant("c", {3});
  const BufferId v = b.variable("v", {5});
  b.entry_point("infer");
  const BufferId y = b.output("y", {4});
  const BufferId tile = b.temporary("tile", {4});
  b.schedule().buffers[tile].level = test::kL1;
  const BufferId h = b.temporary("h", {4});
  b.launch_views("relu", {b.slice(c, 0, 3)}, {b.slice(tile, 0, 3)});
  b.launch_views("relu", {b.slice(v, 0, 4)}, {b.slice(h, 0, 4)});
  b.launch("relu", {h}, {y});
  chip::Chip chip = test::two_level_chip();
  chip.levels[test::kL2].reserved_code = {1000};
  chip.levels[test::kL2].budget = Bytes{2000};
  const auto result = plan_memory(b.schedule(), chip,
                                  {.constants = {100}, .buffers = {12}, .has_weight_file = true});
  REQUIRE(std::holds_alternative<MemoryPlan>(result));
  const auto& levels = std::get<MemoryPlan>(result).levels;
  CHECK(levels[test::kL1].peak == Bytes{16});
  CHECK(levels[test::kL1].beside == Beside{});
  const LevelPlan& plan = levels[test::kL2];
  CHECK(plan.capacity == Bytes{2000});
  // Neither is a multiple of 16; what follows starts at one.
  CHECK(plan.beside == Beside{.code = {1000},
                              .stacks = {},
                              .constants = {112},
                              .frozen = {16},
                              .image = {32},
                              .buffers = {16}});
  CHECK(plan.peak == Bytes{48});
  CHECK(plan.is_proved);
  CHECK(plan.need() == Bytes{1224});
  CHECK(plan.placements ==
        std::vector<Placement>{placement(v.index, 0, 20, 0, 2), placement(h.index, 32, 16, 1, 2)});
}

TEST_CASE("what does not fit is reported with the largest tensors at the peak") {
  SourceFiles files;
  const FileId file = files.add("net.td", "h = relu(x)\nbudget L2 <= 1 KiB\n");
  ScheduleBuilder b;
  b.entry_point("infer");
  const BufferId x = b.input("x", {300});
  const BufferId y = b.output("y", {300});
  const BufferId h = b.temporary("h", {300});
  const BufferId g = b.temporary("g", {300});
  const BufferId small = b.temporary("small", {4});
  b.schedule().buffers[h].origin = {.file = file, .begin = 4, .end = 11};
  b.launch_views("relu", {b.slice(x, 0, 4)}, {b.slice(small, 0, 4)});
  b.launch("relu", {x}, {h});
  b.launch("relu", {h}, {g}).label = "second";
  b.launch("add", {g, h}, {y});
  chip::Chip chip = test::two_level_chip();
  chip.levels[test::kL2].budget = Bytes{1024};
  chip.levels[test::kL2].budget_origin = {.file = file, .begin = 19, .end = 30};
  CHECK(std::holds_alternative<MemoryPlan>(plan_memory(b.schedule(), chip)));  // nothing demanded
  chip.has_budget = true;
  const auto result = plan_memory(b.schedule(), chip);
  REQUIRE(std::holds_alternative<NotFit>(result));
  const NotFit& not_fit = std::get<NotFit>(result);
  CHECK(not_fit.plan.levels[test::kL2].peak == Bytes{2400});
  CHECK(
      not_fit.overflows ==
      std::vector<Overflow>{{.level = test::kL2,
                             .level_name = "L2",
                             .budget_origin = {.file = file, .begin = 19, .end = 30},
                             .capacity = {1024},
                             .beside = {},
                             .peak = {2400},
                             .need = {2400},
                             .shortfall = {1376},
                             .tick = 2,
                             .entry_point = "infer",
                             .step = "second",
                             .largest = {{.buffer = h,
                                          .name = "h",
                                          .size = {1200},
                                          .origin = {.file = file, .begin = 4, .end = 11}},
                                         {.buffer = g, .name = "g", .size = {1200}, .origin = {}}},
                             .would_fit = Bytes{3072}}});
  Diagnostics diagnostics;
  report_not_fit(not_fit, diagnostics);
  const std::string text = render(diagnostics, files);
  CHECK_MESSAGE(text.find("net.td:2:8: error: `L2` would hold 2.3 KiB, but has 1 KiB: 1.3 KiB too "
                          "little [memory-does-not-fit]") != std::string::npos,
                text);
  CHECK_MESSAGE(text.find("net.td:1:5: note: `h` takes 1.2 KiB") != std::string::npos, text);
  CHECK_MESSAGE(text.find("hint: `L2 <= 3 KiB` would fit") != std::string::npos, text);
}

}  // namespace
}  // namespace tdc::memory
