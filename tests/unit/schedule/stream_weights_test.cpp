// Weights where only transfers reach: which are chosen, and which cannot be.

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <vector>

#include "schedule/passes.h"
#include "unit/schedule/schedules.h"

namespace tdc::schedule {
namespace {

using Variables = std::vector<ir::VariableId>;

/// Of `bytes` of scratchpad; weights are streamed from a third level.
chip::Chip streaming_chip(int64_t bytes) {
  chip::Chip chip = test::chip_with_scratchpad(bytes, /*transfer=*/60, /*load=*/15);
  const LevelId third = chip.levels.push_back({.name = "L3", .capacity = {1 << 20}});
  chip.stream = {.level = third, .transfer = 160, .bandwidth = 1};
  return chip;
}

ir::VariableId variable_of(const test::ScheduleBuilder& b, BufferId buffer) {
  return b.schedule().buffers[buffer].variable.value();
}

/// Reads `x` and so many times each of the weights.
test::ScheduleBuilder reading(const std::vector<std::pair<BufferId, int>>& weights,
                              test::ScheduleBuilder b) {
  b.entry_point("step");
  for (const auto& [weight, times] : weights)
    for (int i = 0; i < times; ++i)
      b.launch("relu", {weight}, {b.output("y", b.schedule().buffers[weight].type.dims)});
  return b;
}

TEST_CASE("stream_weights: as few bytes move as can be, and no more weights than need be") {
  test::ScheduleBuilder b;
  const BufferId small = b.constant("small", {100}), middle = b.constant("middle", {200}),
                 large = b.constant("large", {400}), often = b.constant("often", {300});
  b = reading({{small, 1}, {middle, 1}, {large, 1}, {often, 2}}, std::move(b));
  const auto chosen = [&](int64_t bytes, const std::set<ir::VariableId>& before = {},
                          int64_t room = 1 << 20) {
    return weights_to_stream(b.schedule(), test::kL2, {bytes}, {room}, before);
  };
  const ir::VariableId s = variable_of(b, small), m = variable_of(b, middle),
                       l = variable_of(b, large), o = variable_of(b, often);
  CHECK(chosen(400) == Variables{s});
  CHECK(chosen(401) == Variables{m});
  CHECK(chosen(801) == Variables{m, s});  // 1,200 bytes and not 1,600
  CHECK(chosen(1201) == Variables{l});
  CHECK(chosen(1600) == Variables{l});
  CHECK(chosen(1700) == Variables{l, s});
  CHECK(chosen(2500) == Variables{l, m, s});
  CHECK(chosen(2801) == Variables{l, m, s, o});
  CHECK(chosen(8000) == Variables{l, m, s, o});
  CHECK(chosen(8001).empty());
  CHECK(chosen(400, {s}) == Variables{m});
  CHECK(chosen(400, {s, m, l, o}).empty());
  CHECK(chosen(0).empty());
  CHECK(chosen(1600, {}, 1599) == Variables{m, s});
  CHECK(chosen(1600, {}, 1100) == Variables{m});
  CHECK(chosen(1600, {}, 799).empty());
  CHECK(weights_to_stream(b.schedule(), test::kL1, {400}, {1 << 20}, {}).empty());

  const auto brought_back = [&](int64_t room, const std::set<ir::VariableId>& streamed) {
    return weights_to_bring_back(b.schedule(), test::kL2, {room}, streamed);
  };
  CHECK(brought_back(5000, {s, m, l, o}) == Variables{o, l, m, s});
  CHECK(brought_back(2000, {s, m, l, o}) == Variables{o, m});
  CHECK(brought_back(1999, {s, m, l}) == Variables{l});
  CHECK(brought_back(399, {s, m, l, o}).empty());
}

TEST_CASE("stream_weights: what is small, or a copy takes, stays where cores reach it") {
  test::ScheduleBuilder b;
  const BufferId copied = b.variable("copied", {100}), looped = b.variable("looped", {100}),
                 few = b.constant("few", {60}), plain = b.variable("plain", {100});
  b.entry_point("step");
  b.copy(b.whole(copied), b.whole(b.temporary("saved", {100})));
  b.launch("relu", {looped}, {b.output("y", {100})}).context.loop_turn = LoopTurn{};
  b.launch("relu", {few}, {b.output("z", {60})});
  b.launch("relu", {plain}, {b.output("w", {100})});
  CHECK(weights_to_stream(b.schedule(), test::kL2, {400}, {1 << 20}, {}) ==
        Variables{variable_of(b, looped)});
  CHECK(weights_to_stream(b.schedule(), test::kL2, {800}, {1 << 20}, {}) ==
        Variables{variable_of(b, plain), variable_of(b, looped)});
  CHECK(weights_to_stream(b.schedule(), test::kL2, {1601}, {1 << 20}, {}).empty());
}

TEST_CASE("stream_weights: versions of a variable move together, other variables stay") {
  test::ScheduleBuilder b;
  const BufferId w = b.variable("w", {100}), v = b.variable("v", {100});
  b.entry_point("step");
  const BufferId updated = b.next_version(w);
  b.launch("relu", {w}, {updated});
  b.launch("relu", {v}, {b.output("y", {100})});
  const chip::Chip chip = streaming_chip(4096);
  const Schedule streamed = stream_weights(b.schedule(), chip, {variable_of(b, w)});
  CHECK(streamed.buffers[w].level == chip.stream->level);
  CHECK(streamed.buffers[updated].level == chip.stream->level);
  CHECK(streamed.buffers[v].level == test::kL2);
}

TEST_CASE("stream_weights: all that is streamed comes to the scratchpad if its pieces fit") {
  test::ScheduleBuilder b;
  const BufferId w = b.variable("w", {3000});
  b.entry_point("step");
  const BufferId updated = b.next_version(w);
  b.launch("relu", {w}, {updated});
  const auto unreachable = [&](int64_t bytes) {
    const chip::Chip chip = streaming_chip(bytes);
    const Schedule streamed = stream_weights(b.schedule(), chip, {variable_of(b, w)});
    CHECK(unreachable_weights(streamed, chip) == std::set{variable_of(b, w)});
    return unreachable_weights(tile(streamed, chip, CycleTable::rough()), chip);
  };
  CHECK(unreachable(4096).empty());
  CHECK(unreachable(64).size() == 1);  // more pieces than there may be
  // It would not gain from L2.
  chip::Chip near = streaming_chip(4096);
  near.scratchpad->load = 1;
  const auto is_launch_near = [&](const Schedule& schedule) {
    const Schedule tiled = tile(schedule, near, CycleTable::rough());
    return std::ranges::any_of(tiled.entry_points.at(0).steps,
                               [](const Step& step) { return std::holds_alternative<Copy>(step); });
  };
  CHECK_FALSE(is_launch_near(b.schedule()));
  CHECK(is_launch_near(stream_weights(b.schedule(), near, {variable_of(b, w)})));
}

}  // namespace
}  // namespace tdc::schedule
