#include "memory/validate.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "../schedule/schedules.h"
#include "memory/plan_memory.h"

namespace tdc::memory {
namespace {

using schedule::BufferId;
using schedule::Copy;
using schedule::Launch;
using schedule::Schedule;
using schedule::TicketId;
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
    const Violations found = validate_planned(test::random_schedule(seed));
    const std::string first = found.empty() ? "" : found.front();
    CHECK(first == "");
  }
}

// ---- broken plans ------------------------------------------------------------------------------

TEST_CASE("two live buffers overlap") {
  const Example e;
  MemoryPlan plan = planned(e.b.schedule());
  place(plan, e.g).offset = place(plan, e.h).offset + Bytes{16};
  CHECK(validate(e.b.schedule(), plan) ==
        Violations{"step, step 2 (relu): writes over its own operand `s` (b4)",
                   "step, step 4 (relu): reads element 4 of %4 from `s` (b4), but finds element 0 "
                   "of %5, which step 2 (relu) wrote to `g` (b5)"});
}

TEST_CASE("a temporary lies on a variable") {
  const Example e;
  MemoryPlan plan = planned(e.b.schedule());
  place(plan, e.h).offset = {0};
  CHECK(validate(e.b.schedule(), plan) ==
        Violations{"step, step 1 (add): reads element 0 of %3 from `v` (b0), but finds element 0 "
                   "of %2, which step 0 (relu) wrote to `h` (b3)",
                   "step, step 3 (add): reads element 0 of %3 from `v` (b0), but finds element 0 "
                   "of %4, which step 1 (add) wrote to `s` (b4)",
                   "step, step 4 (relu): reads element 0 of %4 from `s` (b4), but finds element 0 "
                   "of %6, which step 3 (add) wrote to `v'` (b6)"});
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
        Violations{"infer, at the end: variable `v` (b0) should hold element 0 of variable `v`, "
                   "but finds element 0 of %2, which step 0 (relu) wrote to `h` (b3)"});
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
  CHECK(e.check()[2] ==
        "step, step 1 (add): reads element 0 of %3 from `v` (b0), but finds element 0 of %6, which "
        "step 0 (add) wrote to `v'` (b6)");
}

TEST_CASE("an operand is read after its memory was taken over") {
  Example e;
  e.launch(4).inputs[0] = e.b.whole(e.h);
  CHECK(e.check() == Violations{});  // the same memory by another name
  e.launch(4).input_values[0] = e.launch(0).output_values[0];
  CHECK(e.check() ==
        Violations{"step, step 4 (relu): reads element 0 of %2 from `h` (b3), but finds element 0 "
                   "of %4, which step 1 (add) wrote to `s` (b4)"});
}

TEST_CASE("an alias is of the wrong buffer") {
  Example e;
  e.b.schedule().buffers[e.s].alias->of = e.g;
  CHECK(e.check() ==
        Violations{"step, step 4 (relu): reads element 0 of %4 from `s` (b4), but finds element 0 "
                   "of %5, which step 2 (relu) wrote to `g` (b5)"});
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
  CHECK(e.check() == Violations{"step, step 0 (add): reads element 0 of %2 from `h` (b3), but "
                                "nothing wrote there in this call"});
  Example partial;
  partial.launch(0).inputs[0] = ScheduleBuilder::slice(partial.x, 0, 7);
  partial.launch(0).outputs[0] = ScheduleBuilder::slice(partial.h, 0, 7);
  partial.launch(0).box = {{0, 7}};
  CHECK(partial.check() ==
        Violations{"step, step 1 (add): reads element 7 of %2 from `h` (b3), but "
                   "nothing wrote there in this call",
                   "step, at the end: node 0 (relu): no launch computes axis0 "
                   "7..8"});
}

