#include "memory/validate.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "../schedule/schedules.h"
#include "memory/plan_memory.h"

namespace tdc::memory {
namespace {

using schedule::BufferId;
using schedule::Copy;
using schedule::Launch;
using schedule::Schedule;
using schedule::TransferId;
using test::ScheduleBuilder;

using Violations = std::vector<std::string>;

MemoryPlan planned(const Schedule& schedule) {
  return std::get<MemoryPlan>(plan_memory(schedule, test::two_level_chip()));
}

Violations validate_planned(const Schedule& schedule) {
  return validate(schedule, planned(schedule));
}

/// v' = v + relu(relu(x) + v) in place; y = relu of the inner sum.
///
///     step 0  h = relu(x)
///     step 1  s = h + v      in the memory of h
///     step 2  g = relu(s)
///     step 3  v' = v + g     in the memory of v
///     step 4  y = relu(s)
struct Example {
  ScheduleBuilder b;
  BufferId v, x, y, h, s, g, next;

  Example() {
    v = b.variable("v", {8});
    b.entry_point("step");
    x = b.input("x", {8});
    y = b.output("y", {8});
    h = b.temporary("h", {8});
    s = b.alias("s", h);
    g = b.temporary("g", {8});
    next = b.next_version(v);
    b.launch("relu", {x}, {h});
    b.launch("add", {h, v}, {s});
    b.launch("relu", {s}, {g});
    b.launch("add", {v, g}, {next});
    b.launch("relu", {s}, {y});
  }

