// Transfers that run beside the launches round them: the order of steps, and what holds them back.

#include <doctest/doctest.h>

#include <algorithm>
#include <iterator>
#include <string>
#include <vector>

#include "schedule/loops.h"
#include "schedule/overlap.h"
#include "schedule/passes.h"
#include "schedule/transfers.h"
#include "unit/schedule/schedules.h"

namespace tdc::schedule {
namespace {

using Names = std::vector<std::string>;

/// `x in`, `relu`, `y out`, `wait x`, in order: transfers by the names of their far buffers.
Names steps_of(const Schedule& schedule, const chip::Chip& chip) {
  Names found;
  const EntryPoint& entry = schedule.entry_points.at(0);
  std::vector<std::string> far(entry.steps.size());
  for (size_t at = 0; at < entry.steps.size(); ++at) {
    if (const auto* launch = std::get_if<Launch>(&entry.steps[at])) {
      found.emplace_back(launch->op->name);
    } else if (const auto* copy = std::get_if<Copy>(&entry.steps[at])) {
      const bool inward = is_inward(schedule, chip, *copy);
      far.resize(std::max<size_t>(far.size(), copy->ticket->index + 1));
      far[copy->ticket->index] = schedule.buffers[(inward ? copy->from : copy->to).buffer].name;
      found.push_back(far[copy->ticket->index] + (inward ? " in" : " out"));
    } else {
      found.push_back("wait " + far[std::get<Wait>(entry.steps[at]).ticket.index]);
    }
  }
  return found;
}

Names prefetched(const test::ScheduleBuilder& b, int64_t bytes) {
  const chip::Chip chip = test::chip_with_scratchpad(bytes, /*transfer=*/60, /*load=*/1000);
  return steps_of(prefetch(tile(b.schedule(), chip, CycleTable::rough()), chip), chip);
}

TEST_CASE(
    "prefetch: what the next launch needs comes, and what the last one made goes, beside one") {
  test::ScheduleBuilder b;
  b.entry_point("step");
  b.launch("relu", {b.input("x", {300})}, {b.output("y", {300})});
  b.launch("neg", {b.input("v", {300})}, {b.output("w", {300})});
  b.launch("exp", {b.input("s", {300})}, {b.output("t", {300})});
  CHECK(prefetched(b, 8192) == Names{"x in", "wait x", "v in", "relu", "y out", "wait v", "s in",
                                     "neg", "wait y", "w out", "wait s", "exp", "wait w", "t out",
                                     "wait t"});
}

TEST_CASE("prefetch: what is being made, or is still on its way, is not fetched") {
  test::ScheduleBuilder b;
  b.entry_point("step");
  const BufferId h = b.temporary("h", {300});
  b.launch("relu", {b.input("x", {300})}, {h});
  b.launch("neg", {h}, {b.output("y", {300})});
  CHECK(prefetched(b, 8192) == Names{"x in", "wait x", "relu", "h out", "wait h", "h in", "wait h",
                                     "neg", "y out", "wait y"});
}

TEST_CASE("prefetch: strips of one buffer pass each other") {
  test::ScheduleBuilder b;
  b.entry_point("step");
  const BufferId x = b.input("x", {600}), y = b.output("y", {600});
  b.launch_views("relu", {b.slice(x, 0, 300)}, {b.slice(y, 0, 300)});
  b.launch_views("neg", {b.slice(x, 300, 300)}, {b.slice(y, 300, 300)});
  CHECK(prefetched(b, 8192) == Names{"x in", "wait x", "x in", "relu", "y out", "wait x", "neg",
                                     "wait y", "y out", "wait y"});
}

TEST_CASE("prefetch: nothing comes earlier or goes later than it fits") {
  test::ScheduleBuilder b;
  b.entry_point("step");
  b.launch("relu", {b.input("x", {300})}, {b.output("y", {300})});
  b.launch("neg", {b.input("v", {300})}, {b.output("w", {300})});
  // Vectors of 1,200 bytes: two for a launch, a third that comes, a fourth that goes.
  CHECK(prefetched(b, 2400) == Names{"x in", "wait x", "relu", "y out", "wait y", "v in", "wait v",
                                     "neg", "w out", "wait w"});
  CHECK(prefetched(b, 3600) == Names{"x in", "wait x", "v in", "relu", "y out", "wait v", "neg",
                                     "wait y", "w out", "wait w"});
}

/// As `steps_of`, with all turns of a loop as `loop`.
Names outline(const Schedule& schedule, const chip::Chip& chip) {
  const Names steps = steps_of(schedule, chip);
  Names found;
  for (const Stretch& stretch : stretches(schedule.entry_points[0]))
    found.push_back(stretch.loop ? "loop" : steps[stretch.first]);
  return found;
}

/// A vector that goes through 16 KiB in pieces, which leaves 384 bytes, between two of `elements`.
test::ScheduleBuilder loop_between_launches(int64_t elements) {
  test::ScheduleBuilder b;
  b.entry_point("step");
  b.launch("relu", {b.input("x", {elements})}, {b.output("y", {elements})});
  b.launch("neg", {b.input("v", {4000})}, {b.output("w", {4000})});
  b.launch("exp", {b.input("s", {elements})}, {b.output("t", {elements})});
  return b;
}

TEST_CASE(
    "prefetch: a loop's first piece comes beside the launch before, its last result goes "
    "beside the next") {
  const chip::Chip chip = test::chip_with_scratchpad(16384, /*transfer=*/60, /*load=*/1000);
  const Schedule tiled = tile(loop_between_launches(40).schedule(), chip, CycleTable::rough());
  CHECK(outline(tiled, chip) == Names{"x in", "wait x", "relu", "y out", "wait y", "v in", "loop",
                                      "wait w", "s in", "wait s", "exp", "t out", "wait t"});
  const Schedule moved = prefetch(tiled, chip);
  CHECK(outline(moved, chip) == Names{"x in", "wait x", "v in", "relu", "y out", "wait y", "loop",
                                      "s in", "wait s", "exp", "wait w", "t out", "wait t"});
  // What is left stops at the loop, and what stays near for all of it has a pass of its own.
  CHECK(outline(prefetch_loops(moved, chip), chip) ==
        Names{"x in", "wait x", "v in", "relu", "y out", "s in", "loop", "wait y", "wait s", "exp",
              "wait w", "t out", "wait t"});
}

TEST_CASE("prefetch_loops: nothing moves that does not fit beside a loop") {
  const chip::Chip chip = test::chip_with_scratchpad(16384, /*transfer=*/60, /*load=*/1000);
  const Schedule moved =
      prefetch(tile(loop_between_launches(300).schedule(), chip, CycleTable::rough()), chip);
  CHECK(outline(prefetch_loops(moved, chip), chip) == outline(moved, chip));
}

TEST_CASE("prefetch_loops: what a loop makes is not sent for before it") {
  test::ScheduleBuilder b;
  b.entry_point("step");
  const BufferId h = b.temporary("h", {4000});
  b.launch("relu", {b.input("x", {4000})}, {h});
  b.launch_views("neg", {b.slice(h, 0, 40)}, {b.slice(b.output("y", {40}), 0, 40)});
  const chip::Chip chip = test::chip_with_scratchpad(16384, /*transfer=*/60, /*load=*/1000);
  const Schedule tiled = tile(b.schedule(), chip, CycleTable::rough());
  CHECK(outline(tiled, chip) ==
        Names{"x in", "loop", "wait h", "h in", "wait h", "neg", "y out", "wait y"});
  // The last piece of h, which `neg` does not read, may go while it runs.
  CHECK(outline(prefetch_loops(tiled, chip), chip) ==
        Names{"x in", "loop", "h in", "wait h", "neg", "wait h", "y out", "wait y"});
}

TEST_CASE("prefetch: a chip without a scratchpad keeps its schedule") {
  test::ScheduleBuilder b;
  b.entry_point("step");
  b.launch("relu", {b.input("x", {300})}, {b.output("y", {300})});
  CHECK(prefetch(b.schedule(), test::two_level_chip()).entry_points[0].steps.size() == 1);
}

/// The offsets of a view's elements.
std::vector<int64_t> offsets(const View& view) {
  std::vector<int64_t> found = {view.offset};
  for (size_t axis = 0; axis < view.extent.size(); ++axis) {
    std::vector<int64_t> next;
    for (const int64_t offset : found)
      for (int64_t i = 0; i < view.extent[axis]; ++i)
        next.push_back(offset + i * view.stride[axis]);
    found = std::move(next);
  }
  return found;
}

TEST_CASE("views overlap where they have an element in common") {
  test::Random random(4);
  int apart = 0;
  for (int round = 0; round < 4000; ++round) {
    View a, b;
    for (int64_t axis = random.between(1, 3); axis > 0; --axis) {
      a.stride.push_back(random.between(-1, 12));
      a.extent.push_back(random.between(1, 4));
      b.extent.push_back(random.between(1, 4));
    }
    b.stride = a.stride;
    a.offset = random.between(0, 40);
    b.offset = random.between(0, 40);
    std::vector<int64_t> of_a = offsets(a), of_b = offsets(b), both;
    std::ranges::sort(of_a);
    std::ranges::sort(of_b);
    std::ranges::set_intersection(of_a, of_b, std::back_inserter(both));
    CHECK(may_overlap(a, b) == !both.empty());
    apart += both.empty() ? 1 : 0;
    b.stride.back() += 1;
    if (!may_overlap(a, b)) {  // of other strides, never a wrong no
      of_b = offsets(b);
      std::ranges::sort(of_b);
      both.clear();
      std::ranges::set_intersection(of_a, of_b, std::back_inserter(both));
      CHECK(both.empty());
    }
  }
  CHECK(apart > 1000);
}

}  // namespace
}  // namespace tdc::schedule