TEST_CASE("what an earlier entry point wrote into a temporary is gone") {
  ScheduleBuilder b;
  const BufferId h = b.temporary("h", {4});
  b.entry_point("first");
  b.launch("relu", {b.input("x", {4})}, {h});
  b.entry_point("second");
  b.launch("relu", {h}, {b.output("y", {4})});
  CHECK(validate_planned(b.schedule()) ==
        Violations{"second, step 1 (relu): reads element 0 of %3 from `h` (b0), but nothing wrote "
                   "there in this call"});
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
                   "infer, at the end: output `y` (b2) should hold element 3 of %2, but nothing "
                   "wrote there in this call"});
  b.entry_point("eval");
  b.launch("relu", {x}, {b.output("z", {4})});
  const Violations found = validate_planned(b.schedule());
  REQUIRE(found.size() == 5);
  CHECK(found[3] == "eval, step 3 (relu): uses `x` (b1), an argument of another entry point");
  CHECK(found[4] ==
        "eval, step 3 (relu): reads element 0 of %6 from `x` (b1), but nothing wrote there in this "
        "call");
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
    const auto turned = b.view(b.node("transpose", {{b.value(h), {3, 3}}}, {3, 3}));
    const auto relu = b.node("relu", {{turned, {3, 3}}}, {3, 3});
    b.piece(relu, {{0, 3}, {0, 3}},
            {{.buffer = h, .offset = 0, .extent = {3, 3}, .stride = {1, 3}}}, {b.whole(g)});
    b.set_value(g, relu.outputs[0]);
    b.launch("relu", {g}, {y});
    CHECK(validate_planned(b.schedule()) ==
          Violations{"infer, step 1 (relu): writes over its own operand `h` (b2)"});
  }
  SUBCASE("said once, in however many places") {
    // Columns 0 and 1 of each row become columns 1 and 2.
    const auto relu = b.node("relu", {{b.value(h), {3, 3}}}, {3, 3});
    b.piece(relu, {{0, 3}, {0, 2}},
            {{.buffer = h, .offset = 0, .extent = {3, 2}, .stride = {3, 1}}},
            {{.buffer = g, .offset = 1, .extent = {3, 2}, .stride = {3, 1}}});
    const Violations found = validate_planned(b.schedule());
    CHECK(std::count(found.begin(), found.end(),
                     "infer, step 1 (relu): writes over its own operand `h` (b2)") == 1);
  }
  SUBCASE("a sum goes on where it stands") {
    const BufferId other = b.temporary("other", {3, 3});
    b.launch("matmul", {x, x, h}, {other});
    b.launch("relu", {other}, {y});
    CHECK(validate_planned(b.schedule()) ==
          Violations{"infer, step 1 (matmul): continues the sum in `h` (b2), but writes to "
                     "`other` (b4)"});
  }
  SUBCASE("an element is written once") {
    const schedule::View part = {.buffer = h, .offset = 0, .extent = {2, 2}, .stride = {3, 1}};
    const auto relu = b.node("relu", {{b.value(h), {3, 3}}}, {3, 3});
    b.piece(relu, {{0, 2}, {0, 2}}, {part},
            {{.buffer = g, .offset = 0, .extent = {2, 2}, .stride = {1, 1}}});
    b.piece(relu, {{0, 2}, {0, 2}}, {part},
            {{.buffer = y, .offset = 0, .extent = {2, 2}, .stride = {0, 1}}});
    const Violations found = validate_planned(b.schedule());
    CHECK(std::count(found.begin(), found.end(),
                     "infer, step 2 (relu): writes bytes of `y` (b1) twice") == 1);
    CHECK(validate_planned(b.schedule())[0] ==
          "infer, step 1 (relu): writes bytes of `g` (b3) twice");
  }
}