  Launch& launch(size_t index) {
    return std::get<Launch>(b.schedule().entry_points[0].steps.at(index));
  }
  std::vector<schedule::Step>& steps() { return b.schedule().entry_points[0].steps; }
  [[nodiscard]] Violations check() const { return validate_planned(b.schedule()); }
};

/// The placement of a buffer in level `L2`.
Placement& place(MemoryPlan& plan, BufferId buffer) {
  for (Placement& placement : plan.levels[test::kL2].placements)
    if (placement.buffer == buffer) return placement;
  FAIL("no such placement");
  return plan.levels[test::kL2].placements.front();
}

TEST_CASE("a sound plan has no violations") {
  CHECK(Example().check() == Violations{});
}

TEST_CASE("random schedules with their plans have no violations") {
  for (uint64_t seed = 0; seed < 300; ++seed) {
    CAPTURE(seed);
    CHECK(validate_planned(test::random_schedule(seed)) == Violations{});
  }
}

// ---- broken plans ------------------------------------------------------------------------------

TEST_CASE("two live buffers overlap") {
  const Example e;
  MemoryPlan plan = planned(e.b.schedule());
  place(plan, e.g).offset = place(plan, e.h).offset + Bytes{16};
  CHECK(validate(e.b.schedule(), plan) ==
        Violations{"step, step 2 (relu): writes over its own operand `s` (b4)",
                   "step, step 4 (relu): reads `s` (b4) as step 1 (add) wrote it, but finds at 48 "
                   "what step 2 (relu) wrote to `g` (b5)"});
}

TEST_CASE("a temporary lies on a variable") {
  const Example e;
  MemoryPlan plan = planned(e.b.schedule());
  place(plan, e.h).offset = {0};
  CHECK(validate(e.b.schedule(), plan) ==
        Violations{"step, step 1 (add): reads `v` (b0) as an earlier call wrote it, but finds at "
                   "0 what step 0 (relu) wrote to `h` (b3)",
                   "step, step 3 (add): reads `v` (b0) as an earlier call wrote it, but finds at "
                   "0 what step 1 (add) wrote to `s` (b4)",
                   "step, step 4 (relu): reads `s` (b4) as step 1 (add) wrote it, but finds at 0 "
                   "what step 3 (add) wrote to `v'` (b6)"});
}

TEST_CASE("a variable that the call does not use is overwritten") {
  ScheduleBuilder b;
  const BufferId v = b.variable("v", {4});
  b.entry_point("infer");
  const BufferId x = b.input("x", {4});
  const BufferId y = b.output("y", {4});
  const BufferId h = b.temporary("h", {4});
  b.launch("relu", {x}, {h});
  b.launch("relu", {h}, {y});
  MemoryPlan plan = planned(b.schedule());
  place(plan, h).offset = place(plan, v).offset;
  CHECK(validate(b.schedule(), plan) ==
        Violations{"infer, at the end: variable `v` (b0) holds `h` (b3)"});
}

TEST_CASE("places that are wrong by themselves") {
  const Example e;
  const auto with = [&](auto change) {
    MemoryPlan plan = planned(e.b.schedule());
    change(plan);
    const Violations found = validate(e.b.schedule(), plan);
    REQUIRE(!found.empty());
    return found[0];
  };
  CHECK(with([&](MemoryPlan& plan) { plan.levels[test::kL2].peak = {95}; }) ==
        "`g` (b5) lies at 64..96 of an arena of 95 bytes");
  CHECK(with([&](MemoryPlan& plan) { place(plan, e.v).offset = {-16}; }) ==
        "`v` (b0) lies at -16..16 of an arena of 96 bytes");
  CHECK(with([&](MemoryPlan& plan) { place(plan, e.h).offset = {36}; }) ==
        "`h` (b3) lies at 36, not aligned to 16 bytes");
  CHECK(with([&](MemoryPlan& plan) { place(plan, e.h).alignment = {4}; }) ==
        "`h` (b3) lies at 32, not aligned to 16 bytes");
  CHECK(with([&](MemoryPlan& plan) { place(plan, e.h).size = {28}; }) ==
        "`h` (b3) has 32 bytes, its place 28");
  CHECK(with([&](MemoryPlan& plan) {
          plan.levels[test::kL2].placements.push_back(place(plan, e.h));
        }) == "`h` (b3) has two places");
  CHECK(with([&](MemoryPlan& plan) { plan.levels[test::kL2].placements.pop_back(); }) ==
        "step, step 2 (relu): uses `g` (b5), which has no place");
  CHECK(with([&](MemoryPlan& plan) { place(plan, e.v).buffer = e.x; }) ==
        "`x` (b1) has a place in an arena, but is none of its buffers");
  CHECK(with([&](MemoryPlan& plan) { place(plan, e.v).buffer = e.s; }) ==
        "`s` (b4) has a place and uses the memory of another buffer");
  CHECK(with([&](MemoryPlan& plan) { place(plan, e.g).last = 2; }) ==
        "step, step 3 (add): uses `g` (b5) outside its lifetime 2..2");
  CHECK(with([&](MemoryPlan& plan) {
          plan.levels[test::kL1].placements.push_back(place(plan, e.g));
          plan.levels[test::kL2].placements.pop_back();
        }) == "`g` (b5) is placed in level 0 instead of its own");
}

// ---- broken schedules --------------------------------------------------------------------------

TEST_CASE("a variable is updated before its last reader") {
  Example e;
  std::swap(e.steps()[0], e.steps()[3]);
  e.launch(0).inputs[1] = e.b.whole(e.x);
  CHECK(e.check()[1] ==
        "step, step 1 (add): reads `v` (b0) as an earlier call wrote it, but finds at 0 what step "
        "0 (add) wrote to `v'` (b6)");
}

TEST_CASE("an operand is read after its memory was taken over") {
  Example e;
  e.launch(4).inputs[0] = e.b.whole(e.h);
  CHECK(e.check() ==
        Violations{"step, step 4 (relu): reads `h` (b3) as step 0 (relu) wrote it, but finds at 32 "
                   "what step 1 (add) wrote to `s` (b4)"});
}

TEST_CASE("an alias is of the wrong buffer") {
  Example e;
  e.b.schedule().buffers[e.s].alias->of = e.g;
  CHECK(e.check() ==
        Violations{"step, step 4 (relu): reads `s` (b4) as step 1 (add) wrote it, but finds at 32 "
                   "what step 2 (relu) wrote to `g` (b5)"});
}

TEST_CASE("an alias goes in a circle, or is too large") {
  Example e;
  const MemoryPlan plan = planned(e.b.schedule());
  Schedule schedule = e.b.schedule();
  schedule.buffers[e.s].alias->of = e.s;
  CHECK(validate(schedule, plan) == Violations{"the aliases of `s` (b4) lead nowhere"});
  schedule = e.b.schedule();
  schedule.buffers[e.s].type.dims = {9};
  CHECK(validate(schedule, plan)[0] ==
        "`s` (b4) has 36 bytes and uses the memory of `h` (b3) with 32");
}

TEST_CASE("a temporary is read that nothing wrote, or only in part") {
  Example e;
  e.steps().erase(e.steps().begin());
  CHECK(e.check() == Violations{"step, step 0 (add): reads `h` (b3), bytes 0..32 of which nothing "
                                "wrote in this call"});
  Example partial;
  partial.launch(0).inputs[0] = ScheduleBuilder::slice(partial.x, 0, 7);
  partial.launch(0).outputs[0] = ScheduleBuilder::slice(partial.h, 0, 7);
  partial.launch(0).box = {{0, 7}};
  CHECK(partial.check() == Violations{"step, step 1 (add): reads `h` (b3), bytes 28..32 of which "
                                      "nothing wrote in this call"});
}

TEST_CASE("what an earlier entry point wrote into a temporary is gone") {
  ScheduleBuilder b;
  const BufferId h = b.temporary("h", {4});
  b.entry_point("first");
  b.launch("relu", {b.input("x", {4})}, {h});
  b.entry_point("second");
  b.launch("relu", {h}, {b.output("y", {4})});
  CHECK(validate_planned(b.schedule()) ==
        Violations{"second, step 1 (relu): reads `h` (b0), bytes 0..16 of which nothing wrote in "
                   "this call"});
}

TEST_CASE("arguments and constants are respected") {
  ScheduleBuilder b;
  const BufferId c = b.constant("c", {4});
  b.entry_point("infer");
  const BufferId x = b.input("x", {4});
  const BufferId y = b.output("y", {4});
  b.launch_views("relu", {b.slice(x, 0, 3)}, {b.slice(y, 0, 3)});
  b.launch("relu", {x}, {c});
  b.launch("relu", {c}, {x});
  CHECK(validate_planned(b.schedule()) ==
        Violations{"infer, step 1 (relu): writes to the constant `c` (b0)",
                   "infer, step 2 (relu): writes to the input `x` (b1)",
                   "infer, at the end: output `y` (b2) is not completely written"});
  b.entry_point("eval");
  b.launch("relu", {x}, {b.output("z", {4})});
  CHECK(validate_planned(b.schedule()).back() ==
        "eval, step 3 (relu): reads `x` (b1), bytes 0..16 of which nothing wrote in this call");
}

TEST_CASE("views stay within their buffers") {
  const auto with = [](auto change) {
    Example e;
    change(*e.launch(0).inputs[0]);
    return e.check().back();
  };
  CHECK(with([](schedule::View& view) { view.offset = 1; }) ==
        "step, step 0 (relu): a view of `x` (b1) reaches elements 1 to 8 of 8");
  CHECK(with([](schedule::View& view) { view.stride = {-1}; }) ==
        "step, step 0 (relu): a view of `x` (b1) reaches elements -7 to 0 of 8");
  CHECK(with([](schedule::View& view) { view.extent = {0}; }) ==
        "step, step 0 (relu): a view of `x` (b1) has shape [0], its box takes [8]");
  CHECK(with([](schedule::View& view) { view.stride = {}; }) ==
        "step, step 0 (relu): a view of `x` (b1) has 1 extents and 0 strides");
}

TEST_CASE("in place only where the op allows it, and element by element") {
  ScheduleBuilder b;
  b.entry_point("infer");
  const BufferId x = b.input("x", {3, 3});
  const BufferId y = b.output("y", {3, 3});
  const BufferId h = b.temporary("h", {3, 3});
  const BufferId g = b.alias("g", h);
  b.launch("relu", {x}, {h});
  SUBCASE("not by a matrix product") {
    b.launch("matmul", {h, x, {}}, {g});
    b.launch("relu", {g}, {y});
    CHECK(validate_planned(b.schedule()) ==
          Violations{"infer, step 1 (matmul): writes over its own operand `h` (b2)"});
  }
  SUBCASE("not the other way round") {
    b.launch_views("relu", {{.buffer = h, .offset = {}, .extent = {3, 3}, .stride = {1, 3}}},
                   {b.whole(g)});
    b.launch("relu", {g}, {y});
    CHECK(validate_planned(b.schedule()) ==
          Violations{"infer, step 1 (relu): writes over its own operand `h` (b2)"});
  }
  SUBCASE("a sum goes on where it stands") {
    const BufferId other = b.temporary("other", {3, 3});
    b.launch("matmul", {x, x, h}, {other});
    b.launch("relu", {other}, {y});
    CHECK(validate_planned(b.schedule()) ==
          Violations{"infer, step 1 (matmul): continues the sum in `h` (b2), but writes to "
                     "`other` (b4)"});
  }
  SUBCASE("scratch is no operand") {
    b.launch("relu", {h}, {y}).scratch = h;
    CHECK(validate_planned(b.schedule()) ==
          Violations{"infer, step 1 (relu): writes over its own operand `h` (b2)"});
  }
  SUBCASE("an element is written once") {
    b.launch_views("relu", {{.buffer = h, .offset = {}, .extent = {2, 2}, .stride = {3, 1}}},
                   {{.buffer = g, .offset = {}, .extent = {2, 2}, .stride = {1, 1}}});
    b.launch("relu", {x}, {y});
    CHECK(validate_planned(b.schedule())[0] ==
          "infer, step 1 (relu): writes bytes of `g` (b3) twice");
  }
}

TEST_CASE("background copies") {
  ScheduleBuilder b;
  b.entry_point("infer");
  const BufferId x = b.input("x", {8});
  const BufferId y = b.output("y", {8});
  const BufferId from = b.temporary("from", {8});
  const BufferId to = b.temporary("to", {8});
  const TransferId transfer = {0};
  b.launch("relu", {x}, {from});
  b.copy(b.whole(from), b.whole(to), transfer);
  SUBCASE("in order") {
    b.wait(transfer);
    b.launch("relu", {to}, {y});
    CHECK(validate_planned(b.schedule()) == Violations{});
  }
  SUBCASE("read too early") {
    b.launch("relu", {to}, {y});
    b.wait(transfer);
    CHECK(validate_planned(b.schedule()) ==
          Violations{"infer, step 2 (relu): reads `to` (b3), bytes 0..32 of which nothing wrote "
                     "in this call"});
  }
  SUBCASE("the source is changed too early") {
    b.launch("relu", {x}, {from});
    b.wait(transfer);
    b.launch("relu", {to}, {y});
    CHECK(validate_planned(b.schedule()) ==
          Violations{"infer, step 2 (relu): writes `from` (b2) where transfer t0 is under way"});
  }
  SUBCASE("never waited for, and waited for in vain") {
    b.launch("relu", {from}, {y});
    b.wait(TransferId{7});
    CHECK(validate_planned(b.schedule()) ==
          Violations{"infer, step 3 (wait): transfer t7 was not started",
                     "infer, at the end: transfer t0 is never waited for"});
  }
  SUBCASE("copies keep shapes and do not overlap") {
    b.wait(transfer);
    b.copy(b.slice(to, 0, 4), b.slice(to, 2, 4));
    b.copy(b.slice(to, 0, 4), b.slice(y, 0, 5));
    b.copy(b.slice(to, 0, 4), b.slice(y, 4, 4));
    CHECK(validate_planned(b.schedule()) ==
          Violations{"infer, step 3 (copy): copies `to` (b3) over itself",
                     "infer, step 4 (copy): copies `to` (b3) to a different shape of `y` (b1)"});
  }
}

TEST_CASE("a buffer that turns use again holds what its own turn wrote") {
  ScheduleBuilder b;
  b.entry_point("infer");
  const BufferId x = b.input("x", {8});
  const BufferId y = b.output("y", {8});
  const BufferId carried = b.temporary("carried", {2});
  const BufferId local = b.temporary("local", {2});
  b.launch_views("relu", {b.slice(x, 0, 2)}, {b.slice(carried, 0, 2)});
  for (int64_t i = 0; i < 4; ++i) {
    b.launch_views("relu", {b.slice(x, 2 * i, 2)}, {b.slice(local, 0, 2)});
    b.launch_views("add", {b.slice(local, 0, 2), b.slice(carried, 0, 2)}, {b.slice(y, 2 * i, 2)});
    b.launch_views("relu", {b.slice(x, 2 * i, 2)}, {b.slice(carried, 0, 2)});
  }
  MemoryPlan plan = planned(b.schedule());
  CHECK(validate(b.schedule(), plan) == Violations{});
  // As if `local` lived after the read of `carried` only.
  place(plan, local).offset = place(plan, carried).offset;
  CHECK(validate(b.schedule(), plan)[0] ==
        "infer, step 2 (add): reads `carried` (b2) as step 0 (relu) wrote it, but finds at 0 what "
        "step 1 (relu) wrote to `local` (b3)");
}

TEST_CASE("after twenty violations it is enough") {
  Example e;
  for (int i = 0; i < 100; ++i) e.b.launch("relu", {e.h}, {e.y});
  CHECK(e.check().size() == 20);
}

}  // namespace
}  // namespace tdc::memory
