#include "memory/report.h"

#include <doctest/doctest.h>

#include "../schedule/schedules.h"

namespace tdc::memory {
namespace {

using schedule::BufferId;
using test::ScheduleBuilder;

/// `infer` needs h; `step` needs g and s at once, and updates v.
struct Example {
  ScheduleBuilder b;
  chip::Chip chip = test::two_level_chip();
  BufferId v, c, h, g, s;
  ProgramData program_data = {.constants = {100}, .buffers = {40}, .has_weight_file = true};

  Example() {
    v = b.variable("v", {20});
    c = b.constant("c", {20});
    b.entry_point("infer");
    BufferId x = b.input("x", {20});
    h = b.temporary("h", {20});
    b.launch("add", {x, v}, {h});                  // 0
    b.launch("relu", {h}, {b.output("y", {20})});  // 1
    b.entry_point("step");
    x = b.input("x", {20});
    g = b.temporary("g", {20});
    s = b.temporary("s", {20});
    b.launch("add", {x, c}, {g});                     // 2
    b.launch("relu", {g}, {s}).label = "activation";  // 3
    b.launch("add", {g, s}, {b.output("y", {20})});   // 4
    b.launch("add", {v, s}, {b.next_version(v)});     // 5
    chip.levels[test::kL2].budget = Bytes{4096};
    chip.levels[test::kL2].reserved_code = {1024};
    chip.levels[test::kL1].reserved_stack = {4096};
  }
  [[nodiscard]] MemoryPlan plan() const {
    return std::get<MemoryPlan>(plan_memory(b.schedule(), chip, program_data));
  }
};

TEST_CASE("the report's numbers") {
  const Example e;
  const MemoryReport report = report_memory(e.b.schedule(), e.chip, e.plan());
  REQUIRE(report.levels.size() == 2);
  const LevelReport& level = report.levels[1];
  CHECK(level.name == "L2");
  CHECK(level.capacity == Bytes{4096});
  CHECK(level.is_budget);
  CHECK(level.beside == Beside{.code = {1024},
                               .stacks = {},
                               .constants = {112},
                               .frozen = {80},
                               .image = {80},
                               .buffers = {48}});
  CHECK(level.variables == Bytes{80});
  CHECK(level.temporaries == Bytes{160});
  CHECK(level.peak == Bytes{240});
  CHECK(level.max_live == Bytes{240});
  CHECK(level.is_proved);
  CHECK(level.need == Bytes{1584});
  CHECK(level.peak_entry_point == "step");
  CHECK(level.peak_step == "activation");
  CHECK(level.live_at_peak == Bytes{240});
  CHECK(level.largest_at_peak ==
        std::vector<LiveTensor>{{.buffer = e.v, .name = "v", .size = {80}, .origin = {}},
                                {.buffer = e.g, .name = "g", .size = {80}, .origin = {}},
                                {.buffer = e.s, .name = "s", .size = {80}, .origin = {}}});
  CHECK(level.entry_points ==
        std::vector<EntryPointReport>{{.name = "infer", .peak = {160}, .live = {160}},
                                      {.name = "step", .peak = {240}, .live = {240}}});
  CHECK(report.levels[0].peak == Bytes{0});
  CHECK(report.levels[0].beside.stacks == Bytes{4096});
  CHECK(!report.levels[0].is_budget);
}

TEST_CASE("the report's table") {
  const Example e;
  CHECK(to_text(report_memory(e.b.schedule(), e.chip, e.plan())) == R"(two_level L1
  capacity                     4 KiB
  used                         4 KiB  0 B left
    code                         0 B  reserved by the chip file
    stacks                     4 KiB  reserved by the chip file
    constants                    0 B  argument structs and tables
    frozen weights               0 B
    initial weights              0 B
    inputs and results           0 B  held by the runner; counters
    variables                    0 B
    temporaries                  0 B
  no tensors are planned here
two_level L2
  budget                       4 KiB
  used                       1.5 KiB  2.5 KiB left
    code                       1 KiB  reserved by the chip file
    stacks                       0 B  reserved by the chip file
    constants                  112 B  argument structs and tables
    frozen weights              80 B
    initial weights             80 B
    inputs and results          48 B  held by the runner; counters
    variables                   80 B
    temporaries                160 B
  arena                        240 B  240 bytes, as low as possible for this order of steps (by_size)
    infer                      160 B  160 B live at once
    step                       240 B  240 B live at once
  most is live in step at activation:
    v                                     80 B
    g                                     80 B
    s                                     80 B
)");
}

TEST_CASE("the plan's dump with its picture") {
  // Arena and ticks are drawn one to one: 15 rows of 16 bytes, 6 ticks.
  const Example e;
  CHECK(
      plan_text(e.b.schedule(), e.chip, e.plan()) ==
      R"(L1: arena 0 bytes, bound 0, empty, proved; code 0, stacks 4096, constants 0, frozen 0, image 0, buffers 0
L2: arena 240 bytes, bound 240, by_size, proved; code 1024, stacks 0, constants 112, frozen 80, image 80, buffers 48
     offset     bytes  first   last  buffer
          0        80      0      5  b0 v
         80        80      0      1  b3 h
         80        80      2      4  b6 g
        160        80      3      5  b7 s
        224 |   ###|
        208 |   ###|
        192 |   ###|
        176 |   ###|
        160 |   ###|
        144 |##### |
        128 |##### |
        112 |##### |
         96 |##### |
         80 |##### |
         64 |======|
         48 |======|
         32 |======|
         16 |======|
          0 |======|
       tick  0    5
)");
}

}  // namespace
}  // namespace tdc::memory