TEST_CASE("jobs of the matrix engine") {
  ScheduleBuilder b;
  b.entry_point("infer");
  const BufferId x = b.input("x", {4, 4});
  const BufferId y = b.output("y", {4, 4});
  const BufferId a = b.temporary("a", {4, 4});
  const BufferId product = b.temporary("product", {4, 4});
  const TicketId ticket = {0};
  b.launch("relu", {x}, {a});
  schedule::Launch& job =
      b.launch("matmul", {a, x, {}}, {product},
               {{"transpose_a", false}, {"transpose_b", false}, {"reduce", false}});
  job.is_on_engine = true;
  job.ticket = ticket;
  SUBCASE("in order") {
    b.wait(ticket);
    b.launch("relu", {product}, {y});
    CHECK(validate_planned(b.schedule()) == Violations{});
  }
  SUBCASE("operands may be read meanwhile") {
    b.launch("relu", {a}, {y});
    b.wait(ticket);
    CHECK(validate_planned(b.schedule()) == Violations{});
  }
  SUBCASE("read too early") {
    b.launch("relu", {product}, {y});
    b.wait(ticket);
    CHECK(validate_planned(b.schedule()) ==
          Violations{"infer, step 2 (relu): reads element 0 of %3 from `product` (b3), but job t0 "
                     "is not there yet"});
  }
  SUBCASE("an operand is changed too early") {
    b.launch("relu", {x}, {a});
    b.wait(ticket);
    b.launch("relu", {product}, {y});
    CHECK(validate_planned(b.schedule()) ==
          Violations{"infer, step 2 (relu): writes `a` (b2) where job t0 is under way"});
  }
  SUBCASE("the result is written by somebody else, too") {
    b.launch("relu", {x}, {product});
    b.wait(ticket);
    b.launch("relu", {x}, {y});
    CHECK(validate_planned(b.schedule()) ==
          Violations{"infer, step 2 (relu): writes `product` (b3) where job t0 is under way"});
  }
  SUBCASE("never waited for") {
    b.launch("relu", {x}, {y});
    CHECK(validate_planned(b.schedule()) ==
          Violations{"infer, at the end: job t0 is never waited for"});
  }
  SUBCASE("the cores' launches have no tickets") {
    std::get<schedule::Launch>(b.schedule().entry_points[0].steps[1]).is_on_engine = false;
    b.wait(ticket);
    b.launch("relu", {product}, {y});
    CHECK(validate_planned(b.schedule()) ==
          Violations{"infer, step 1 (matmul): has ticket t0, and the cores run it"});
  }
}

TEST_CASE("background copies") {
  ScheduleBuilder b;
  b.entry_point("infer");
  const BufferId x = b.input("x", {8});
  const BufferId y = b.output("y", {8});
  const BufferId from = b.temporary("from", {8});
  const BufferId to = b.temporary("to", {8});
  const TicketId ticket = {0};
  b.launch("relu", {x}, {from});
  b.copy(b.whole(from), b.whole(to), ticket);
  SUBCASE("in order") {
    b.wait(ticket);
    b.launch("relu", {to}, {y});
    CHECK(validate_planned(b.schedule()) == Violations{});
  }
  SUBCASE("read too early") {
    b.launch("relu", {to}, {y});
    b.wait(ticket);
    CHECK(validate_planned(b.schedule()) ==
          Violations{"infer, step 2 (relu): reads element 0 of %2 from `to` (b3), but transfer t0 "
                     "is not there yet"});
  }
  SUBCASE("the source is changed too early") {
    b.launch("relu", {x}, {from});
    b.wait(ticket);
    b.launch("relu", {to}, {y});
    CHECK(validate_planned(b.schedule()) ==
          Violations{"infer, step 2 (relu): writes `from` (b2) where transfer t0 is under way"});
  }
  SUBCASE("never waited for, and waited for in vain") {
    b.launch("relu", {from}, {y});
    b.wait(TicketId{7});
    CHECK(validate_planned(b.schedule()) ==
          Violations{"infer, step 3 (wait): t7 was not started",
                     "infer, at the end: transfer t0 is never waited for"});
  }
  SUBCASE("only what is there is copied") {
    b.wait(ticket);
    b.copy(b.whole(b.temporary("nothing", {8})), b.whole(to));
    b.launch("relu", {from}, {y});
    CHECK(validate_planned(b.schedule()) ==
          Violations{"infer, step 3 (copy): copies from `nothing` (b4), but nothing wrote there in "
                     "this call"});
  }
  SUBCASE("copies keep shapes and do not overlap") {
    b.wait(ticket);
    b.copy(b.slice(to, 0, 4), b.slice(to, 2, 4));
    b.copy(b.slice(to, 0, 4), b.slice(y, 0, 5));
    b.copy(b.slice(to, 0, 4), b.slice(y, 4, 4));
    CHECK(validate_planned(b.schedule()) ==
          Violations{"infer, step 3 (copy): copies `to` (b3) over itself",
                     "infer, step 4 (copy): copies `to` (b3) to a different shape of `y` (b1)",
                     "infer, at the end: output `y` (b1) should hold element 0 of %1, but nothing "
                     "wrote there in this call"});
  }
}

