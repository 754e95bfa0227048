// Operands in a scratchpad: every op in tiles of every size against the op as it is, and what stays
// where it is.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "memory/plan_memory.h"
#include "memory/run_schedule.h"
#include "memory/validate.h"
#include "ops/registry.h"
#include "schedule/loops.h"
#include "schedule/passes.h"
#include "schedule/text.h"
#include "unit/kernels/kernels.h"
#include "unit/kernels/library.h"
#include "unit/schedule/pieces.h"
#include "unit/schedule/schedules.h"

namespace tdc::schedule {
namespace {

using ops::Call;
using ops::OpDef;
using ops::Tensor;
using test::generous_chip;

/// One launch of a call, whose operands are arguments.
class WholeCall {
 public:
  WholeCall(const OpDef& op, const Call& call, const std::vector<std::optional<Tensor>>& tensors)
      : tensors_(tensors) {
    const auto accumulator = static_cast<size_t>(op.accumulator);
    const bool continues = op.accumulator >= 0 && call.inputs[accumulator];
    const BufferId sum = continues ? builder_.variable("sum", call.output(0).dims) : BufferId{};
    builder_.entry_point("step");
    for (size_t i = 0; i < call.inputs.size(); ++i) {
      inputs_.emplace_back();
      if (!call.inputs[i]) continue;
      inputs_.back() = continues && i == accumulator
                           ? builder_.next_version(sum)
                           : builder_.input(fmt::format("x{}", i), call.input(i).dims);
      builder_.schedule().buffers[inputs_.back()].type = call.input(i);
    }
    for (size_t i = 0; i < call.outputs.size(); ++i) {
      outputs_.push_back(continues && i == 0
                             ? inputs_[accumulator]
                             : builder_.output(fmt::format("y{}", i), call.output(i).dims));
      builder_.schedule().buffers[outputs_.back()].type = call.output(i);
    }
    builder_.pieces(op, call, {ops::whole_box(op.space(call))}, inputs_, outputs_);
  }

  [[nodiscard]] const Schedule& schedule() const { return builder_.schedule(); }

  /// Bytes of all operands.
  [[nodiscard]] int64_t bytes() const {
    std::set<BufferId> buffers(outputs_.begin(), outputs_.end());
    for (const BufferId input : inputs_)
      if (input.is_valid()) buffers.insert(input);
    int64_t bytes = 0;
    for (const BufferId buffer : buffers)
      bytes += align_up(ir::byte_size(schedule().buffers[buffer].type), {16}).count;
    return bytes;
  }

  /// What a schedule of the call gives, and that its plan is sound.
  [[nodiscard]] std::vector<std::vector<float>> run(const Schedule& schedule,
                                                    const chip::Chip& chip) const {
    const memory::MemoryPlan plan =
        std::get<memory::MemoryPlan>(memory::plan_memory(schedule, chip));
    CHECK(memory::validate(schedule, plan) == std::vector<std::string>{});
    const kernels::Library library;
    memory::ScheduleRun run(schedule, plan, {.kernels = &library, .cores = 3, .red_zone = {64}});
    for (const BufferId output : outputs_)
      test::set_bits(
          run, schedule, output,
          std::vector<float>(static_cast<size_t>(ir::element_count(schedule.buffers[output].type)),
                             NAN));
    for (size_t i = 0; i < inputs_.size(); ++i) {
      if (!inputs_[i].is_valid()) continue;
      const std::vector<double>& data = tensors_[i]->data;
      if (schedule.buffers[inputs_[i]].type.dtype == ir::DType::f32)
        run.set(inputs_[i], std::vector<float>(data.begin(), data.end()));
      else
        run.set(inputs_[i], std::vector<int32_t>(data.begin(), data.end()));
    }
    run.run(schedule.entry_points[0]);
    std::vector<std::vector<float>> results;
    for (const BufferId output : outputs_) results.push_back(test::bits_of(run, schedule, output));
    return results;
  }

