#include "arena_painting.h"

#include <doctest/doctest.h>

#include "../schedule/schedules.h"
#include "memory/plan_memory.h"
#include "memory/validate.h"
#include "unit/kernels/library.h"

namespace tdc::memory {
namespace {

using schedule::BufferId;
using schedule::Schedule;
using test::paint_arenas;
using test::ScheduleBuilder;

using Faults = std::vector<std::string>;

MemoryPlan planned(const Schedule& schedule) {
  return std::get<MemoryPlan>(plan_memory(schedule, test::two_level_chip()));
}

TEST_CASE("random schedules stay in their memory, use it all and need nothing else") {
  for (uint64_t seed = 0; seed < 60; ++seed) {
    CAPTURE(seed);
    const Schedule schedule = test::random_schedule(seed);
    CHECK(paint_arenas(schedule, planned(schedule), seed) == Faults{});
  }
}

TEST_CASE("the same with kernels") {
  const kernels::Library library;
  for (uint64_t seed = 0; seed < 60; ++seed) {
    CAPTURE(seed);
    const Schedule schedule = test::random_schedule(seed);
    CHECK(paint_arenas(schedule, planned(schedule), seed, &library) == Faults{});
  }
}

struct Example {
  ScheduleBuilder b;
  BufferId h, g;

  Example() {
    b.entry_point("infer");
    const BufferId x = b.input("x", {8});
    h = b.temporary("h", {8});
    g = b.temporary("g", {8});
    b.launch("relu", {x}, {h});
    b.launch("add", {h, x}, {g});
    b.launch("add", {g, h}, {b.output("y", {8})});
  }
};

TEST_CASE("painting sees a peak that is not reached") {
  const Example e;
  MemoryPlan plan = planned(e.b.schedule());
  CHECK(paint_arenas(e.b.schedule(), plan, 1) == Faults{});
  plan.levels[test::kL2].peak += Bytes{16};
  CHECK(paint_arenas(e.b.schedule(), plan, 1) == Faults{"level 1: 64 bytes were touched of 80"});
}

TEST_CASE("painting sees what lies outside of the arena") {
  const Example e;
  MemoryPlan plan = planned(e.b.schedule());
  plan.levels[test::kL2].peak = {48};
  CHECK(paint_arenas(e.b.schedule(), plan, 1) ==
        Faults{"level 1: a red zone lost its paint", "level 1: a red zone lost its paint"});
}

TEST_CASE("painting sees a lifetime that ends too early") {
  const Example e;
  MemoryPlan plan = planned(e.b.schedule());
  for (Placement& placement : plan.levels[test::kL2].placements)
    if (placement.buffer == e.h) placement.last = 1;
  CHECK(paint_arenas(e.b.schedule(), plan, 1) == Faults{"NaN in dead bytes changes results"});
}

TEST_CASE("painting sees live buffers that overlap") {
  const Example e;
  MemoryPlan plan = planned(e.b.schedule());
  for (Placement& placement : plan.levels[test::kL2].placements) placement.offset = {0};
  plan.levels[test::kL2].peak = {32};
  CHECK(paint_arenas(e.b.schedule(), plan, 1) ==
        Faults{"one buffer per tensor gives other results"});
}

TEST_CASE("a damaged plan that the validator passes computes the same") {
  // Places are moved at random. Whatever the validator says, the program run on the damaged plan
  // must agree: with no violation the results are those of one buffer per tensor.
  int damaged = 0, passed = 0;
  for (uint64_t seed = 0; seed < 400; ++seed) {
    CAPTURE(seed);
    const Schedule schedule = test::random_schedule(seed, {.entry_points = 2, .launches = 12});
    MemoryPlan plan = planned(schedule);
    test::Random random(seed);
    std::vector<Placement>& placements = plan.levels[test::kL2].placements;
    for (int64_t i = random.between(1, 2); i > 0; --i) {
      Placement& placement = placements[static_cast<size_t>(
          random.between(0, static_cast<int64_t>(placements.size()) - 1))];
      const int64_t room = (plan.levels[test::kL2].peak - placement.size).count / 16;
      placement.offset = {16 * random.between(0, room)};
    }
    memory::ScheduleRun run(schedule, plan);
    const auto found = test::run_all(run, schedule, seed);
    const Schedule apart = test::without_in_place(schedule);
    const MemoryPlan apart_plan = test::unplanned(apart, 2);
    memory::ScheduleRun apart_run(apart, apart_plan);
    const bool is_same = found == test::run_all(apart_run, apart, seed);
    const bool is_sound = validate(schedule, plan).empty();
    CHECK((is_same || !is_sound));
    damaged += is_same ? 0 : 1;
    passed += is_sound ? 1 : 0;
  }
  CHECK(damaged > 50);
  CHECK(passed > 50);
}

}  // namespace
}  // namespace tdc::memory