TEST_CASE("a buffer that turns use again holds what its own turn wrote") {
  // y = relu(x) + relu(x), two elements a turn; `carried` gets there a turn earlier.
  ScheduleBuilder b;
  b.entry_point("infer");
  const BufferId x = b.input("x", {8});
  const BufferId y = b.output("y", {8});
  const BufferId carried = b.temporary("carried", {2});
  const BufferId local = b.temporary("local", {2});
  const auto early = b.node("relu", {{b.value(x), {8}}}, {8});
  const auto late = b.node("relu", {{b.value(x), {8}}}, {8});
  const auto sum = b.node("add", {{late.outputs[0], {8}}, {early.outputs[0], {8}}}, {8});
  b.set_value(y, sum.outputs[0]);
  b.piece(early, {{0, 2}}, {b.slice(x, 0, 2)}, {b.whole(carried)});
  for (int64_t i = 0; i < 8; i += 2) {
    b.piece(late, {{i, i + 2}}, {b.slice(x, i, 2)}, {b.whole(local)});
    b.piece(sum, {{i, i + 2}}, {b.whole(local), b.whole(carried)}, {b.slice(y, i, 2)});
    if (i < 6) b.piece(early, {{i + 2, i + 4}}, {b.slice(x, i + 2, 2)}, {b.whole(carried)});
  }
  MemoryPlan plan = planned(b.schedule());
  CHECK(validate(b.schedule(), plan) == Violations{});
  std::vector<schedule::Step>& steps = b.schedule().entry_points[0].steps;
  SUBCASE("an overlap") {  // as if `local` lived after the read of `carried` only
    place(plan, local).offset = place(plan, carried).offset;
    CHECK(validate(b.schedule(), plan)[0] ==
          "infer, step 2 (add): reads element 0 of %2 from `carried` (b2), but finds element 0 of "
          "%3, which step 1 (relu) wrote to `local` (b3)");
  }
  SUBCASE("the turn before") {
    std::swap(steps[4], steps[5]);
    CHECK(validate(b.schedule(), plan)[0] ==
          "infer, step 4 (add): reads element 2 of %3 from `local` (b3), but finds element 0 of "
          "%3, which step 1 (relu) wrote to `local` (b3)");
  }
  SUBCASE("a turn is missing") {
    steps.erase(steps.begin() + 3);
    CHECK(validate(b.schedule(), plan).back() ==
          "infer, at the end: node 0 (relu): no launch computes axis0 2..4");
  }
}

// ---- pieces ------------------------------------------------------------------------------------

