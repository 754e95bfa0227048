#include "driver/report.h"

#include <doctest/doctest.h>

#include "unit/schedule/schedules.h"

namespace tdc::driver {
namespace {

TEST_CASE("steps of a report are numbered as markers are: copies, waits and barriers count") {
  test::ScheduleBuilder b;
  b.entry_point("infer");
  const schedule::BufferId x = b.input("x", {4});
  const schedule::BufferId near = b.temporary("near", {4});
  b.copy(b.whole(x), b.whole(near));                   // 0
  b.launch("relu", {near}, {b.temporary("h", {4})});   // 1
  b.copy(b.whole(near), b.whole(b.output("y", {4})));  // 2
  b.entry_point("step");
  const schedule::BufferId z = b.input("z", {4});
  b.copy(b.whole(z), b.whole(near));                      // 3
  b.copy(b.whole(near), b.whole(b.output("copy", {4})));  // 4
  b.launch("relu", {z}, {b.output("y", {4})});            // 5
  std::vector<std::pair<std::string, int64_t>> steps;
  for (const LaunchWork& work : launches_of(b.schedule()))
    steps.emplace_back(work.entry_point->name, work.step);
  CHECK(steps == std::vector<std::pair<std::string, int64_t>>{{"infer", 1}, {"step", 5}});
}

}  // namespace
}  // namespace tdc::driver
