#include "memory/run_schedule.h"

#include <doctest/doctest.h>

#include "memory/plan_memory.h"
#include "unit/schedule/schedules.h"

namespace tdc::memory {
namespace {

using schedule::BufferId;
using schedule::Schedule;
using schedule::TicketId;
using test::ScheduleBuilder;
using Floats = std::vector<float>;

MemoryPlan planned(const Schedule& schedule) {
  return std::get<MemoryPlan>(plan_memory(schedule, test::two_level_chip()));
}

TEST_CASE("arguments, constants and variables go in and out; variables stay between calls") {
  ScheduleBuilder b;
  const BufferId v = b.variable("v", {2});
  const BufferId c = b.constant("c", {2});
  b.entry_point("step");
  const BufferId x = b.input("x", {2});
  const BufferId y = b.output("y", {2});
  b.launch("add", {v, x}, {b.next_version(v)});
  b.launch("add", {v, c}, {y});
  const MemoryPlan plan = planned(b.schedule());
  ScheduleRun run(b.schedule(), plan);
  CHECK(run.variable({0}) == v);
  CHECK(run.variable({1}) == c);
  CHECK(run.argument(b.schedule().entry_points[0], "x") == x);
  run.set(v, Floats{1, 2});
  run.set(c, Floats{0.5F, 0.25F});
  run.set(x, Floats{10, 20});
  run.run(b.schedule().entry_points[0]);
  run.run(b.schedule().entry_points[0]);
  CHECK(run.floats(v) == Floats{21, 42});
  CHECK(run.floats(y) == Floats{21.5F, 42.25F});
}

TEST_CASE("reference evaluation rounds each element once") {
  // In double precision 1 + 2^-24 is not 1; rounded to float it is.
  ScheduleBuilder b;
  b.entry_point("infer");
  const BufferId x = b.input("x", {2});
  const BufferId y = b.output("y", {1});
  b.launch_views("add", {b.slice(x, 0, 1), b.slice(x, 1, 1)}, {b.slice(y, 0, 1)});
  const MemoryPlan plan = planned(b.schedule());
  ScheduleRun run(b.schedule(), plan);
  run.set(x, Floats{1, 0x1p-24F});
  run.run(b.schedule().entry_points[0]);
  CHECK(run.floats(y) == Floats{1});
}

TEST_CASE("views with strides, copies") {
  // y = the transpose of x, row by row through `row`.
  //     x  1 2 3      y  1 4
  //        4 5 6         2 5
  //                      3 6
  ScheduleBuilder b;
  b.entry_point("infer");
  const BufferId x = b.input("x", {2, 3});
  const BufferId y = b.output("y", {3, 2});
  const BufferId row = b.temporary("row", {2});
  b.schedule().buffers[row].level = test::kL1;
  for (uint32_t i = 0; i < 3; ++i) {
    const TicketId ticket = {i};
    b.copy({.buffer = x, .offset = i, .extent = {2}, .stride = {3}}, b.whole(row), ticket);
    b.wait(ticket);
    b.launch_views("relu", {b.whole(row)}, {b.slice(y, 2 * i, 2)});
  }
  const MemoryPlan plan = planned(b.schedule());
  std::vector<Tick> ticks;
  ScheduleRun run(b.schedule(), plan, {.before_step = [&](Tick tick) { ticks.push_back(tick); }});
  run.set(x, Floats{1, 2, 3, 4, 5, 6});
  run.run(b.schedule().entry_points[0]);
  CHECK(run.floats(y) == Floats{1, 4, 2, 5, 3, 6});
  CHECK(ticks == std::vector<Tick>{0, 1, 2, 3, 4, 5, 6, 7, 8});
}

TEST_CASE("scalars, and ticks that count through entry points") {
  ScheduleBuilder b;
  b.entry_point("first");
  b.launch("relu", {b.input("x", {})}, {b.output("y", {})});
  b.entry_point("second");
  const BufferId x = b.input("x", {});
  const BufferId y = b.output("y", {});
  b.launch("relu", {x}, {y});
  const MemoryPlan plan = planned(b.schedule());
  std::vector<Tick> ticks;
  ScheduleRun run(b.schedule(), plan, {.before_step = [&](Tick tick) { ticks.push_back(tick); }});
  run.set(x, Floats{3});
  run.run(b.schedule().entry_points[1]);
  CHECK(run.floats(y) == Floats{3});
  CHECK(ticks == std::vector<Tick>{1});
}

}  // namespace
}  // namespace tdc::memory
