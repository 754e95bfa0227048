#include "driver/tiles.h"

#include <doctest/doctest.h>

#include "schedule/passes.h"
#include "unit/schedule/schedules.h"

namespace tdc::driver {
namespace {

using schedule::BufferId;
using test::ScheduleBuilder;

const ir::Attributes kPlainProduct = {
    {"transpose_a", false}, {"transpose_b", false}, {"reduce", false}};

TEST_CASE("tiles: what a product moves, each operand once, and the row that says so") {
  ScheduleBuilder b;
  b.entry_point("step");
  const BufferId x = b.input("x", {64, 128}), w = b.input("w", {128, 320});
  b.launch("matmul", {x, w, {}}, {b.output("y", {64, 320})}, kPlainProduct);
  const chip::Chip chip = test::chip_with_scratchpad(96 * 1024, 60, 15);
  const schedule::Schedule tiled =
      schedule::tile(b.schedule(), chip, schedule::CycleTable::rough());
  const std::map<int64_t, Traffic> traffic = traffic_of(tiled, chip);
  REQUIRE(traffic.size() == 1);
  constexpr int64_t kIn = 4 * (64 * 128 + 128 * 320), kOut = 4 * 64 * 320;
  CHECK(traffic.begin()->second == Traffic{.in = kIn, .out = kOut, .least = kIn + kOut});
  const std::string text = tiles_text(tiled, chip);
  CHECK(text.starts_with("tiles of `step`, bytes to and from L1\n step op "));
  CHECK(text.find("    8 64x40                196,608      81,920     278,528\n") !=
        std::string::npos);
}

TEST_CASE("tiles: cycles stand there where kernels were measured") {
  ScheduleBuilder b;
  b.entry_point("step");
  b.launch("relu", {b.input("x", {3000})}, {b.output("y", {3000})});
  chip::Chip chip = test::chip_with_scratchpad(96 * 1024, 60, 15);
  const schedule::Schedule tiled =
      schedule::tile(b.schedule(), chip, schedule::CycleTable::rough());
  CHECK(predicted_cycles(tiled, chip).empty());
  CHECK(tiles_text(tiled, chip).find("cycles") == std::string::npos);
  chip.platform = "pulp_cluster";
  const std::map<int64_t, int64_t> cycles = predicted_cycles(tiled, chip);
  REQUIRE(cycles.size() == 1);
  CHECK(cycles.begin()->second > 3000);  // 24,000 bytes by a bus of 8
  CHECK(tiles_text(tiled, chip).find(" cycles ") != std::string::npos);
  chip.scratchpad.reset();
  CHECK(predicted_cycles(tiled, chip).empty());
}

TEST_CASE("tiles: products in a small scratchpad move more than their operands") {
  ScheduleBuilder b;
  b.entry_point("step");
  b.launch("matmul", {b.input("x", {64, 64}), b.input("w", {64, 64}), {}},
           {b.output("y", {64, 64})}, kPlainProduct);
  const chip::Chip chip = test::chip_with_scratchpad(4096, 60, 15);
  int64_t least = 0, moved = 0;
  for (const auto& [step, traffic] :
       traffic_of(schedule::tile(b.schedule(), chip, schedule::CycleTable::rough()), chip)) {
    CHECK(traffic.least <= traffic.in + traffic.out);
    least += traffic.least;
    moved += traffic.in + traffic.out;
  }
  // 2 * 64^3 / sqrt(1024) - 2 * 1024 elements for the whole; pieces may start with more.
  CHECK(least > 3 * 4 * 64 * 64);
  CHECK(moved >= least);
}

TEST_CASE("tiles: rows that two pieces of a convolution need move twice") {
  ScheduleBuilder b;
  b.entry_point("step");
  const std::vector<int64_t> one = {1, 1};
  b.launch("conv2d", {b.input("x", {8, 64, 64}), b.input("w", {8, 8, 3, 3})},
           {b.output("y", {8, 64, 64})},
           {{"stride", one}, {"padding", one}, {"dilation", one}, {"groups", int64_t{1}}});
  const chip::Chip chip = test::chip_with_scratchpad(40 * 1024, 60, 15);
  const schedule::Schedule tiled =
      schedule::tile(b.schedule(), chip, schedule::CycleTable::rough());
  Traffic all;
  for (const auto& [step, traffic] : traffic_of(tiled, chip)) {
    CHECK(traffic.least <= traffic.in + traffic.out);
    all.in += traffic.in;
    all.out += traffic.out;
  }
  CHECK(all.in > 4 * (8 * 64 * 64 + 8 * 8 * 9));
  CHECK(all.out == 4 * 8 * 64 * 64);
}

TEST_CASE("tiles: what stays is named with the reason") {
  ScheduleBuilder b;
  b.entry_point("step");
  const BufferId table = b.input("table", {500, 80}), index = b.input("index", {60});
  b.schedule().buffers[index].type.dtype = ir::DType::i32;
  b.launch("embedding", {index, table}, {b.output("y", {60, 80})});
  b.launch("mul", {b.input("x", {3000}), b.input("rate", {})}, {b.output("z", {3000})});
  b.launch("relu", {b.input("few", {4})}, {b.output("all", {4})});
  b.launch("softmax", {b.input("row", {1, 9000})}, {b.output("sums", {1, 9000})},
           {{"axis", int64_t{-1}}});
  const chip::Chip chip = test::chip_with_scratchpad(64 * 1024, 60, 15);
  const schedule::Schedule tiled =
      schedule::tile(b.schedule(), chip, schedule::CycleTable::rough());
  std::vector<std::pair<std::string, std::string_view>> found;
  for (const schedule::Step& step : tiled.entry_points[0].steps)
    if (const auto* launch = std::get_if<schedule::Launch>(&step))
      for (const Staying& each :
           staying_operands(tiled, chip, *launch, too_large_launches(tiled, chip)))
        found.emplace_back(each.name, each.reason);
  CHECK(found == std::vector<std::pair<std::string, std::string_view>>{{"table", "data decides"},
                                                                       {"rate", "one element"},
                                                                       {"few", "gains nothing"},
                                                                       {"all", "gains nothing"},
                                                                       {"row", "does not fit"},
                                                                       {"sums", "does not fit"}});
}

TEST_CASE("tiles: what comes from and goes to streamed weights is told by itself") {
  ScheduleBuilder b;
  const BufferId w = b.variable("w", {3000});
  b.entry_point("step");
  const BufferId updated = b.next_version(w);
  b.launch("add", {w, b.input("x", {3000})}, {updated});
  chip::Chip chip = test::chip_with_scratchpad(64 * 1024, 60, 15);
  CHECK(tiles_text(schedule::tile(b.schedule(), chip, schedule::CycleTable::rough()), chip)
            .find("of L3") == std::string::npos);
  chip.stream = {.level = chip.levels.push_back({.name = "L3", .capacity = {1 << 20}}),
                 .transfer = 160};
  const schedule::Schedule streamed = schedule::tile(
      schedule::stream_weights(b.schedule(), chip, {b.schedule().buffers[w].variable.value()}),
      chip, schedule::CycleTable::rough());
  const std::map<int64_t, Traffic> traffic = traffic_of(streamed, chip);
  REQUIRE(traffic.size() == 1);
  CHECK(traffic.begin()->second == Traffic{.in = 24'000,
                                           .out = 12'000,
                                           .least = 36'000,
                                           .streamed_in = 12'000,
                                           .streamed_out = 12'000});
  const std::string text = tiles_text(streamed, chip);
  CHECK(text.find("     least       of L3  stays in L2\n") != std::string::npos);
  CHECK(text.find("      36,000      24,000\n") != std::string::npos);
}

TEST_CASE("tiles: a chip without a scratchpad has none") {
  ScheduleBuilder b;
  b.entry_point("step");
  b.launch("relu", {b.input("x", {300})}, {b.output("y", {300})});
  CHECK(traffic_of(b.schedule(), test::two_level_chip()).empty());
  CHECK(tiles_text(b.schedule(), test::two_level_chip()) == "chip `two_level` has no scratchpad\n");
}

}  // namespace
}  // namespace tdc::driver
