// What the next launch takes stays in the scratchpad: which transfers are left.

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "schedule/passes.h"
#include "unit/schedule/schedules.h"

namespace tdc::schedule {
namespace {

/// `x in`, `y out` for each transfer of the first entry point, by the names of the far buffers.
std::vector<std::string> transfers(const Schedule& schedule, const chip::Chip& chip) {
  std::vector<std::string> found;
  for (const Step& step : schedule.entry_points.at(0).steps)
    if (const auto* copy = std::get_if<Copy>(&step); copy != nullptr && copy->ticket)
      found.push_back(test::transfer_text(schedule, chip, *copy));
  return found;
}

std::vector<std::string> kept(const test::ScheduleBuilder& b, int64_t bytes) {
  const chip::Chip chip = test::chip_with_scratchpad(bytes, /*transfer=*/60, /*load=*/1000);
  return transfers(keep_near(tile(b.schedule(), chip, CycleTable::rough()), chip), chip);
}

using Names = std::vector<std::string>;

TEST_CASE("keep_near: a chain moves its ends only, what is read later and results as well") {
  test::ScheduleBuilder b;
  b.entry_point("step");
  const BufferId x = b.input("x", {300}), h = b.temporary("h", {300}), g = b.temporary("g", {300});
  const BufferId y = b.output("y", {300}), z = b.output("z", {300});
  b.launch("relu", {x}, {h});
  b.launch("neg", {h}, {g});
  b.launch("exp", {g}, {y});
  CHECK(kept(b, 8192) == Names{"x in", "y out"});
  b.launch("add", {y, h}, {z});
  CHECK(kept(b, 8192) == Names{"x in", "h out", "y out", "h in", "z out"});
}

TEST_CASE("keep_near: parts of a buffer stay only for who takes the same") {
  test::ScheduleBuilder b;
  b.entry_point("step");
  const BufferId x = b.input("x", {600}), h = b.temporary("h", {600});
  b.launch_views("relu", {b.slice(x, 0, 300)}, {b.slice(h, 0, 300)});
  b.launch_views("neg", {b.slice(h, 300, 300)}, {b.slice(x, 0, 300)});
  b.launch_views("neg", {b.slice(x, 0, 300)}, {b.slice(h, 300, 300)});
  CHECK(kept(b, 8192) == Names{"x in", "h out", "h in", "x out", "h out"});
}

TEST_CASE("keep_near: nothing stays that does not fit beside what the next launch takes") {
  test::ScheduleBuilder b;
  b.entry_point("step");
  const BufferId x = b.input("x", {300}), w = b.input("w", {300}), h = b.temporary("h", {300});
  b.launch("relu", {x}, {h});
  b.launch("add", {h, w}, {b.output("y", {300})});
  // Three vectors of 1,200 bytes; in less, the sum goes in pieces.
  CHECK(kept(b, 3600) == Names{"x in", "w in", "y out"});
  const Names apart = kept(b, 3000);
  CHECK(std::ranges::count(apart, "h out") == 1);
  CHECK(std::ranges::count(apart, "h in") > 0);
}

TEST_CASE("keep_near: a chip without a scratchpad keeps its schedule") {
  test::ScheduleBuilder b;
  b.entry_point("step");
  b.launch("relu", {b.input("x", {300})}, {b.output("y", {300})});
  CHECK(keep_near(b.schedule(), test::two_level_chip()).entry_points[0].steps.size() == 1);
}

}  // namespace
}  // namespace tdc::schedule
