// Every op in pieces: the launches of random ragged boxes, in the order of chains, give the bits of
// the launch of the whole, for every axis and every pair of axes of every sample of every record.
// What follows from a space (regions, cuts, work) is derived, so this is all that an op has to
// pass.

#include "unit/schedule/pieces.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "memory/plan_memory.h"
#include "memory/run_schedule.h"
#include "memory/validate.h"
#include "ops/registry.h"
#include "unit/kernels/library.h"
#include "unit/ops/samples.h"
#include "unit/schedule/schedules.h"

namespace tdc::schedule {
namespace {

using ops::AxisKind;
using ops::Box;
using ops::Call;
using ops::OpDef;
using ops::Range;
using ops::Space;
using ops::Tensor;
using test::Random;

class PiecesTest {
 public:
  PiecesTest(const OpDef& op, Call call, std::vector<std::optional<Tensor>> tensors)
      : op_(op), call_(std::move(call)), tensors_(std::move(tensors)), space_(op_.space(call_)) {
    expected_ = run({ops::whole_box(space_)}, 1, &library_);
  }

  void check(const std::vector<size_t>& axes, Random& random, uint32_t cores) {
    const std::vector<Box> pieces = test::boxes(space_, axes, random);
    if (pieces.size() == 1 || pieces.size() > 200) return;
    ++cuts;
    for (const size_t axis : axes) CAPTURE(space_.axes[axis].name);
    int64_t flop = 0;
    for (const Box& box : pieces) {
      REQUIRE(ops::cut_problem(space_, box) == std::nullopt);
      flop += ops::flop(op_, space_, box);
    }
    if (op_.work == ops::Work::points) CHECK(flop == ops::flop(op_, call_));
    check_bits(run(pieces, cores, &library_));
    if (!op_.kernel->engine_file.empty()) {
      check_bits(run(pieces, cores, &engine_));
      ++cuts_on_engine;
    }
    const auto reference = run(pieces, 1, nullptr);
    for (size_t i = 0; i < reference.size(); ++i)
      CHECK(kernels::relative_error(
                expected_[i], std::vector<double>(reference[i].begin(), reference[i].end())) <=
            op_.kernel_tolerance + 1e-6);
  }

  [[nodiscard]] const Space& space() const { return space_; }
  static inline int cuts = 0, cuts_on_engine = 0;

 private:
  void check_bits(const std::vector<std::vector<float>>& found) {
    for (size_t i = 0; i < found.size(); ++i) CHECK(kernels::same_bits(found[i], expected_[i]));
  }

  /// With `library`, or by reference evaluation.
  std::vector<std::vector<float>> run(const std::vector<Box>& pieces, uint32_t cores,
                                      const KernelLibrary* library) {
    test::ScheduleBuilder b;
    std::vector<BufferId> inputs, outputs;
    const auto accumulator = static_cast<size_t>(op_.accumulator);
    const bool continues = op_.accumulator >= 0 && call_.inputs[accumulator];
    const BufferId sum = continues ? b.variable("sum", call_.output(0).dims) : BufferId{};
    b.entry_point("step");
    for (size_t i = 0; i < call_.inputs.size(); ++i) {
      inputs.emplace_back();
      if (!call_.inputs[i]) continue;
      inputs.back() = continues && i == accumulator
                          ? b.next_version(sum)
                          : b.input(fmt::format("x{}", i), call_.input(i).dims);
      b.schedule().buffers[inputs.back()].type = call_.input(i);
    }
    for (size_t i = 0; i < call_.outputs.size(); ++i) {
      outputs.push_back(continues && i == 0
                            ? inputs[accumulator]
                            : b.output(fmt::format("y{}", i), call_.output(i).dims));
      b.schedule().buffers[outputs.back()].type = call_.output(i);
    }
    b.pieces(op_, call_, pieces, inputs, outputs);
    const memory::MemoryPlan plan =
        std::get<memory::MemoryPlan>(memory::plan_memory(b.schedule(), test::two_level_chip()));
    CHECK(memory::validate(b.schedule(), plan) == std::vector<std::string>{});
    memory::ScheduleRun run(b.schedule(), plan,
                            {.kernels = library, .cores = cores, .red_zone = {64}});
    for (const BufferId output : outputs)  // what must not be read
      test::set_bits(
          run, b.schedule(), output,
          std::vector<float>(
              static_cast<size_t>(ir::element_count(b.schedule().buffers[output].type)), NAN));
    for (size_t i = 0; i < inputs.size(); ++i) {
      if (!inputs[i].is_valid()) continue;
      const std::vector<double>& data = tensors_[i]->data;
      if (call_.input(i).dtype == ir::DType::f32)
        run.set(inputs[i], std::vector<float>(data.begin(), data.end()));
      else
        run.set(inputs[i], std::vector<int32_t>(data.begin(), data.end()));
    }
    run.run(b.schedule().entry_points[0]);
    std::vector<std::vector<float>> results;
    for (const BufferId output : outputs)
      results.push_back(test::bits_of(run, b.schedule(), output));
    return results;
  }

