// An op that stands in no file of the compiler: a record with a space and `evaluate`, made here. It
// is cut along each of its axes, proved by the validator and put into strips from its space alone.

#include <doctest/doctest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "memory/plan_memory.h"
#include "memory/run_schedule.h"
#include "memory/validate.h"
#include "ops/op.h"
#include "schedule/group.h"
#include "schedule/passes.h"
#include "unit/schedule/pieces.h"
#include "unit/schedule/schedules.h"

namespace tdc::schedule {
namespace {

using ops::AxisKind;
using ops::Box;
using ops::Call;
using ops::OpDef;
using ops::Space;
using ops::SpaceBuilder;
using test::Random;
using test::ScheduleBuilder;

// y[row, i] = sum over the taps of w[tap] * x[row, stride * i + tap - padding], 0 beside x.
//
//     stride 2, padding 1, 3 taps      x   0 1 2 3 4 5 6 7
//                                      y  [0 . 1 . 2 . 3 ]     y[2] takes x[3..6]

constexpr int64_t kStride = 2, kPadding = 1;

Space stencil_space(const Call& call) {
  SpaceBuilder b;
  const size_t row = b.axis("row", call.output(0).dims[0]);
  const size_t column = b.axis("column", call.output(0).dims[1]);
  const size_t tap = b.axis("tap", call.input(1).dims[0], AxisKind::chain);
  const ops::Reach position = {
      .terms = {{column, kStride}, {tap, 1}},
      .windows = {{.low = -kPadding, .high = -kPadding, .extent = call.input(0).dims[1]}}};
  return b.input(ops::Access{.dims = {SpaceBuilder::along(row), position}})
      .input(ops::Access{.dims = {SpaceBuilder::along(tap)}})
      .output({.dims = {SpaceBuilder::along(row), SpaceBuilder::along(column)}})
      .finish();
}

void evaluate_stencil(const ops::Evaluation& e) {
  const ir::Dims &x = e.input(0).type.dims, &y = e.output(0).type.dims;
  for (int64_t row = 0; row < y[0]; ++row)
    for (int64_t i = 0; i < y[1]; ++i)
      for (int64_t tap = 0; tap < e.input(1).type.dims[0]; ++tap) {
        const int64_t at = kStride * i + tap - kPadding;
        if (at < 0 || at >= x[1]) continue;
        e.output(0).data[static_cast<size_t>(row * y[1] + i)] +=
            e.input(0).data[static_cast<size_t>(row * x[1] + at)] *
            e.input(1).data[static_cast<size_t>(tap)];
      }
}

// y[row] = sum of x[row, ..].

Space row_sum_space(const Call& call) {
  SpaceBuilder b;
  const size_t row = b.axis("row", call.input(0).dims[0]);
  const size_t column = b.axis("column", call.input(0).dims[1], AxisKind::chain);
  return b.input(ops::Access{.dims = {SpaceBuilder::along(row), SpaceBuilder::along(column)}})
      .output({.dims = {SpaceBuilder::along(row)}})
      .finish();
}

void evaluate_row_sum(const ops::Evaluation& e) {
  const ir::Dims& x = e.input(0).type.dims;
  for (int64_t row = 0; row < x[0]; ++row)
    for (int64_t i = 0; i < x[1]; ++i)
      e.output(0).data[static_cast<size_t>(row)] +=
          e.input(0).data[static_cast<size_t>(row * x[1] + i)];
}

/// What a kernel is called; none is there.
ops::KernelDef kernel_of_nobody(std::string_view name) {
  return {.name = name,
          .file = "",
          .fields = {},
          .bind = [](const ops::KernelCall&, ops::KernelScalars&) {}};
}

const OpDef kStencil = {.name = "test_stencil",
                        .evaluate = evaluate_stencil,
                        .work = ops::Work::points,
                        .space = stencil_space,
                        .kernel = kernel_of_nobody("test_stencil")};
const OpDef kRowSum = {.name = "test_row_sum",
                       .evaluate = evaluate_row_sum,
                       .work = ops::Work::points,
                       .space = row_sum_space,
                       .kernel = kernel_of_nobody("test_row_sum")};

Call call_of(const std::vector<ir::Dims>& inputs, const ir::Dims& output) {
  Call call = {.inputs = {}, .outputs = {{.dims = output}}, .attributes = {}};
  for (const ir::Dims& dims : inputs) call.inputs.emplace_back(ir::TensorType{.dims = dims});
  return call;
}

const Call kStencilCall = call_of({{3, 24}, {5}}, {3, 11});
const Call kRowSumCall = call_of({{3, 11}}, {3});

memory::MemoryPlan plan_of(const Schedule& schedule) {
  return std::get<memory::MemoryPlan>(memory::plan_memory(schedule, test::two_level_chip()));
}

/// The result `y` of entry point `step`, by `evaluate` over planned memory. Inputs are whole
/// numbers, so that no sum is rounded, whatever its order.
std::vector<float> result(const Schedule& schedule) {
  const memory::MemoryPlan plan = plan_of(schedule);
  for (const std::string& violation : memory::validate(schedule, plan)) FAIL_CHECK(violation);
  memory::ScheduleRun run(schedule, plan, {.red_zone = {64}});
  Random random(5);
  for (const Argument& argument : schedule.entry_points[0].arguments) {
    if (argument.is_output) continue;
    std::vector<float> values(
        static_cast<size_t>(ir::element_count(schedule.buffers[argument.buffer].type)));
    for (float& value : values) value = static_cast<float>(random.between(-50, 50));
    run.set(argument.buffer, values);
  }
  run.run(schedule.entry_points[0]);
  return run.floats(run.argument(schedule.entry_points[0], "y"));
}

/// One op, its result cut into boxes.
Schedule pieces_of(const OpDef& op, const Call& call, const std::vector<Box>& boxes) {
  ScheduleBuilder b;
  b.entry_point("step");
  std::vector<BufferId> inputs;
  for (size_t i = 0; i < call.inputs.size(); ++i)
    inputs.push_back(b.input("x" + std::to_string(i), call.input(i).dims));
  b.pieces(op, call, boxes, inputs, {b.output("y", call.output(0).dims)});
  return b.schedule();
}

TEST_CASE("an op made at run time is computed in pieces along each of its axes") {
  Random random(1);
  for (const auto& [op, call] : {std::pair(&kStencil, kStencilCall), {&kRowSum, kRowSumCall}}) {
    const Space space = op->space(call);
    const std::vector<float> expected = result(pieces_of(*op, call, {ops::whole_box(space)}));
    CHECK(std::ranges::any_of(expected, [](float value) { return value != 0; }));
    for (size_t first = 0; first < space.axes.size(); ++first)
      for (size_t second = first; second < space.axes.size(); ++second)
        for (int turn = 0; turn < 5; ++turn) {
          const std::vector<Box> boxes = test::boxes(space, {first, second}, random);
          CHECK(boxes.size() > 1);
          int64_t flop = 0;
          for (const Box& box : boxes) {
            CHECK(ops::cut_problem(space, box) == std::nullopt);
            flop += ops::points(space, box);
          }
          CHECK(flop == ops::points(space, ops::whole_box(space)));
          CHECK(result(pieces_of(*op, call, boxes)) == expected);
        }
  }
}

TEST_CASE("an op made at run time: a piece that is moved is noticed") {
  std::vector<Box> boxes(2, ops::whole_box(stencil_space(kStencilCall)));
  boxes[0][1] = {0, 6};
  boxes[1][1] = {6, 11};
  const auto violations = [&](auto change) {
    Schedule schedule = pieces_of(kStencil, kStencilCall, boxes);
    change(std::get<Launch>(schedule.entry_points[0].steps[1]));
    return memory::validate(schedule, plan_of(schedule)).size();
  };
  CHECK(violations([](Launch&) {}) == 0);
  CHECK(violations([](Launch& launch) { launch.inputs[0]->offset -= 1; }) > 0);
  CHECK(violations([](Launch& launch) { launch.outputs[0].offset -= 1; }) > 0);
  CHECK(violations([](Launch& launch) { launch.box[1] = {5, 10}; }) > 0);
  CHECK(violations([](Launch& launch) { launch.box[2] = {1, 5}; }) > 0);
}

TEST_CASE("ops made at run time get strips that lower the peak") {
  ScheduleBuilder b;
  b.entry_point("step");
  const ir::Dims x = {2, 256}, w = {5}, t = {2, 127}, u = {2, 62};
  const BufferId first = b.temporary("t", t), second = b.temporary("u", u);
  b.pieces(kStencil, call_of({x, w}, t), {ops::whole_box(stencil_space(call_of({x, w}, t)))},
           {b.input("x", x), b.input("w", w)}, {first});
  b.pieces(kStencil, call_of({t, w}, u), {ops::whole_box(stencil_space(call_of({t, w}, u)))},
           {first, b.input("v", w)}, {second});
  b.pieces(kRowSum, call_of({u}, {2}), {ops::whole_box(row_sum_space(call_of({u}, {2})))}, {second},
           {b.output("y", {2})});
  const Schedule whole = b.schedule();
  const std::vector<float> expected = result(whole);
  const std::vector<StripChoice> choices = strip_choices(whole, 0, 1);
  CHECK(choices.size() >= 6);
  for (const StripChoice& choice : choices) {
    CAPTURE(choice.first);
    CAPTURE(choice.last);
    CAPTURE(choice.axis);
    CAPTURE(choice.length);
    CHECK(result(in_strips(whole, choice)) == expected);
  }
  const Schedule strips = group(whole, test::two_level_chip());
  CHECK(result(strips) == expected);
  const auto peak = [](const Schedule& schedule) {
    return plan_of(schedule).levels[test::kL2].peak.count;
  };
  CHECK(peak(strips) * 4 < peak(whole) * 3);
}

}  // namespace
}  // namespace tdc::schedule
