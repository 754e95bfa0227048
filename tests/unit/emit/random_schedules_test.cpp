// Random schedules as C: launches over aliases and views, tiles that are copied, pieces of every op
// of the registry, strips, and random modules after all passes. Each program has dozens of entry
// points and gives the bits of `ScheduleRun` in every way that it is built and run. The next commit
// draws others (TDC_TURN).

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "ops/registry.h"
#include "schedule/group.h"
#include "schedule/lower.h"
#include "schedule/passes.h"
#include "support/files.h"
#include "unit/emit/emitted.h"
#include "unit/kernels/kernels.h"
#include "unit/own_programs.h"
#include "unit/schedule/convolutions.h"
#include "unit/schedule/pieces.h"
#include "unit/schedule/random_modules.h"
#include "unit/schedule/schedules.h"

namespace tdc::test {
namespace {

using ops::Call;
using ops::OpDef;
using schedule::BufferId;
using schedule::Schedule;

void check(const EmittedProgram& program) {
  CHECK(program.violations() == std::vector<std::string>{});
  program.check();
}

void check(const Schedule& schedule) {
  check(EmittedProgram(schedule, draw_values(schedule, turn())));
}

TEST_CASE("emitted: launches, aliases, views and copies of random schedules") {
  check(random_schedule(turn(), {.entry_points = 12, .launches = 15, .with_transfers = false}));
}

/// With operands in tiles, kept near and fetched ahead where they can be.
schedule::Schedule in_scratchpad(const schedule::Schedule& schedule, const chip::Chip& chip) {
  return schedule::prefetch(
      schedule::keep_near(schedule::tile(schedule, chip, schedule::CycleTable::rough()), chip),
      chip);
}

/// One entry point for each call of the samples of all ops, or for one of `share` in turn: the
/// whole op, and pieces of it.
class RegistryProgram {
 public:
  explicit RegistryProgram(uint64_t share = 1) : random_(turn()) {
    uint64_t calls = turn();
    for (const OpDef* op : ops::all_ops()) {
      if (!op->kernel) continue;
      for_each_call(*op,
                    [&](const Call& call, const std::vector<std::optional<ops::Tensor>>& tensors,
                        uint64_t seed) {
                      if (calls++ % share != 0) return;
                      builder_.entry_point(fmt::format("{}_{}", op->name, seed));
                      add(*op, call, tensors);
                    });
    }
  }

  [[nodiscard]] EmittedProgram make() { return {builder_.schedule(), std::move(values_)}; }
  /// The same with its operands in tiles, for a chip with a scratchpad.
  [[nodiscard]] EmittedProgram make_tiled(const chip::Chip& chip) {
    return {in_scratchpad(builder_.schedule(), chip), std::move(values_)};
  }

 private:
  void add(const OpDef& op, const Call& call,
           const std::vector<std::optional<ops::Tensor>>& tensors) {
    std::vector<BufferId> inputs;
    for (size_t i = 0; i < tensors.size(); ++i) {
      inputs.emplace_back();
      if (!tensors[i]) continue;
      inputs.back() = builder_.input(fmt::format("x{}", i), tensors[i]->type.dims);
      builder_.schedule().buffers[inputs.back()].type = tensors[i]->type;
      values_[inputs.back()] = *tensors[i];
    }
    const ops::Space space = op.space(call);
    std::vector<ops::Box> pieces;
    for (int tries = 0; tries < 8 && (pieces.size() < 2 || pieces.size() > 12); ++tries) {
      std::vector<size_t> axes;
      for (size_t axis = 0; axis < space.axes.size(); ++axis)
        if (random_.chance(40)) axes.push_back(axis);
      pieces = boxes(space, axes, random_);
    }
    if (pieces.size() > 12) pieces = {ops::whole_box(space)};
    launch(op, call, {ops::whole_box(space)}, inputs, "whole");
    launch(op, call, pieces, inputs, "pieces");
  }