 private:
  const std::vector<std::optional<Tensor>>& tensors_;
  test::ScheduleBuilder builder_;
  std::vector<BufferId> inputs_, outputs_;
};

size_t launches_of(const Schedule& schedule) {
  size_t count = 0;
  for (const Step& step : schedule.entry_points.at(0).steps)
    count += std::holds_alternative<Launch>(step) ? 1 : 0;
  return count;
}

/// Whether a piece without the last index of some axis is legal, and the axis is long enough: two
/// of two pieces take as much as the whole.
bool has_cut(const ops::Space& space) {
  for (size_t axis = 0; axis < space.axes.size(); ++axis) {
    if (space.axes[axis].extent < 4) continue;
    ops::Box box = ops::whole_box(space);
    --box[axis].end;
    if (!ops::cut_problem(space, box)) return true;
  }
  return false;
}

TEST_CASE("tile: what is too large in the smallest pieces takes as little as it can") {
  test::ScheduleBuilder b;
  b.entry_point("step");
  const ir::Attributes axis = {{"axis", int64_t{-1}}};
  b.launch("softmax", {b.input("x", {3, 1024})}, {b.output("y", {3, 1024})}, axis);
  b.launch("relu", {b.input("v", {3000})}, {b.output("w", {3000})});
  const auto too_large = [&](int64_t bytes) {
    return too_large_for_scratchpad(b.schedule(), generous_chip(bytes));
  };
  // Rows of 4 KiB of x and y, two of each: the next one comes while this one is worked on.
  const std::vector<TooLarge> found = too_large(16 * 1024 - 16);
  REQUIRE(found.size() == 1);
  CHECK(found[0].launch->op->name == "softmax");
  CHECK(found[0].bytes == Bytes{16 * 1024});
  CHECK(too_large(16 * 1024).empty());
  CHECK(launches_of(tile(b.schedule(), generous_chip(16 * 1024), CycleTable::rough())) > 3);
  CHECK(too_large(80).size() == 2);  // 256 pieces of 12 elements, two of each operand: 192 bytes
  CHECK(too_large(192).size() == 1);
}

TEST_CASE("tile: every op has the bits of the whole, however small the scratchpad is") {
  for (const OpDef* op : ops::all_ops()) {
    if (op->space == nullptr) continue;
    size_t brought = 0, in_pieces = 0, cases = 0;
    bool can_be_cut = false;
    test::for_each_call(
        *op, [&](const Call& call, const std::vector<std::optional<Tensor>>& tensors, uint64_t) {
          const WholeCall whole(*op, call, tensors);
          // Two pieces of each operand have to fit, at multiples of 16 bytes.
          can_be_cut = can_be_cut || (whole.bytes() >= 512 && has_cut(op->space(call)));
          const auto expected = whole.run(whole.schedule(), test::two_level_chip());
          // What fits, and what does only in few or many pieces.
          for (const int64_t share : {3, 7, 12, 24}) {
            const chip::Chip chip = generous_chip(whole.bytes() * share / 16);
            const Schedule tiled = tile(whole.schedule(), chip, CycleTable::rough());
            ++cases;
            if (launches_of(tiled) > 1) ++in_pieces;
            if (tiled.buffers.size() == whole.schedule().buffers.size()) continue;
            ++brought;
            const auto found = whole.run(tiled, chip);
            INFO(std::string(op->name), " with ", whole.bytes() * share / 16, " bytes of ",
                 whole.bytes());
            REQUIRE(found.size() == expected.size());
            for (size_t i = 0; i < found.size(); ++i)
              CHECK(kernels::same_bits(found[i], expected[i]));
          }
        });
    INFO(std::string(op->name), ": ", brought, " of ", cases, " cases, ", in_pieces, " in pieces");
    CHECK(brought > 0);
    if (can_be_cut) CHECK(in_pieces > 0);
  }
}

/// A product of `rows` by `rows`, from a scratchpad of `bytes`.
Schedule product(int64_t rows, int64_t bytes) {
  test::ScheduleBuilder b;
  b.entry_point("step");
  const BufferId x = b.input("x", {16, 64}), w = b.input("w", {64, rows});
  b.launch("matmul", {x, w, {}}, {b.output("y", {16, rows})},
           {{"transpose_a", false}, {"transpose_b", false}, {"reduce", false}});
  return tile(b.schedule(), generous_chip(bytes), CycleTable::rough());
}

TEST_CASE("tile: the steps of the C do not depend on the number of pieces") {
  const Schedule few = product(256, 16384), many = product(2048, 16384);
  CHECK(launches_of(few) >= 4);
  CHECK(launches_of(many) >= 64);
  CHECK(count_numbers(few.entry_points[0]) == count_numbers(many.entry_points[0]));
}

TEST_CASE("tile: what data decides, single elements, and everything without a scratchpad stays") {
  test::ScheduleBuilder b;
  b.entry_point("step");
  const BufferId table = b.input("table", {50, 8}), index = b.input("index", {6});
  b.schedule().buffers[index].type.dtype = ir::DType::i32;
  b.launch("embedding", {index, table}, {b.output("y", {6, 8})});
  const BufferId rate = b.input("rate", {}), x = b.input("x", {300});
  b.launch("mul", {x, rate}, {b.output("z", {300})});
  const chip::Chip chip = generous_chip(4096);
  const Schedule tiled = tile(b.schedule(), chip, CycleTable::rough());
  std::set<std::string> near;
  for (const Buffer& buffer : tiled.buffers)
    if (buffer.level == test::kL1) near.insert(buffer.name);
  CHECK(near == std::set<std::string>{"index (tile)", "x (tile)", "y (tile)", "z (tile)"});

  const chip::Chip without = test::two_level_chip();
  CHECK(to_text(tile(b.schedule(), without, CycleTable::rough()), without) ==
        to_text(b.schedule(), without));
}

TEST_CASE("tile: a convolution keeps its outputs together, which share the panels of its image") {
  test::ScheduleBuilder b;
  b.entry_point("step");
  const std::vector<int64_t> one = {1, 1}, two = {2, 2};  // taps that are no neighbours
  b.launch("conv2d", {b.input("x", {64, 16, 16}), b.input("w", {128, 64, 3, 3})},
           {b.output("y", {128, 16, 16})},
           {{"stride", one}, {"padding", two}, {"dilation", two}, {"groups", int64_t{1}}});
  const Schedule tiled =
      tile(b.schedule(), test::chip_with_scratchpad(96 * 1024, 60, 15), CycleTable::rough());
  CHECK(launches_of(tiled) > 1);
  for (const Step& step : tiled.entry_points[0].steps)
    if (const auto* launch = std::get_if<Launch>(&step)) CHECK(launch->outputs[0].extent[0] == 128);
}

TEST_CASE("tile: a product that fits by no single cut is cut along its rows and its chain") {
  test::ScheduleBuilder b;
  b.entry_point("step");
  b.launch("matmul", {b.input("x", {192, 192}), b.input("w", {192, 4}), {}},
           {b.output("y", {192, 4})},
           {{"transpose_a", false}, {"transpose_b", false}, {"reduce", false}});
  // Pieces of rows need all of w, of the chain all of y, 3 KiB each; of columns all of x.
  const chip::Chip chip = generous_chip(2560);
  CHECK(launches_of(tile(b.schedule(), chip, CycleTable::rough())) > 16);
  CHECK(too_large_for_scratchpad(b.schedule(), chip).empty());
}

TEST_CASE("tile: what gains nothing stays") {
  test::ScheduleBuilder b;
  b.entry_point("step");
  b.launch("relu", {b.input("x", {4})}, {b.output("y", {4})});
  const chip::Chip chip = test::chip_with_scratchpad(4096, 60, 15);
  CHECK(tile(b.schedule(), chip, CycleTable::rough()).buffers.size() ==
        b.schedule().buffers.size());
}

}  // namespace
}  // namespace tdc::schedule