/// y = conv2d(relu(x), w), 3x3 with padding 1, in two strips of rows. What a strip needs of relu(x)
/// is in `strip`, whose last two rows move to its front for the next.
///
///     step 0  relu    rows 0..5 of t   to rows 0..5 of `strip`
///     step 1  conv2d  rows 0..4 of y   from rows 0..5 of `strip`
///     step 2  copy    rows 3..5 of `strip` to rows 0..2 of it, in the background
///     step 3  relu    rows 5..8 of t   to rows 2..5 of `strip`
///     step 4  wait
///     step 5  conv2d  rows 4..8 of y   from rows 0..5 of `strip`
struct Strips {
  static constexpr int64_t kChannels = 3, kHeight = 8, kWidth = 8, kRows = 5;
  ScheduleBuilder b;
  BufferId x, w, y, strip;

  Strips() {
    b.entry_point("infer");
    x = b.input("x", {kChannels, kHeight, kWidth});
    w = b.input("w", {2, kChannels, 3, 3});
    y = b.output("y", {2, kHeight, kWidth});
    strip = b.temporary("strip", {kChannels, kRows, kWidth});
    b.schedule().buffers[strip].level = test::kL1;
    const ir::Dims image = {kChannels, kHeight, kWidth};
    const auto relu = b.node("relu", {{b.value(x), image}}, image);
    const auto conv =
        b.node("conv2d", {{relu.outputs[0], image}, {b.value(w), {2, kChannels, 3, 3}}},
               {2, kHeight, kWidth}, {{"padding", std::vector<int64_t>{1, 1}}});
    const auto rows = [&](int64_t begin, int64_t end) {
      return ops::Box{{0, kChannels}, {begin, end}, {0, kWidth}};
    };
    const auto output_rows = [&](int64_t begin, int64_t end) {
      ops::Box box = ops::whole_box(conv.op->space(conv.call));
      box[3] = {begin, end};  // after group, output and channel
      return box;
    };
    b.set_value(y, conv.outputs[0]);
    b.piece(relu, rows(0, 5), {image_rows(x, kHeight, 0, 5)}, {image_rows(strip, kRows, 0, 5)});
    b.piece(conv, output_rows(0, 4), {image_rows(strip, kRows, 0, 5), b.whole(w)},
            {image_rows(y, kHeight, 0, 4, 2)});
    b.copy(image_rows(strip, kRows, 3, 2), image_rows(strip, kRows, 0, 2), TicketId{0});
    b.piece(relu, rows(5, 8), {image_rows(x, kHeight, 5, 3)}, {image_rows(strip, kRows, 2, 3)});
    b.wait(TicketId{0});
    b.piece(conv, output_rows(4, 8), {image_rows(strip, kRows, 0, 5), b.whole(w)},
            {image_rows(y, kHeight, 4, 4, 2)});
  }

  /// `count` rows of a buffer of images with `height` rows.
  static schedule::View image_rows(BufferId buffer, int64_t height, int64_t begin, int64_t count,
                                   int64_t channels = kChannels) {
    return {.buffer = buffer,
            .offset = begin * kWidth,
            .extent = {channels, count, kWidth},
            .stride = {height * kWidth, kWidth, 1}};
  }

  std::vector<schedule::Step>& steps() { return b.schedule().entry_points[0].steps; }
  Launch& launch(size_t index) { return std::get<Launch>(steps().at(index)); }
  Copy& copy() { return std::get<Copy>(steps().at(2)); }
  [[nodiscard]] Violations check() const { return validate_planned(b.schedule()); }
};

