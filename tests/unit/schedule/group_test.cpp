// Runs of launches in strips: for every way to cut them that the spaces allow, the bits of the
// whole, a plan without violations, and buffers that are smaller.

#include "schedule/group.h"

#include <doctest/doctest.h>

#include <cmath>

#include "memory/plan_memory.h"
#include "memory/run_schedule.h"
#include "memory/validate.h"
#include "ops/registry.h"
#include "schedule/passes.h"
#include "unit/kernels/library.h"
#include "unit/schedule/convolutions.h"
#include "unit/schedule/schedules.h"

namespace tdc::schedule {
namespace {

using test::Random;
using test::ScheduleBuilder;

memory::MemoryPlan plan_of(const Schedule& schedule) {
  return std::get<memory::MemoryPlan>(memory::plan_memory(schedule, test::two_level_chip()));
}

/// The outputs of entry point `step`, its inputs drawn from a seed.
std::vector<std::vector<float>> results(const Schedule& schedule, uint32_t cores) {
  const memory::MemoryPlan plan = plan_of(schedule);
  for (const std::string& violation : memory::validate(schedule, plan)) FAIL_CHECK(violation);
  const kernels::Library library;
  memory::ScheduleRun run(schedule, plan, {.kernels = &library, .cores = cores, .red_zone = {64}});
  Random random(7);
  const EntryPoint& entry = schedule.entry_points[0];
  for (const Argument& argument : entry.arguments) {
    const auto count =
        static_cast<size_t>(ir::element_count(schedule.buffers[argument.buffer].type));
    std::vector<float> values(count, NAN);
    if (!argument.is_output)
      for (float& value : values) value = static_cast<float>(random.between(-1000, 1000)) / 512.0F;
    run.set(argument.buffer, values);
  }
  run.run(entry);
  std::vector<std::vector<float>> found;
  for (const Argument& argument : entry.arguments)
    if (argument.is_output) found.push_back(run.floats(argument.buffer));
  return found;
}

int64_t temporary_bytes(const Schedule& schedule) {
  int64_t bytes = 0;
  for (const Buffer& buffer : schedule.buffers)
    if (buffer.kind == BufferKind::temporary && !buffer.alias)
      bytes += ir::byte_size(buffer.type).count;
  return bytes;
}

/// Tries every choice for the step; returns how many there were.
size_t check_all_choices(const Schedule& schedule, size_t step) {
  const auto expected = results(schedule, 1);
  const std::vector<StripChoice> choices = strip_choices(schedule, 0, step);
  for (const StripChoice& choice : choices) {
    CAPTURE(choice.first);
    CAPTURE(choice.last);
    CAPTURE(choice.axis);
    CAPTURE(choice.length);
    const Schedule strips = in_strips(schedule, choice);
    CHECK(temporary_bytes(strips) <= temporary_bytes(schedule));
    const auto found = results(strips, choice.axis % 2 == 0 ? 1 : 3);
    for (size_t i = 0; i < expected.size(); ++i) CHECK(kernels::same_bits(found[i], expected[i]));
  }
  return choices.size();
}

TEST_CASE("convolution, relu and pooling in strips along every axis") {
  Random random(1);
  size_t choices = 0;
  for (int turn = 0; turn < 12; ++turn) {
    ScheduleBuilder b;
    b.entry_point("step");
    test::add_random_conv_relu_pool(b, random);
    choices += check_all_choices(b.schedule(), 1);
  }
  CHECK(choices > 30);
}

TEST_CASE("convolution after convolution: more rows are kept than a strip has") {
  Random random(2);
  size_t choices = 0;
  for (int turn = 0; turn < 10; ++turn) {
    ScheduleBuilder b;
    b.entry_point("step");
    test::add_three_convs(b, test::random_conv(random));
    choices += check_all_choices(b.schedule(), 1);
  }
  CHECK(choices > 100);
}

TEST_CASE("backward: the gradient of pooling and of relu, to a weight gradient in strips") {
  Random random(3);
  size_t choices = 0;
  for (int turn = 0; turn < 10; ++turn) {
    const test::ConvDims d = test::random_conv(random);
    ScheduleBuilder b;
    b.entry_point("step");
    test::add_conv_backward(b, d);
    choices += check_all_choices(b.schedule(), 1);
  }
  CHECK(choices > 30);
}

TEST_CASE("products in strips of rows, and of the chain that the second continues") {
  ScheduleBuilder b;
  b.entry_point("step");
  const BufferId x = b.input("x", {5, 4}), w = b.input("w", {4, 9}), v = b.input("v", {9, 3});
  const BufferId t = b.temporary("t", {5, 9}), g = b.temporary("g", {5, 9});
  b.launch("matmul", {x, w, {}}, {t});
  b.launch("gelu", {t}, {g});
  b.launch("matmul", {g, v, {}}, {b.output("y", {5, 3})});
  CHECK(check_all_choices(b.schedule(), 1) >= 6);
}

TEST_CASE("what others use, what is not whole, and what is needed whole is not cut") {
  const auto count = [](auto change) {
    ScheduleBuilder b;
    b.entry_point("step");
    const BufferId x = b.input("x", {4, 6});
    const BufferId t = b.temporary("t", {4, 6});
    change(b, x, t);
    return strip_choices(b.schedule(), 0, 1).size();
  };
  CHECK(count([](ScheduleBuilder& b, BufferId x, BufferId t) {
          b.launch("exp", {x}, {t});
          b.launch("exp", {t}, {b.output("y", {4, 6})});
        }) > 0);
  CHECK(count([](ScheduleBuilder& b, BufferId x, BufferId t) {  // read again later
          b.launch("exp", {x}, {t});
          b.launch("exp", {t}, {b.output("y", {4, 6})});
          b.launch("exp", {t}, {b.output("z", {4, 6})});
        }) == 0);
  CHECK(count([](ScheduleBuilder& b, BufferId x, BufferId t) {  // read twice
          b.launch("exp", {x}, {t});
          b.launch("mul", {t, t}, {b.output("y", {4, 6})});
        }) == 0);
  CHECK(count([](ScheduleBuilder& b, BufferId x, BufferId t) {  // written over what is read
          const BufferId h = b.temporary("h", {4, 6});
          b.launch("exp", {x}, {h});
          b.launch("add", {x, h}, {t});
          b.launch("mul", {t, h}, {b.alias("m", h)});
        }) == 0);
  CHECK(count([](ScheduleBuilder& b, BufferId x, BufferId t) {  // both orders need all of t
          b.launch("exp", {x}, {t});
          b.launch("sum", {t}, {b.output("y", {})}, {{"axis", ir::Dims{-2, -1}}});
        }) == 0);
}

TEST_CASE("the pass makes as few strips as the peak needs, and none where nothing is gained") {
  const test::ConvDims d = {.channels = 2,
                            .outputs = 8,
                            .height = 16,
                            .width = 16,
                            .kernel = 3,
                            .stride = 1,
                            .padding = 1,
                            .dilation = 1,
                            .groups = 1};
  ScheduleBuilder run;
  run.entry_point("step");
  test::add_conv_relu_pool(run, d, 2, 2, 0);
  const Schedule whole_ops = run.schedule();
  const Schedule strips = group(whole_ops, test::two_level_chip());
  CHECK(plan_of(whole_ops).levels[test::kL2].peak.count == 8 * 16 * 16 * 4);
  CHECK(plan_of(strips).levels[test::kL2].peak.count <= 8 * 16 * 16 * 4 / 2);
  CHECK(results(strips, 1) == results(whole_ops, 1));

  // The peak is where nothing can be cut.
  ScheduleBuilder b;
  b.entry_point("step");
  const BufferId x = b.input("x", {4, 6});
  const BufferId t = b.temporary("t", {4, 6});
  b.launch("exp", {x}, {t});
  b.launch("exp", {t}, {b.output("y", {4, 6})});
  const BufferId large = b.temporary("large", {4, 7});
  b.launch("exp", {b.input("z", {4, 7})}, {large});
  b.launch("mul", {large, large}, {b.output("square", {4, 7})});
  CHECK(group(b.schedule(), test::two_level_chip()).entry_points[0].steps.size() == 4);
}

TEST_CASE("group: strips that stay in a scratchpad are as long as it has room for") {
  ScheduleBuilder b;
  b.entry_point("step");
  const BufferId x = b.input("x", {64, 64});
  const BufferId t = b.temporary("t", {64, 64});
  b.launch("exp", {x}, {t});
  b.launch("exp", {t}, {b.output("y", {64, 64})});
  const auto strips = [&](const chip::Chip& chip) {
    return group(b.schedule(), chip).entry_points[0].steps.size() / 2;
  };
  const size_t far = strips(test::two_level_chip());
  CHECK(far >= 8);
  // A launch touches a strip of t, and twice one of x or of y: that of the next strip beside it.
  constexpr int64_t kWhole = 3 * 64 * 64 * 4;
  CHECK(strips(test::generous_chip(kWhole)) == 2);
  CHECK(strips(test::generous_chip(kWhole / 2)) == 2);
  CHECK(strips(test::generous_chip(kWhole / 2 - 1)) == 4);
  CHECK(strips(test::generous_chip(kWhole / 64 - 1)) == far);  // not one row
}

}  // namespace
}  // namespace tdc::schedule