  const OpDef& op_;
  Call call_;
  std::vector<std::optional<Tensor>> tensors_;
  Space space_;
  kernels::Library library_;
  kernels::EngineLibrary engine_;
  std::vector<std::vector<float>> expected_;
};

TEST_CASE("pieces of every op have the bits of the whole, whatever axes are cut") {
  for (const OpDef* op : ops::all_ops()) {
    if (op->space == nullptr) continue;
    const int before = PiecesTest::cuts;
    test::for_each_call(*op, [&](const Call& call,
                                 const std::vector<std::optional<Tensor>>& tensors, uint64_t seed) {
      PiecesTest test(*op, call, tensors);
      Random random(seed);
      const size_t axes = test.space().axes.size();
      const uint32_t teams[] = {1, 2, 3, 8};
      size_t turn = 0;
      for (size_t first = 0; first < axes; ++first) {
        test.check({first}, random, teams[turn++ % 4]);
        for (size_t second = first + 1; second < axes; ++second)
          test.check({first, second}, random, teams[turn++ % 4]);
      }
    });
    INFO("op ", std::string(op->name));
    CHECK_MESSAGE(PiecesTest::cuts > before, "no sample of it was cut");
  }
  CHECK(PiecesTest::cuts_on_engine > 1000);
}

TEST_CASE("cuts against the order of chains, and of axes that kernels merge, are refused") {
  int refused = 0;
  for (const OpDef* op : ops::all_ops()) {
    if (op->space == nullptr) continue;
    for (const ops::Sample& sample : op->samples()) {
      const Space space = op->space(ops::call_of(*op, sample));
      for (size_t axis = 0; axis < space.axes.size(); ++axis) {
        if (space.axes[axis].extent == 1) continue;
        Box box = ops::whole_box(space);
        box[axis].end -= 1;
        bool is_inside = false;
        for (const size_t outer : test::outside_of(space, axis))
          is_inside = is_inside || space.axes[outer].extent > 1;
        INFO("op ", std::string(op->name), ", axis ", space.axes[axis].name);
        CHECK(ops::cut_problem(space, box).has_value() == is_inside);
        refused += is_inside ? 1 : 0;
        box[axis] = {0, space.axes[axis].extent + 1};
        CHECK(ops::cut_problem(space, box).has_value());
        box[axis] = {1, 1};
        CHECK(ops::cut_problem(space, box).has_value());
      }
    }
  }
  CHECK(refused > 40);
}

TEST_CASE(
    "a strip of a convolution has the bits of the whole, and moving anything of it is noticed") {
  //     image 8x8, kernel 3x3, padding 1     strip 0: rows 0 to 3 of y, 0 to 4 of x
  //                                          strip 1: rows 4 to 7 of y, 3 to 7 of x
  const auto schedule_with = [](auto change) {
    test::ScheduleBuilder b;
    b.entry_point("step");
    const BufferId x = b.input("x", {3, 8, 8}), w = b.input("w", {3, 3, 3, 3});
    const BufferId y = b.output("y", {3, 8, 8});
    const Call call = {
        .inputs = {ir::TensorType{.dims = {3, 8, 8}}, ir::TensorType{.dims = {3, 3, 3, 3}}},
        .outputs = {ir::TensorType{.dims = {3, 8, 8}}},
        .attributes =
            ops::complete_attributes(ops::op("conv2d"), {{"padding", std::vector<int64_t>{1, 1}}})};
    std::vector<Box> strips(2, ops::whole_box(ops::op("conv2d").space(call)));
    const size_t row = 3;  // after group, output and channel
    strips[0][row] = {0, 4};
    strips[1][row] = {4, 8};
    b.pieces(ops::op("conv2d"), call, strips, {x, w}, {y});
    change(std::get<Launch>(b.schedule().entry_points[0].steps[1]));
    return b.schedule();
  };
  const auto violations = [&](auto change) {
    const Schedule schedule = schedule_with(change);
    const memory::MemoryPlan plan =
        std::get<memory::MemoryPlan>(memory::plan_memory(schedule, test::two_level_chip()));
    return memory::validate(schedule, plan);
  };
  const Schedule schedule = schedule_with([](Launch&) {});
  CHECK(std::get<Launch>(schedule.entry_points[0].steps[1]).inputs[0]->extent == ir::Dims{3, 5, 8});
  CHECK(violations([](Launch&) {}).empty());
  using Violations = std::vector<std::string>;
  CHECK(violations([](Launch& launch) { launch.inputs[0]->offset += 8; }) ==
        Violations{"step, step 1 (conv2d): a view of `x` (b0) reaches elements 32 to 199 of 192"});
  CHECK(violations([](Launch& launch) { launch.inputs[0]->offset -= 8; }) ==
        Violations{"step, step 1 (conv2d): reads element 24 of %0 from `x` (b0), but finds element "
                   "16 of %0, which the caller wrote to `x` (b0)"});
  CHECK(violations([](Launch& launch) { launch.outputs[0].offset -= 8; }) ==
        Violations{"step, at the end: output `y` (b2) should hold element 24 of %3, but finds "
                   "element 32 of %3, which step 1 (conv2d) wrote to `y` (b2)"});
  CHECK(violations([](Launch& launch) { launch.box[3] = {3, 7}; }) ==
        Violations{"step, step 1 (conv2d): a view of `x` (b0) has shape [3, 5, 8], its box takes "
                   "[3, 6, 8]",
                   "step, at the end: node 0 (conv2d): 2 launches compute row 3..4",
                   "step, at the end: output `y` (b2) should hold element 32 of %3, but finds "
                   "element 24 of %3, which step 1 (conv2d) wrote to `y` (b2)"});
}

}  // namespace
}  // namespace tdc::schedule