TEST_CASE("a strip holds the rows that its box needs, halo rows by a copy") {
  Strips s;
  // `strip` is no copy of any value: its rows are those of t from another row on each turn.
  SUBCASE("as it should be") {
    // The rows that stay are read by the copy while relu writes rows 2 to 4 of them.
    CHECK(s.check() ==
          Violations{"infer, step 3 (relu): writes `strip` (b3) where transfer t0 is under way"});
    std::swap(s.steps()[3], s.steps()[4]);
    CHECK(s.check() == Violations{});
  }
  std::swap(s.steps()[3], s.steps()[4]);
  const std::string last = "infer, step 5 (conv2d): ";
  SUBCASE("the copy is one row too low") {
    s.copy().from.offset -= Strips::kWidth;
    CHECK(s.check() ==
          Violations{"infer, step 5 (conv2d): reads element 24 of %3 from `strip` (b3), but finds "
                     "element 16 of %3, which step 2 (copy) wrote to `strip` (b3)"});
  }
  SUBCASE("the copy brings its rows to the wrong place") {
    s.copy().to.offset += Strips::kWidth;
    CHECK(s.check()[0] ==
          "infer, step 5 (conv2d): reads element 24 of %3 from `strip` (b3), but finds element 0 "
          "of %3, which step 0 (relu) wrote to `strip` (b3)");
  }
  SUBCASE("the copy is missing") {
    s.steps().erase(s.steps().begin() + 2, s.steps().begin() + 4);
    CHECK(s.check() ==
          Violations{"infer, step 3 (conv2d): reads element 24 of %3 from `strip` (b3), but finds "
                     "element 0 of %3, which step 0 (relu) wrote to `strip` (b3)"});
  }
  SUBCASE("nobody waits for the copy") {
    s.steps().erase(s.steps().begin() + 3);
    CHECK(
        s.check()[1] ==
        "infer, step 4 (conv2d): reads element 24 of %3 from `strip` (b3), but transfer t0 is not "
        "there yet");
  }
  SUBCASE("the view of the strip is one row too high") {
    s.launch(1).inputs[0]->extent[1] = 4;
    CHECK(s.check()[0] ==
          "infer, step 1 (conv2d): a view of `strip` (b3) has shape [3, 4, 8], its box takes "
          "[3, 5, 8]");
  }
  SUBCASE("the box is one row too high") {
    s.launch(5).box[3] = {3, 7};
    s.launch(5).inputs[0]->extent[1] = 5;
    CHECK(s.check() ==
          Violations{"infer, step 5 (conv2d): a view of `strip` (b3) has shape [3, 5, 8], its box "
                     "takes [3, 6, 8]",
                     "infer, at the end: node 1 (conv2d): 2 launches compute row 3..4",
                     "infer, at the end: output `y` (b2) should hold element 32 of %4, but finds "
                     "element 24 of %4, which step 5 (conv2d) wrote to `y` (b2)"});
  }
  SUBCASE("new rows are written one row too high") {
    s.launch(4).outputs[0].offset -= Strips::kWidth;
    CHECK(s.check()[0] ==
          "infer, step 5 (conv2d): reads element 32 of %3 from `strip` (b3), but finds element 40 "
          "of %3, which step 4 (relu) wrote to `strip` (b3)");
  }
  SUBCASE("the result is written one row too high") {
    s.launch(5).outputs[0].offset -= Strips::kWidth;
    CHECK(s.check() ==
          Violations{"infer, at the end: output `y` (b2) should hold element 24 of %4, but finds "
                     "element 32 of %4, which step 5 (conv2d) wrote to `y` (b2)"});
  }
  SUBCASE("strips in the wrong order") {
    std::swap(s.steps()[0], s.steps()[4]);
    CHECK(
        s.check()[0] ==
        "infer, step 1 (conv2d): reads element 0 of %3 from `strip` (b3), but nothing wrote there "
        "in this call");
  }
  SUBCASE("a strip is launched twice") {
    s.steps().push_back(s.steps()[5]);
    CHECK(s.check() ==
          Violations{"infer, at the end: node 1 (conv2d): 2 launches compute row 4..8"});
  }
  SUBCASE("a strip is left out") {
    s.steps().erase(s.steps().begin() + 1);
    CHECK(s.check()[0] == "infer, at the end: node 1 (conv2d): no launch computes row 0..4");
  }
}

/// y = x w in pieces of the chain, k = 6.
struct Chain {
  ScheduleBuilder b;
  BufferId x, w, y;
  ScheduleBuilder::Node node;