  /// Outputs of one name. A sum that goes on does so in a copy, which is put out afterwards.
  void launch(const OpDef& op, const Call& call, const std::vector<ops::Box>& boxes,
              std::vector<BufferId> inputs, const std::string& name) {
    std::vector<BufferId> outputs;
    const auto accumulator = static_cast<size_t>(op.accumulator);
    for (size_t i = 0; i < call.outputs.size(); ++i) {
      outputs.push_back(builder_.output(fmt::format("{}{}", name, i), call.outputs[i].dims));
      builder_.schedule().buffers[outputs.back()].type = call.outputs[i];
    }
    if (op.accumulator >= 0 && inputs[accumulator].is_valid()) {
      const BufferId sum = builder_.temporary("sum", call.outputs[0].dims);
      builder_.copy(builder_.whole(inputs[accumulator]), builder_.whole(sum));
      inputs[accumulator] = sum;
      const BufferId result = std::exchange(outputs[0], sum);
      builder_.pieces(op, call, boxes, inputs, outputs);
      builder_.copy(builder_.whole(sum), builder_.whole(result));
    } else {
      builder_.pieces(op, call, boxes, inputs, outputs);
    }
  }

  Random random_;
  ScheduleBuilder builder_;
  Values values_;
};

TEST_CASE("emitted: every op of the registry, whole and in pieces") {
  check(RegistryProgram().make());
}

/// A chip whose scratchpad has room for `bytes`, and where everything is worth being brought there.
TEST_CASE("emitted: every op of the registry in tiles, with transfers beside the cores") {
  const int64_t bytes = int64_t{256} << turn() % 4;
  check(RegistryProgram(8).make_tiled(chip_with_scratchpad(bytes, 1, 1000)));
}

TEST_CASE("emitted: a transfer that needs a loop keeps no ticket that nobody waits for") {
  ScheduleBuilder b;
  b.entry_point("step");
  const BufferId x = b.input("x", {4, 6, 8}), near = b.temporary("near", {3, 4, 5});
  b.copy({.buffer = x, .offset = 0, .extent = {3, 4, 5}, .stride = {48, 8, 1}}, b.whole(near),
         schedule::TicketId{0});
  b.wait(schedule::TicketId{0});
  b.launch("relu", {near}, {b.output("y", {3, 4, 5})});
  EmittedProgram(b.schedule(), draw_values(b.schedule(), turn())).check();
}

TEST_CASE("emitted: strips of convolutions, forward and backward") {
  Random random(turn());
  ScheduleBuilder b;
  for (int i = 0; i < 24; ++i) {
    b.entry_point(fmt::format("case{}", i));
    if (i % 3 == 0)
      add_random_conv_relu_pool(b, random);
    else if (i % 3 == 1)
      add_three_convs(b, random_conv(random));
    else
      add_conv_backward(b, random_conv(random));
  }
  Schedule schedule = b.schedule();
  int cut = 0;
  for (size_t i = 0; i < schedule.entry_points.size(); ++i) {
    const std::vector<schedule::StripChoice> choices = schedule::strip_choices(schedule, i, 1);
    if (choices.empty()) continue;
    schedule = schedule::in_strips(std::move(schedule), choices[random.next() % choices.size()]);
    ++cut;
  }
  CHECK(cut > 12);
  check(schedule);
}

TEST_CASE("emitted: random modules after all passes") {
  const Schedule lowered = schedule::lower(random_module(turn(), 12), two_level_chip());
  check(in_scratchpad(
      schedule::group(schedule::take_over_memory(schedule::use_views(lowered)), two_level_chip()),
      chip_with_scratchpad(512, 1, 1000)));
}

TEST_CASE("emitted: two cores that write one element are noticed by ThreadSanitizer") {
  ScheduleBuilder b;
  b.entry_point("step");
  const BufferId x = b.input("x", {64});
  b.launch("exp", {x}, {b.output("y", {64})});
  const EmittedProgram program(b.schedule(), draw_values(b.schedule(), 1));
  // Each core writes its part, and what it then writes beyond it is what lies there already, so
  // that bits tell nothing.
  const TemporaryFolder folder;
  REQUIRE(
      write_file_atomically(
          folder / "exp.c",
          "#include \"td_kernels.h\"\n"
          "void td_exp_f32(const td_exp_f32_args* args, td_team team) {\n"
          "  const td_range part = td_share(64, team);\n"
          "  for (int32_t i = part.begin; i < part.end; ++i) args->y[i] = td_expf(args->a[i]);\n"
          "  args->y[0] = td_expf(args->a[0]);\n}\n")
          .ok());
  const uint64_t seed = 1;  // of more than one core
  const EmittedProgram::Outcome found = program.run(Way::thread_sanitizer, seed, folder / "exp.c");
  CHECK(kernels::same_bits(found.results[0], program.expected().results[0]));
  CHECK_FALSE(found.exit.is_success());
  CHECK(found.exit.errors.find("data race") != std::string::npos);
}

}  // namespace
}  // namespace tdc::test
