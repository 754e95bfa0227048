#include "schedule/loops.h"

#include <doctest/doctest.h>

#include "schedules.h"

namespace tdc::schedule {
namespace {

TEST_CASE("stretches: one step in one turn, and turns that lack a step") {
  test::ScheduleBuilder b;
  b.entry_point("infer");
  const BufferId x = b.input("x", {4}), y = b.output("y", {4});
  const LoopId one = b.schedule().loops.push_back({});
  const LoopId three = b.schedule().loops.push_back({});
  b.launch("relu", {x}, {y}).context.loop_turn = LoopTurn{.loop = one, .turn = 0, .place = 0};
  for (int64_t turn = 0; turn < 3; ++turn) {
    b.launch("relu", {x}, {y}).context.loop_turn = {.loop = three, .turn = turn, .place = 0};
    if (turn < 2)
      b.launch("neg", {x}, {y}).context.loop_turn = {.loop = three, .turn = turn, .place = 1};
  }
  b.launch("relu", {x}, {y});

  const EntryPoint& entry = b.schedule().entry_points[0];
  const std::vector<Stretch> found = stretches(entry);
  REQUIRE(found.size() == 3);
  CHECK(found[0].loop == one);
  CHECK(found[0].end == 1);
  CHECK(found[0].step(0, 0) == 0);
  CHECK(found[1].first == 1);
  CHECK(found[1].end == 6);
  CHECK(found[1].body == 2);
  CHECK(found[1].turns == 3);
  CHECK(found[1].step(1, 1) == 4);
  CHECK(found[1].step(2, 0) == 5);
  CHECK_FALSE(found[1].step(2, 1));
  CHECK(turns_at(found[1], 1).end == 2);
  CHECK(found[2].first == 6);
  CHECK(step_numbers(entry) == std::vector<int64_t>{0, 1, 2, 1, 2, 1, 3});
  CHECK(count_numbers(entry) == 4);
}

}  // namespace
}  // namespace tdc::schedule