  explicit Chain(const std::vector<ops::Range>& pieces) {
    b.entry_point("infer");
    x = b.input("x", {2, 6});
    w = b.input("w", {6, 3});
    y = b.output("y", {2, 3});
    node = b.node("matmul", {{b.value(x), {2, 6}}, {b.value(w), {6, 3}}}, {2, 3});
    node.inputs.emplace_back();
    node.call.inputs.emplace_back();
    b.set_value(y, node.outputs[0]);
    for (const ops::Range& k : pieces) {
      Launch& launch = b.piece(
          node, {{0, 2}, {0, 3}, k},
          {{.buffer = x, .offset = k.begin, .extent = {2, k.extent()}, .stride = {6, 1}},
           {.buffer = w, .offset = 3 * k.begin, .extent = {k.extent(), 3}, .stride = {3, 1}}},
          {b.whole(y)});
      launch.inputs.emplace_back();
    }
  }
  [[nodiscard]] Violations check() const { return validate_planned(b.schedule()); }
};

TEST_CASE("pieces of a chain go on where the piece before stopped") {
  CHECK(Chain({{0, 6}}).check() == Violations{});
  CHECK(Chain({{0, 1}, {1, 5}, {5, 6}}).check() == Violations{});
  CHECK(Chain({{0, 3}, {5, 6}, {3, 5}}).check() ==
        Violations{"infer, step 1 (matmul): goes on with element 0 of %3, summed up to 5, in `y` "
                   "(b2), but finds element 0 of %3, summed up to 3, which step 0 (matmul) wrote "
                   "to `y` (b2)",
                   "infer, step 2 (matmul): goes on with element 0 of %3, summed up to 3, in `y` "
                   "(b2), but finds element 0 of %3, which step 1 (matmul) wrote to `y` (b2)",
                   "infer, at the end: output `y` (b2) should hold element 0 of %3, but finds "
                   "element 0 of %3, summed up to 5, which step 2 (matmul) wrote to `y` (b2)"});
  CHECK(Chain({{2, 6}}).check()[0] ==
        "infer, step 0 (matmul): goes on with element 0 of %3, summed up to 2, in `y` (b2), but "
        "nothing wrote there in this call");
  CHECK(Chain({{0, 4}}).check() ==
        Violations{"infer, at the end: node 0 (matmul): no launch computes k 4..6",
                   "infer, at the end: output `y` (b2) should hold element 0 of %3, but finds "
                   "element 0 of %3, summed up to 4, which step 0 (matmul) wrote to `y` (b2)"});
  CHECK(Chain({{0, 4}, {4, 6}, {4, 6}}).check().back() ==
        "infer, at the end: node 0 (matmul): 2 launches compute k 4..6");
  CHECK(Chain({{0, 4}, {0, 4}, {4, 6}}).check() ==
        Violations{"infer, at the end: node 0 (matmul): 2 launches compute k 0..4"});
  Chain read_early({{0, 4}, {4, 6}});
  read_early.b.launch("relu", {read_early.y}, {read_early.b.output("z", {2, 3})});
  CHECK(read_early.check() == Violations{});
  std::vector<schedule::Step>& steps = read_early.b.schedule().entry_points[0].steps;
  std::swap(steps[1], steps[2]);
  CHECK(read_early.check() ==
        Violations{"infer, step 1 (relu): reads element 0 of %3 from `y` (b2), but finds element 0 "
                   "of %3, summed up to 4, which step 0 (matmul) wrote to `y` (b2)"});
}

