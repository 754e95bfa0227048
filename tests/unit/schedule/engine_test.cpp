// The matrix engine of a chip: cycles counted by hand, and which launches it gets.

#include "schedule/engine.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "schedule/passes.h"
#include "schedule/text.h"
#include "unit/schedule/schedules.h"

namespace tdc::schedule {
namespace {

using test::ScheduleBuilder;

const ir::Attributes kPlainProduct = {
    {"transpose_a", false}, {"transpose_b", false}, {"reduce", false}};

constexpr chip::Engine kEngine = {.rows = 6, .columns = 8, .blocks = 8, .latency = 4, .job = 100};

chip::Chip chip_with_engine() {
  chip::Chip chip = test::chip_with_scratchpad(96 * 1024, 60, 15);
  chip.engine = kEngine;
  return chip;
}

/// Of `batch` products of [rows, chain] and [chain, columns].
double cycles_of_product(int64_t rows, int64_t columns, int64_t chain, int64_t batch = 1) {
  ScheduleBuilder b;
  b.entry_point("step");
  b.launch("matmul",
           {b.input("x", {batch, rows, chain}), b.input("w", {batch, chain, columns}), {}},
           {b.output("y", {batch, rows, columns})}, kPlainProduct);
  const Schedule schedule = b.schedule();
  return engine_cycles(std::get<Launch>(schedule.entry_points[0].steps[0]), kEngine);
}

TEST_CASE("engine: blocks of the array, one step of a chain each cycle") {
  CHECK(cycles_of_product(12, 32, 10) == 8 * 10 + 100);
  CHECK(cycles_of_product(64, 64, 64) == 11 * 8 * 64 + 100);
  // Along the other side of the array where less of it is idle: 1 x 8 blocks for 2 x 6.
  CHECK(cycles_of_product(8, 48, 10) == 8 * 10 + 100);
  CHECK(cycles_of_product(48, 8, 10) == 8 * 10 + 100);
}

TEST_CASE("engine: a step of few blocks waits for the one before") {
  CHECK(cycles_of_product(1, 1, 10) == 4 * 10 + 100);
  CHECK(cycles_of_product(6, 40, 10) == 5 * 10 + 100);
  // 9 blocks are 8 and one; 7 x 9 of the other side of the array would be more
  CHECK(cycles_of_product(6, 72, 10) == (8 + 4) * 10 + 100);
}

TEST_CASE("engine: each product of a batch is a job") {
  CHECK(cycles_of_product(12, 32, 10, 3) == 3 * (8 * 10 + 100));
}

TEST_CASE("engine: rows of an image at its edges are jobs of their own") {
  const std::vector<int64_t> one = {1, 1};
  ScheduleBuilder b;
  b.entry_point("step");
  b.launch("conv2d", {b.input("x", {1, 4, 8, 8}), b.input("w", {12, 4, 3, 3})},
           {b.output("y", {1, 12, 8, 8})},
           {{"stride", one}, {"padding", one}, {"dilation", one}, {"groups", int64_t{1}}});
  const Schedule schedule = b.schedule();
  CHECK(engine_cycles(std::get<Launch>(schedule.entry_points[0].steps[0]), kEngine) ==
        2 * 8 * (4 * 3 * 3) + 3 * 100);
}

/// A product and what is made of it, with the operands near.
Schedule two_launches(const chip::Chip& chip, int64_t rows, int64_t chain) {
  ScheduleBuilder b;
  b.entry_point("step");
  const BufferId y = b.temporary("y", {rows, 64});
  b.launch("matmul", {b.input("x", {rows, chain}), b.input("w", {chain, 64}), {}}, {y},
           kPlainProduct);
  b.launch("relu", {y}, {b.output("z", {rows, 64})});
  return tile(b.schedule(), chip, CycleTable::rough());
}

std::vector<std::string> on_engine(const Schedule& schedule) {
  std::vector<std::string> ops;
  for (const EntryPoint& entry : schedule.entry_points)
    for (const Step& step : entry.steps)
      if (const auto* launch = std::get_if<Launch>(&step); launch && launch->is_on_engine)
        ops.emplace_back(launch->op->name);
  return ops;
}

TEST_CASE("offload: the engine gets what it has jobs for") {
  const chip::Chip chip = chip_with_engine();
  const Schedule schedule = offload(two_launches(chip, 64, 64), chip, CycleTable::rough());
  CHECK(on_engine(schedule) == std::vector<std::string>{"matmul"});
  CHECK(to_text(schedule, chip).find(" on the engine\n") != std::string::npos);
}

TEST_CASE("offload: all turns of a loop of pieces") {
  const chip::Chip chip = chip_with_engine();
  const Schedule tiled = two_launches(chip, 512, 64);
  const Schedule schedule = offload(tiled, chip, CycleTable::rough());
  const std::vector<std::string> ops = on_engine(schedule);
  CHECK(ops.size() > 1);
  CHECK(ops == std::vector<std::string>(ops.size(), "matmul"));
  size_t products = 0;
  for (const Step& step : tiled.entry_points[0].steps)
    if (const auto* launch = std::get_if<Launch>(&step))
      products += launch->op->name == "matmul" ? 1 : 0;
  CHECK(ops.size() == products);
}

TEST_CASE("offload: nothing where operands lie far, where it is slow, or where there is none") {
  chip::Chip chip = chip_with_engine();
  ScheduleBuilder b;
  b.entry_point("step");
  b.launch("matmul", {b.input("x", {64, 64}), b.input("w", {64, 64}), {}},
           {b.output("y", {64, 64})}, kPlainProduct);
  CHECK(on_engine(offload(b.schedule(), chip, CycleTable::rough())).empty());
  chip.engine->job = 1 << 20;
  CHECK(on_engine(offload(two_launches(chip, 64, 64), chip, CycleTable::rough())).empty());
  chip.engine.reset();
  CHECK(on_engine(offload(two_launches(chip, 64, 64), chip, CycleTable::rough())).empty());
}

TEST_CASE("tile: pieces are chosen for whoever computes them") {
  // The engine is done before the transfers, so fewer pieces hide more of them than for the cores.
  const chip::Chip chip = chip_with_engine();
  chip::Chip cores = chip;
  cores.engine.reset();
  const auto is_far = [](BufferId) { return false; };
  const Schedule schedule = two_launches(chip, 64, 64);
  for (const Step& step : schedule.entry_points[0].steps)
    if (const auto* launch = std::get_if<Launch>(&step); launch && launch->op->name == "matmul") {
      CHECK(fastest_cycles(*launch, chip, CycleTable::rough(), is_far) ==
            engine_cycles(*launch, kEngine));
      CHECK(fastest_cycles(*launch, cores, CycleTable::rough(), is_far) >
            10 * engine_cycles(*launch, kEngine));
    }
}

}  // namespace
}  // namespace tdc::schedule
