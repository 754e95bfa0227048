// Runs of launches that go through the scratchpad together: the bits of one after another, the
// order of steps, and what holds them back.

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "memory/plan_memory.h"
#include "memory/run_schedule.h"
#include "memory/validate.h"
#include "schedule/aliases.h"
#include "schedule/fused_run.h"
#include "schedule/loops.h"
#include "schedule/near_operands.h"
#include "schedule/passes.h"
#include "schedule/transfers.h"
#include "schedule/uses.h"
#include "unit/kernels/kernels.h"
#include "unit/kernels/library.h"
#include "unit/schedule/schedules.h"

namespace tdc::schedule {
namespace {

using test::ScheduleBuilder;
using Names = std::vector<std::string>;

const ir::Attributes kPlainProduct = {
    {"transpose_a", false}, {"transpose_b", false}, {"reduce", false}};

/// Transfers cost next to nothing to start, so that any gain counts.
chip::Chip chip_of(int64_t bytes, bool has_engine) {
  chip::Chip chip = test::chip_with_scratchpad(bytes, /*transfer=*/1, /*load=*/15);
  chip.cores = 3;
  if (has_engine)
    chip.engine = {.rows = 6, .columns = 8, .blocks = 8, .latency = 4, .job = 10, .launch = 100};
  return chip;
}

/// Calls cost next to nothing, and of products and convolutions a step of a block is a cycle.
const CycleTable& quick_calls() {
  static const CycleTable table = CycleTable::parse(
      "kernel division calls outputs inputs rows items steps single_steps edge_steps gathered "
      "panels continued\n"
      "* elements 10 4 4 0 0 0 0 0 0 0 0\n"
      "* blocks   10 0 0 0 0 1 1 1 0 0 0\n"
      "* rows     10 4 4 0 0 0 0 0 0 0 0\n");
  return table;
}

Schedule fused(const ScheduleBuilder& b, const chip::Chip& chip) {
  return fuse(b.schedule(), chip, quick_calls());
}

/// What the first entry point gives for arguments and variables that are drawn; its plan is sound.
std::map<std::string, std::vector<float>> results(const Schedule& schedule,
                                                  const chip::Chip& chip) {
  const memory::MemoryPlan plan = std::get<memory::MemoryPlan>(memory::plan_memory(schedule, chip));
  CHECK(memory::validate(schedule, plan) == std::vector<std::string>{});
  const kernels::Library library;
  memory::ScheduleRun run(schedule, plan, {.kernels = &library, .cores = 3, .red_zone = {64}});
  test::Random random(7);
  std::map<std::string, std::vector<float>> found;
  const auto draw = [&](BufferId buffer) {
    std::vector<float> values(
        static_cast<size_t>(ir::element_count(schedule.buffers[buffer].type)));
    for (float& value : values) value = static_cast<float>(random.between(-64, 64)) / 32;
    run.set(buffer, values);
  };
  for (const BufferId buffer : schedule.buffers.ids())
    if (schedule.buffers[buffer].kind == BufferKind::variable && !schedule.buffers[buffer].alias)
      draw(buffer);
  for (const Argument& argument : schedule.entry_points[0].arguments)
    if (!argument.is_output) draw(argument.buffer);
  run.run(schedule.entry_points[0]);
  for (const BufferId buffer : schedule.buffers.ids())
    if (schedule.buffers[buffer].kind == BufferKind::variable && !schedule.buffers[buffer].alias)
      found[schedule.buffers[buffer].name] = test::bits_of(run, schedule, buffer);
  for (const Argument& argument : schedule.entry_points[0].arguments)
    if (argument.is_output) found[argument.name] = test::bits_of(run, schedule, argument.buffer);
  return found;
}

void check_same_results(const ScheduleBuilder& b, const chip::Chip& chip) {
  const auto expected = results(b.schedule(), test::two_level_chip());
  const auto found = results(fused(b, chip), chip);
  REQUIRE(found.size() == expected.size());
  for (const auto& [name, bits] : expected) {
    INFO(name);
    CHECK(kernels::same_bits(found.at(name), bits));
  }
}

/// `w in`, `relu`, `y out`, `wait y out`, `matmul starts`, in order, of one turn of the first loop.
Names steps_of_turn(const Schedule& schedule, const chip::Chip& chip, int64_t turn) {
  Names found;
  std::map<TicketId, std::string> started;
  for (const Step& step : schedule.entry_points.at(0).steps) {
    std::string name;
    if (const auto* copy = std::get_if<Copy>(&step))
      name = test::transfer_text(schedule, chip, *copy);
    else if (const auto* launch = std::get_if<Launch>(&step))
      name = std::string(launch->op->name) + (launch->ticket ? " starts" : "");
    else
      name = "wait " + started.at(std::get<Wait>(step).ticket);
    if (const auto ticket = started_ticket(step))
      started[*ticket] = std::holds_alternative<Launch>(step) ? "job" : name;
    if (loop_turn(step) && loop_turn(step)->turn == turn) found.push_back(name);
  }
  return found;
}

std::vector<std::string> ops_in_loops(const Schedule& schedule) {
  std::vector<std::string> ops;
  for (const Step& step : schedule.entry_points.at(0).steps)
    if (const auto* launch = std::get_if<Launch>(&step); launch && loop_turn(step))
      ops.emplace_back(launch->op->name);
  return ops;
}

std::string text_of(const Names& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

bool is_used(const Schedule& schedule, BufferId buffer) {
  bool found = false;
  for (const Step& step : schedule.entry_points.at(0).steps)
    visit_views(step, [&](const View& view, bool) { found = found || view.buffer == buffer; });
  return found;
}

/// A product, a bias and an activation.
struct Dense {
  ScheduleBuilder b;
  BufferId product, sum;

  Dense(int64_t rows, int64_t chain, int64_t columns) {
    b.entry_point("step");
    const BufferId x = b.input("x", {rows, chain}), w = b.input("w", {chain, columns});
    product = b.temporary("product", {rows, columns});
    sum = b.temporary("sum", {rows, columns});
    b.launch("matmul", {x, w, {}}, {product}, kPlainProduct);
    b.launch("add", {product, b.input("bias", {columns})}, {sum});
    b.launch("gelu", {sum}, {b.output("y", {rows, columns})});
  }
};

TEST_CASE("fuse: a product, its bias and its activation are one loop") {
  const Dense dense(64, 64, 128);
  for (const bool has_engine : {false, true}) {
    const chip::Chip chip = chip_of(48 * 1024, has_engine);
    const Schedule schedule = fused(dense.b, chip);
    const Names ops = ops_in_loops(schedule);
    CHECK(ops.size() >= 6);
    CHECK(std::ranges::count(ops, "matmul") == std::ranges::count(ops, "gelu"));
    CHECK(std::ranges::count(ops, "matmul") == std::ranges::count(ops, "add"));
    CHECK_FALSE(is_used(schedule, dense.product));
    CHECK_FALSE(is_used(schedule, dense.sum));
    check_same_results(dense.b, chip);
  }
}

TEST_CASE("fuse: the engine has a piece while the cores have the one before") {
  const Dense dense(64, 64, 128);
  const chip::Chip chip = chip_of(48 * 1024, true);
  const Schedule schedule = fused(dense.b, chip);
  const int64_t last =
      loop_turn(*std::ranges::find_if(schedule.entry_points[0].steps.rbegin(),
                                      schedule.entry_points[0].steps.rend(),
                                      [](const Step& step) { return loop_turn(step).has_value(); }))
          ->turn;
  REQUIRE(last >= 3);
  CHECK(text_of(steps_of_turn(schedule, chip, 0)) == "wait w in, matmul starts, w in, bias in");
  CHECK(text_of(steps_of_turn(schedule, chip, 2)) ==
        "wait w in, wait job, matmul starts, w in, wait bias in, bias in, add, gelu, wait y out, y "
        "out");
  CHECK(text_of(steps_of_turn(schedule, chip, last)) ==
        "wait job, wait bias in, add, gelu, wait y out, y out");
}

TEST_CASE("fuse: without an engine all of a piece follows") {
  const Dense dense(64, 64, 128);
  const chip::Chip chip = chip_of(48 * 1024, false);
  CHECK(text_of(steps_of_turn(fused(dense.b, chip), chip, 1)) ==
        "wait w in, w in, matmul, wait bias in, bias in, add, gelu, wait y out, y out");
}

TEST_CASE("fuse: of two products the longer one runs beside the cores, which wait for the other") {
  ScheduleBuilder b;
  b.entry_point("step");
  const BufferId first = b.temporary("first", {128, 64}), second = b.temporary("second", {128, 64});
  b.launch("matmul", {b.input("x", {128, 16}), b.input("v", {16, 64}), {}}, {first}, kPlainProduct);
  b.launch("gelu", {first}, {second});
  b.launch("matmul", {second, b.input("w", {64, 64}), {}}, {b.output("y", {128, 64})},
           kPlainProduct);
  chip::Chip chip = chip_of(64 * 1024, true);
  chip.cores = 1;
  const Schedule schedule = offload(fused(b, chip), chip, quick_calls());
  size_t waited = 0, beside = 0;
  for (const Step& step : schedule.entry_points[0].steps) {
    const auto* launch = std::get_if<Launch>(&step);
    if (launch == nullptr || !launch->is_on_engine) continue;
    const bool is_long = launch->inputs[1]->extent.front() == 64;
    CHECK(launch->ticket.has_value() == is_long);
    ++(is_long ? beside : waited);
  }
  CHECK(waited == beside);
  CHECK(beside > 1);
  check_same_results(b, chip);
}

TEST_CASE("fuse: what others read goes back") {
  Dense dense(64, 64, 128);
  dense.b.launch("neg", {dense.sum}, {dense.b.output("z", {64, 128})});
  for (const bool has_engine : {false, true}) {
    const chip::Chip chip = chip_of(48 * 1024, has_engine);
    const Schedule schedule = fused(dense.b, chip);
    CHECK_FALSE(is_used(schedule, dense.product));
    CHECK(is_used(schedule, dense.sum));
    check_same_results(dense.b, chip);
  }
}

TEST_CASE("fuse: what the engine makes goes back, too") {
  Dense dense(64, 64, 128);
  dense.b.launch("neg", {dense.product}, {dense.b.output("z", {64, 128})});
  const chip::Chip chip = chip_of(48 * 1024, true);
  const Schedule schedule = fused(dense.b, chip);
  CHECK(is_used(schedule, dense.product));
  const Names turn = steps_of_turn(schedule, chip, 3);
  CHECK(std::ranges::find(turn, "product out") > std::ranges::find(turn, "matmul starts"));
  CHECK(std::ranges::find(turn, "product out") != turn.end());
  check_same_results(dense.b, chip);
}

TEST_CASE("fuse: a result in place is away before the engine writes there again") {
  ScheduleBuilder b;
  b.entry_point("step");
  const BufferId product = b.temporary("product", {64, 128}), r = b.alias("r", product);
  b.launch("matmul", {b.input("x", {64, 64}), b.input("w", {64, 128}), {}}, {product},
           kPlainProduct);
  b.launch("relu", {product}, {r});
  b.copy(b.whole(r), b.whole(b.output("y", {64, 128})));
  chip::Chip chip = chip_of(48 * 1024, true);
  chip.cores = 1;
  const Schedule schedule = fused(b, chip);
  CHECK(text_of(steps_of_turn(schedule, chip, 3)) ==
        "wait w in, wait job, wait r out, matmul starts, w in, relu, r out");
  check_same_results(b, chip);
}

/// A weight's gradient and its update in place.
struct Update {
  ScheduleBuilder b;
  BufferId w, updated;

  explicit Update(bool is_apart, bool reads_between = false) {
    w = b.variable("w", {64, 128});
    updated = b.next_version(w);
    b.entry_point("step");
    const BufferId x = b.input("x", {64, 64}), dy = b.input("dy", {64, 128});
    const BufferId gradient = b.temporary("gradient", {64, 128});
    b.launch("matmul", {x, dy, {}}, {gradient},
             {{"transpose_a", true}, {"transpose_b", false}, {"reduce", false}});
    if (is_apart) b.launch("relu", {x}, {b.output("other", {64, 64})});
    if (reads_between) b.launch("neg", {w}, {b.output("old", {64, 128})});
    b.launch("sgd_update", {w, gradient, b.input("rate", {}), b.input("share", {})}, {updated});
  }
};

TEST_CASE("fuse: a weight's gradient is consumed where it is made, updates stand in place") {
  for (const bool is_apart : {false, true})
    for (const bool has_engine : {false, true}) {
      const Update update(is_apart);
      const chip::Chip chip = chip_of(64 * 1024, has_engine);
      const Names ops = ops_in_loops(fused(update.b, chip));
      CHECK(std::ranges::count(ops, "sgd_update") > 1);
      CHECK(std::ranges::count(ops, "sgd_update") == std::ranges::count(ops, "matmul"));
      check_same_results(update.b, chip);
    }
}

TEST_CASE("fuse: a launch does not come forward past what minds") {
  const Update update(/*is_apart=*/true, /*reads_between=*/true);
  const chip::Chip chip = chip_of(64 * 1024, true);
  CHECK(ops_in_loops(fused(update.b, chip)).empty());
  check_same_results(update.b, chip);
}

TEST_CASE("fuse: channels of a convolution and its pooling, but not rows that two pieces need") {
  const std::vector<int64_t> one = {1, 1}, two = {2, 2}, three = {3, 3};
  ScheduleBuilder b;
  b.entry_point("step");
  const BufferId y = b.temporary("y", {1, 16, 32, 32}), r = b.alias("r", y);
  b.launch("conv2d", {b.input("x", {1, 3, 32, 32}), b.input("w", {16, 3, 3, 3})}, {y},
           {{"stride", one}, {"padding", one}, {"dilation", one}, {"groups", int64_t{1}}});
  b.launch("relu", {y}, {r});
  b.launch("max_pool2d", {r}, {b.output("z", {1, 16, 16, 16})},
           {{"kernel", three}, {"stride", two}, {"padding", one}});
  for (const bool has_engine : {false, true}) {
    const chip::Chip chip = chip_of(48 * 1024, has_engine);
    const Schedule schedule = fused(b, chip);
    const Names ops = ops_in_loops(schedule);
    CHECK(std::ranges::count(ops, "conv2d") == std::ranges::count(ops, "max_pool2d"));
    CHECK(std::ranges::count(ops, "conv2d") > 1);
    CHECK_FALSE(is_used(schedule, y));
    for (const Step& step : schedule.entry_points[0].steps)
      if (const auto* launch = std::get_if<Launch>(&step))
        CHECK(launch->outputs[0].extent[1] < 16);  // channels
    check_same_results(b, chip);
  }
}

TEST_CASE("fuse: launches that would stay near as they are gain what a loop hides") {
  // Whole, each of them fits; what they hand on would cost nothing, but nothing runs beside the
  // transfer of w.
  const Dense dense(4, 64, 64);
  chip::Chip chip = chip_of(96 * 1024, false);
  chip.scratchpad->transfer = 10;
  const Names ops = ops_in_loops(fused(dense.b, chip));
  CHECK(std::ranges::count(ops, "matmul") >= 2);
  CHECK(std::ranges::count(ops, "gelu") == std::ranges::count(ops, "matmul"));
  check_same_results(dense.b, chip);
}

TEST_CASE("fuse: what others read goes back, and costs that") {
  ScheduleBuilder b;
  b.entry_point("step");
  const BufferId between = b.temporary("between", {64, 64});
  b.launch("relu", {b.input("x", {64, 64})}, {between});
  b.launch("neg", {between}, {b.output("y", {64, 64})});
  const chip::Chip chip = chip_of(8 * 1024, false);
  const Schedule& schedule = b.schedule();
  const IdVector<BufferId, BufferId> roots = alias_roots(schedule.buffers);
  const auto cycles = [&](bool is_dead) {
    std::vector<FusedRun::Member> members;
    for (const Step& step : schedule.entry_points[0].steps)
      members.push_back({.near = std::make_shared<const NearOperands>(schedule, chip, roots,
                                                                      std::get<Launch>(step)),
                         .is_dead = is_dead && members.empty()});
    const std::optional<FusedRun> run = FusedRun::make(schedule, chip, roots, members);
    REQUIRE(run.has_value());
    const auto choice = run->choose(chip.levels[chip.scratchpad->level].room(), quick_calls());
    REQUIRE(choice.has_value());
    return choice->cycles;
  };
  CHECK(cycles(/*is_dead=*/false) > cycles(/*is_dead=*/true));
}

TEST_CASE("fuse: nothing happens where there is no scratchpad, and where it does not fit") {
  const Dense dense(64, 64, 128);
  CHECK(ops_in_loops(fused(dense.b, test::two_level_chip())).empty());
  CHECK(ops_in_loops(fused(dense.b, chip_of(1024, true))).empty());
}

TEST_CASE("fuse: a loop whose code costs more than it brings is none") {
  const Dense dense(4, 8, 16);
  chip::Chip chip = chip_of(48 * 1024, true);
  chip.scratchpad->transfer = 60;
  CHECK(ops_in_loops(fused(dense.b, chip)).empty());
}

}  // namespace
}  // namespace tdc::schedule