TEST_CASE("launches of a node are one call, and a value has one maker") {
  Example e;
  SUBCASE("two nodes make one value") {
    e.launch(2).output_values[0] = e.launch(1).output_values[0];
    CHECK(e.check()[0] == "step, step 2 (relu): makes %4, which node 1 makes");
    e.launch(2).output_values[0] = e.b.value(e.x);
    CHECK(e.check()[0] == "step, step 2 (relu): makes %0, which the caller makes");
  }
  SUBCASE("two calls are one node") {
    e.launch(2).from = e.launch(1).from;
    CHECK(e.check()[0] ==
          "step, step 2 (relu): is another call than step 1 (add) of the same node 1");
  }
  SUBCASE("operands without values") {
    e.launch(2).input_values.clear();
    CHECK(e.check()[0] == "step, step 2 (relu): does not say which values its operands are");
  }
  SUBCASE("operands are exchanged for others of the same shape") {
    std::swap(e.launch(3).inputs[0], e.launch(3).inputs[1]);
    CHECK(e.check()[0] ==
          "step, step 3 (add): reads element 0 of %3 from `g` (b5), but finds element 0 of %5, "
          "which step 2 (relu) wrote to `g` (b5)");
  }
}

// ---- views -------------------------------------------------------------------------------------

TEST_CASE("operands are read through views where their elements lie") {
  ScheduleBuilder b;
  b.entry_point("infer");
  const BufferId x = b.input("x", {2, 3});
  const BufferId y = b.output("y", {3, 2});
  const ir::ValueId t = b.view(b.node("transpose", {{b.value(x), {2, 3}}}, {3, 2}));
  const auto relu = b.node("relu", {{t, {3, 2}}}, {3, 2});
  b.set_value(y, relu.outputs[0]);
  Launch& launch =
      b.piece(relu, {{0, 3}, {0, 2}},
              {{.buffer = x, .offset = 0, .extent = {3, 2}, .stride = {1, 3}}}, {b.whole(y)});
  CHECK(validate_planned(b.schedule()) == Violations{});
  SUBCASE("not turned") {
    launch.inputs[0] = schedule::whole(x, {3, 2});
    CHECK(validate_planned(b.schedule()) ==
          Violations{"infer, step 0 (relu): reads element 3 of %0 from `x` (b0), but finds element "
                     "1 of %0, which the caller wrote to `x` (b0)"});
  }
  SUBCASE("a row twice") {
    launch.inputs[0]->stride[1] = 0;
    CHECK(validate_planned(b.schedule()) ==
          Violations{"infer, step 0 (relu): reads element 3 of %0 from `x` (b0), but finds element "
                     "0 of %0, which the caller wrote to `x` (b0)"});
  }
}

TEST_CASE("parts of a concat are made in place") {
  ScheduleBuilder b;
  b.entry_point("infer");
  const BufferId x = b.input("x", {2, 2});
  const BufferId y = b.output("y", {2, 4});
  const auto columns = [&](int64_t begin) {
    return schedule::View{.buffer = y, .offset = begin, .extent = {2, 2}, .stride = {4, 1}};
  };
  const auto first = b.node("relu", {{b.value(x), {2, 2}}}, {2, 2});
  const auto second = b.node("exp", {{b.value(x), {2, 2}}}, {2, 2});
  b.set_value(y, b.view(b.node("concat", {{first.outputs[0], {2, 2}}, {second.outputs[0], {2, 2}}},
                               {2, 4}, {{"axis", int64_t{-1}}})));
  b.piece(first, {{0, 2}, {0, 2}}, {b.whole(x)}, {columns(0)});
  Launch& last = b.piece(second, {{0, 2}, {0, 2}}, {b.whole(x)}, {columns(2)});
  CHECK(validate_planned(b.schedule()) == Violations{});
  last.outputs[0] = columns(1);
  CHECK(validate_planned(b.schedule()) ==
        Violations{"infer, at the end: output `y` (b1) should hold element 1 of %2, but finds "
                   "element 0 of %3, which step 1 (exp) wrote to `y` (b1)"});
}

TEST_CASE("after twenty violations it is enough") {
  Example e;
  for (int i = 0; i < 100; ++i) e.b.launch("relu", {e.h}, {e.y});
  CHECK(e.check().size() == 20);
}

}  // namespace
}  // namespace tdc::memory
