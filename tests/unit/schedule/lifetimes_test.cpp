#include "schedule/lifetimes.h"

#include <doctest/doctest.h>

#include "schedules.h"

namespace tdc::schedule {
namespace {

using test::ScheduleBuilder;

bool operator==(const Lifetimes& found, const std::vector<Lifetime>& expected) {
  return found.lifetimes == expected;
}

TEST_CASE("a temporary lives from its write to its last read, a variable always") {
  ScheduleBuilder b;
  const BufferId v = b.variable("v", {4});
  b.entry_point("infer");
  const BufferId x = b.input("x", {4});
  const BufferId y = b.output("y", {4});
  const BufferId h = b.temporary("h", {4});
  const BufferId g = b.temporary("g", {4});
  b.launch("add", {x, v}, {h});  // 0
  b.launch("relu", {h}, {g});    // 1
  b.launch("add", {h, g}, {y});  // 2
  const Lifetimes found = find_lifetimes(b.schedule());
  CHECK(found == std::vector<Lifetime>{
                     {.buffer = v, .size = {16}, .first = 0, .last = 2, .is_variable = true},
                     {.buffer = h, .size = {16}, .first = 0, .last = 2},
                     {.buffer = g, .size = {16}, .first = 1, .last = 2}});
  CHECK(found.entry_points == std::vector<EntryTicks>{{0, 3}});
  CHECK(found.steps.size() == 3);
}

TEST_CASE("aliases live as one, unused buffers and constants have no lifetime") {
  ScheduleBuilder b;
  const BufferId c = b.constant("c", {4});
  b.temporary("unused", {100});
  b.entry_point("infer");
  const BufferId y = b.output("y", {4});
  const BufferId h = b.temporary("h", {2, 2});
  const BufferId in_place = b.alias("in_place", h);
  const BufferId flat = b.alias("flat", {4}, in_place);
  b.launch_views("relu", {b.slice(c, 0, 4)}, {b.slice(h, 0, 4)});  // 0
  b.launch("relu", {h}, {in_place});                               // 1
  b.launch("relu", {c}, {y});                                      // 2
  b.launch("relu", {flat}, {y});                                   // 3
  CHECK(find_lifetimes(b.schedule()) ==
        std::vector<Lifetime>{{.buffer = h, .size = {16}, .first = 0, .last = 3}});
}

TEST_CASE("ticks of entry points follow one another") {
  ScheduleBuilder b;
  b.entry_point("infer");
  const BufferId x = b.input("x", {4});
  const BufferId y = b.output("y", {4});
  b.launch("relu", {x}, {y});  // 0
  b.entry_point("eval");
  const BufferId x2 = b.input("x", {4});
  const BufferId y2 = b.output("y", {4});
  const BufferId h = b.temporary("h", {4});
  b.launch("relu", {x2}, {h});  // 1
  b.launch("relu", {h}, {y2});  // 2
  const Lifetimes found = find_lifetimes(b.schedule());
  CHECK(found == std::vector<Lifetime>{{.buffer = h, .size = {16}, .first = 1, .last = 2}});
  CHECK(found.entry_points == std::vector<EntryTicks>{{0, 1}, {1, 3}});
}

TEST_CASE("a background copy uses its buffers until the wait") {
  ScheduleBuilder b;
  b.entry_point("infer");
  const BufferId x = b.input("x", {4});
  const BufferId y = b.output("y", {4});
  const BufferId from = b.temporary("from", {4});
  const BufferId to = b.temporary("to", {4});
  const TicketId straight = {0};
  b.launch("relu", {x}, {from});                 // 0
  b.copy(b.whole(from), b.whole(to), straight);  // 1
  b.launch("relu", {x}, {y});                    // 2
  b.wait(straight);                              // 3
  CHECK(find_lifetimes(b.schedule()) ==
        std::vector<Lifetime>{{.buffer = from, .size = {16}, .first = 0, .last = 3},
                              {.buffer = to, .size = {16}, .first = 1, .last = 3}});
}

TEST_CASE("a job of the matrix engine uses its buffers until the wait") {
  ScheduleBuilder b;
  b.entry_point("infer");
  const BufferId x = b.input("x", {2, 2});
  const BufferId y = b.output("y", {2, 2});
  const BufferId a = b.temporary("a", {2, 2});
  const BufferId product = b.temporary("product", {2, 2});
  b.launch("relu", {x}, {a});  // 0
  schedule::Launch& job =
      b.launch("matmul", {a, x, {}}, {product},
               {{"transpose_a", false}, {"transpose_b", false}, {"reduce", false}});  // 1
  job.is_on_engine = true;
  job.ticket = TicketId{0};
  b.launch("relu", {x}, {y});  // 2
  b.wait(TicketId{0});         // 3
  CHECK(find_lifetimes(b.schedule()) ==
        std::vector<Lifetime>{{.buffer = a, .size = {16}, .first = 0, .last = 3},
                              {.buffer = product, .size = {16}, .first = 1, .last = 3}});
}

TEST_CASE(
    "turns of a loop lie upon each other; what a turn leaves to the next lives in all of it") {
  ScheduleBuilder b;
  b.entry_point("infer");
  const BufferId x = b.input("x", {4});
  const BufferId y = b.output("y", {4});
  const BufferId carried = b.temporary("carried", {4});
  const BufferId fresh = b.temporary("fresh", {4});
  const BufferId half = b.temporary("half", {4});
  const BufferId shared = b.temporary("shared", {4});
  const schedule::LoopId loop = b.schedule().loops.push_back({});
  b.launch("relu", {x}, {shared});  // 0
  for (int64_t turn = 0; turn < 3; ++turn) {
    int64_t place = 0;
    const auto next = [&] { return schedule::LoopTurn{loop, turn, place++}; };
    b.launch("relu", {x}, {y}).context.loop_turn = next();                           // 1
    b.launch("add", {carried, shared}, {fresh}).context.loop_turn = next();          // 2
    b.launch("relu", {fresh}, {carried}).context.loop_turn = next();                 // 3
    b.copy(b.slice(carried, 0, 2), b.slice(half, 0, 2)).context.loop_turn = next();  // 4
    b.copy(b.slice(half, 1, 2), b.slice(carried, 0, 2)).context.loop_turn = next();  // 5
  }
  b.launch("relu", {x}, {y});  // 6
  const Lifetimes found = find_lifetimes(b.schedule());
  CHECK(found == std::vector<Lifetime>{{.buffer = carried, .size = {16}, .first = 1, .last = 5},
                                       {.buffer = fresh, .size = {16}, .first = 2, .last = 3},
                                       {.buffer = half, .size = {16}, .first = 1, .last = 5},
                                       {.buffer = shared, .size = {16}, .first = 0, .last = 5}});
  CHECK(found.entry_points == std::vector<EntryTicks>{{0, 7}});
  CHECK(found.steps.size() == 7);
}

}  // namespace
}  // namespace tdc::schedule
