#include "memory/lifetimes.h"

#include <doctest/doctest.h>

#include "../schedule/schedules.h"

namespace tdc::memory {
namespace {

using schedule::BufferId;
using schedule::TransferId;
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
  CHECK(root_of(b.schedule(), flat) == h);
}

TEST_CASE("ticks of entry points follow one another; scratch lives for its launch") {
  ScheduleBuilder b;
  b.entry_point("infer");
  const BufferId x = b.input("x", {4});
  const BufferId y = b.output("y", {4});
  b.launch("relu", {x}, {y});  // 0
  b.entry_point("eval");
  const BufferId x2 = b.input("x", {4});
  const BufferId y2 = b.output("y", {4});
  const BufferId h = b.temporary("h", {4});
  const BufferId scratch = b.temporary("scratch", {8});
  b.launch("relu", {x2}, {h}).scratch = scratch;  // 1
  b.launch("relu", {h}, {y2});                    // 2
  const Lifetimes found = find_lifetimes(b.schedule());
  CHECK(found == std::vector<Lifetime>{{.buffer = h, .size = {16}, .first = 1, .last = 2},
                                       {.buffer = scratch, .size = {32}, .first = 1, .last = 1}});
  CHECK(found.entry_points == std::vector<EntryTicks>{{0, 1}, {1, 3}});
}

TEST_CASE("a buffer that a turn fills before it reads it is local to the loop") {
  ScheduleBuilder b;
  b.entry_point("infer");
  const BufferId x = b.input("x", {8});
  const BufferId y = b.output("y", {8});
  const BufferId local = b.temporary("local", {2});
  const BufferId carried = b.temporary("carried", {2});
  const BufferId whole = b.temporary("whole", {8});
  b.launch("relu", {x}, {whole});  // 0
  const auto i = b.begin_loop(0, 8, 2);
  b.launch_views("relu", {b.slice(whole, 0, 2, i, 1)}, {b.slice(local, 0, 2)});               // 1
  b.launch_views("add", {b.slice(local, 0, 2), b.slice(x, 0, 2)}, {b.slice(y, 0, 2, i, 1)});  // 2
  b.launch_views("relu", {b.slice(carried, 0, 2)}, {b.slice(y, 0, 2, i, 1)});                 // 3
  b.launch_views("relu", {b.slice(x, 0, 2)}, {b.slice(carried, 0, 2)});                       // 4
  b.end_loop();
  // `local` is filled in each turn; `carried` is read before it is written, so it carries a value
  // over; `whole` comes from outside and the next turn wants it again.
  CHECK(find_lifetimes(b.schedule()) ==
        std::vector<Lifetime>{{.buffer = local, .size = {8}, .first = 1, .last = 2},
                              {.buffer = carried, .size = {8}, .first = 1, .last = 4},
                              {.buffer = whole, .size = {32}, .first = 0, .last = 4}});
}

TEST_CASE("an inner loop may fill a buffer piece by piece") {
  ScheduleBuilder b;
  b.entry_point("infer");
  const BufferId x = b.input("x", {4});
  const BufferId y = b.output("y", {4});
  const BufferId filled = b.temporary("filled", {4});
  const BufferId half = b.temporary("half", {4});
  b.begin_loop(0, 3);
  b.launch("relu", {x}, {y});  // 0
  const auto j = b.begin_loop(0, 4);
  b.launch_views("relu", {b.slice(x, 0, 1, j, 1)}, {b.slice(filled, 0, 1, j, 1)});  // 1
  b.end_loop();
  const auto k = b.begin_loop(0, 2);
  b.launch_views("relu", {b.slice(x, 0, 1, k, 1)}, {b.slice(half, 0, 1, k, 1)});  // 2
  b.end_loop();
  b.launch("add", {filled, half}, {y});  // 3
  b.launch("relu", {x}, {y});            // 4
  b.end_loop();
  CHECK(find_lifetimes(b.schedule()) ==
        std::vector<Lifetime>{{.buffer = filled, .size = {16}, .first = 1, .last = 3},
                              {.buffer = half, .size = {16}, .first = 0, .last = 4}});
}

TEST_CASE("a background copy uses its buffers until the wait, around the loop's end if need be") {
  ScheduleBuilder b;
  b.entry_point("infer");
  const BufferId x = b.input("x", {4});
  const BufferId y = b.output("y", {4});
  const BufferId from = b.temporary("from", {4});
  const BufferId to = b.temporary("to", {4});
  const TransferId straight = {0}, around = {1};
  b.launch("relu", {x}, {from});                 // 0
  b.copy(b.whole(from), b.whole(to), straight);  // 1
  b.launch("relu", {x}, {y});                    // 2
  b.wait(straight);                              // 3
  const BufferId next = b.temporary("next", {4});
  b.launch("relu", {x}, {y});                 // 4
  b.copy(b.whole(x), b.whole(next), around);  // 5
  b.begin_loop(0, 3);
  b.launch("relu", {x}, {y});                 // 6
  b.wait(around);                             // 7
  b.launch("relu", {next}, {y});              // 8
  b.copy(b.whole(x), b.whole(next), around);  // 9
  b.launch("relu", {x}, {y});                 // 10
  b.end_loop();
  b.wait(around);  // 11
  CHECK(find_lifetimes(b.schedule()) ==
        std::vector<Lifetime>{{.buffer = from, .size = {16}, .first = 0, .last = 3},
                              {.buffer = to, .size = {16}, .first = 1, .last = 3},
                              {.buffer = next, .size = {16}, .first = 5, .last = 11}});
}

}  // namespace
}  // namespace tdc::memory
