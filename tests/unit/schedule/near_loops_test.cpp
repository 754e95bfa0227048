// The turns of a recurrence in the scratchpad: what lies there, what is brought in each turn, what
// once, and that the results keep their bits.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "schedule/lifetimes.h"
#include "schedule/loops.h"
#include "schedule/passes.h"
#include "schedule/transfers.h"
#include "support/files.h"
#include "unit/schedule/recurrences.h"
#include "unit/schedule/schedules.h"

namespace tdc::schedule {
namespace {

using Names = std::vector<std::string>;
using test::generous_chip;

/// A schedule of one entry point with a loop.
class LoopBuilder : public test::ScheduleBuilder {
 public:
  static constexpr int64_t kTurns = 4;

  LoopBuilder() {
    entry_point("step");
    loop_ = schedule().loops.push_back({});
  }
  /// What is launched next is step `place` of a turn.
  static void mark(Launch& launch, LoopId loop, int64_t turn, int64_t place) {
    launch.context.loop_turn = {.loop = loop, .turn = turn, .place = place};
  }
  [[nodiscard]] LoopId loop() const { return loop_; }

 private:
  LoopId loop_;
};

Names near_buffers(const Schedule& schedule) {
  Names names;
  for (const Buffer& buffer : schedule.buffers)
    if (buffer.level == test::kL1) names.push_back(buffer.name);
  return names;
}

/// `x in`, `y out` for each transfer before the loop, in its second turn, and behind it.
struct Transfers {
  Names before, in_turn, behind;
  friend bool operator==(const Transfers&, const Transfers&) = default;
};

Transfers transfers(const Schedule& schedule, const chip::Chip& chip) {
  Transfers found;
  bool is_behind = false;
  for (const Step& step : schedule.entry_points.at(0).steps) {
    const std::optional<LoopTurn> turn = loop_turn(step);
    is_behind = is_behind || turn;
    const auto* copy = std::get_if<Copy>(&step);
    if (copy == nullptr || !copy->ticket || (turn && turn->turn != 1)) continue;
    (turn        ? found.in_turn
     : is_behind ? found.behind
                 : found.before)
        .push_back(test::transfer_text(schedule, chip, *copy));
  }
  return found;
}

TEST_CASE("place_near: what only the turns of one loop use, and not what is read later") {
  LoopBuilder b;
  const BufferId x = b.input("x", {8}), y = b.output("y", {8});
  const BufferId own = b.temporary("own", {8}), part = b.alias("part", own);
  const BufferId last = b.temporary("last", {8}), first = b.temporary("first", {8});
  b.launch("relu", {x}, {first});
  for (int64_t turn = 0; turn < LoopBuilder::kTurns; ++turn) {
    LoopBuilder::mark(b.launch("relu", {first}, {own}), b.loop(), turn, 0);
    LoopBuilder::mark(b.launch("neg", {own}, {part}), b.loop(), turn, 1);
    LoopBuilder::mark(b.launch("relu", {part}, {last}), b.loop(), turn, 2);
  }
  b.launch("relu", {last}, {y});
  const chip::Chip chip = generous_chip(4096);
  CHECK(near_buffers(place_near(b.schedule(), chip)) == Names{"own", "part"});
  CHECK(near_buffers(place_near(b.schedule(), test::two_level_chip())).empty());
}

TEST_CASE("place_near: two loops share no buffer, and half of the scratchpad is left") {
  LoopBuilder b;
  const BufferId x = b.input("x", {8}), y = b.output("y", {64}),
                 shared = b.temporary("shared", {8});
  const BufferId small = b.temporary("small", {64}), large = b.temporary("large", {65});
  const LoopId other = b.schedule().loops.push_back({});
  for (int64_t turn = 0; turn < LoopBuilder::kTurns; ++turn)
    LoopBuilder::mark(b.launch("relu", {x}, {shared}), b.loop(), turn, 0);
  for (int64_t turn = 0; turn < LoopBuilder::kTurns; ++turn) {
    LoopBuilder::mark(b.launch("neg", {x}, {shared}), other, turn, 0);
    LoopBuilder::mark(b.launch_views("relu", {b.slice(large, 0, 64)}, {b.whole(small)}), other,
                      turn, 1);
    LoopBuilder::mark(b.launch("neg", {small}, {y}), other, turn, 2);
  }
  // 256 and 260 bytes; the latter takes 272.
  CHECK(near_buffers(place_near(b.schedule(), generous_chip(2 * 528))) == Names{"small", "large"});
  CHECK(near_buffers(place_near(b.schedule(), generous_chip(2 * 527))) == Names{"small"});
  CHECK(near_buffers(place_near(b.schedule(), generous_chip(2 * 255))).empty());
}

/// `y[t] = x[t] * w`, and `sum` of all of them.
struct Turns : LoopBuilder {
  explicit Turns(int64_t size) {
    const BufferId x = input("x", {kTurns * size}), y = temporary("y", {kTurns * size});
    const BufferId w = input("w", {size}), sum = temporary("sum", {size});
    launch("relu", {w}, {sum});
    for (int64_t turn = 0; turn < kTurns; ++turn) {
      mark(launch_views("mul", {slice(x, turn * size, size), whole(w)},
                        {slice(y, turn * size, size)}),
           loop(), turn, 0);
      mark(launch_views("add", {whole(sum), slice(y, turn * size, size)}, {whole(sum)}), loop(),
           turn, 1);
    }
    launch("add", {sum, w}, {output("z", {size})});
  }
};

TEST_CASE("tile: in a loop each turn brings its operands, in the same steps") {
  const Turns b(100);
  const chip::Chip chip = generous_chip(4096);
  const Schedule tiled = tile(b.schedule(), chip, CycleTable::rough());
  CHECK(transfers(tiled, chip).in_turn ==
        Names{"x in", "w in", "y out", "sum in", "y in", "sum out"});
  const std::vector<Stretch> found = stretches(tiled.entry_points[0]);
  const auto loop =
      std::ranges::find_if(found, [](const Stretch& stretch) { return stretch.turns > 1; });
  CHECK(loop->turns == LoopBuilder::kTurns);
  CHECK(loop->body == 2 * 3 * 2 + 2);  // of each launch three transfers, each with a wait
}

TEST_CASE("tile: in a loop pieces that fit are written out one by one") {
  const Turns b(100);
  const chip::Chip chip = generous_chip(3 * 400 - 16);
  const Schedule tiled = tile(b.schedule(), chip, CycleTable::rough());
  const Names in_turn = transfers(tiled, chip).in_turn;
  CHECK(std::ranges::count(in_turn, "x in") == 2);
  CHECK(std::ranges::count(in_turn, "y out") == 2);
}

TEST_CASE("hoist: what is the same in every turn is brought once, sums go back behind the loop") {
  const Turns b(100);
  const chip::Chip chip = generous_chip(4096);
  const Schedule tiled = tile(b.schedule(), chip, CycleTable::rough());
  const Transfers found = transfers(hoist(tiled, chip), chip);
  // The sum is brought first: at a time it takes the memory of w, and both are one size.
  CHECK(found.in_turn == Names{"x in", "y out", "y in"});
  CHECK(std::ranges::count(found.before, "w in") == 2);  // also for the launch before the loop
  CHECK(std::ranges::count(found.before, "sum in") == 1);
  CHECK(std::ranges::count(found.behind, "sum out") == 1);
}

TEST_CASE("hoist: what is brought once fits beside all that is near in a turn") {
  const Turns b(100);
  // w, a sum, and x and y of the product: 1,600 bytes, rounded up.
  for (const auto& [bytes, hoisted] : {std::pair<int64_t, int64_t>{1600, 2}, {1599, 1}}) {
    const chip::Chip chip = generous_chip(bytes);
    const Schedule tiled = tile(b.schedule(), chip, CycleTable::rough());
    const Transfers all = transfers(tiled, chip), found = transfers(hoist(tiled, chip), chip);
    CHECK(std::ssize(found.before) == std::ssize(all.before) + hoisted);
  }
}

TEST_CASE("hoist: what the loop writes, or takes elsewhere in each turn, is brought in each") {
  LoopBuilder b;
  const BufferId x = b.input("x", {400}), state = b.temporary("state", {100});
  const BufferId y = b.temporary("y", {100});
  b.launch_views("relu", {b.slice(x, 0, 100)}, {b.whole(state)});
  for (int64_t turn = 0; turn < LoopBuilder::kTurns; ++turn) {
    LoopBuilder::mark(
        b.launch_views("mul", {b.slice(x, turn * 100, 100), b.whole(state)}, {b.whole(y)}),
        b.loop(), turn, 0);
    LoopBuilder::mark(b.launch("neg", {y}, {state}), b.loop(), turn, 1);
  }
  b.launch("add", {y, state}, {b.output("z", {100})});
  const chip::Chip chip = generous_chip(4096);
  const Schedule tiled = tile(b.schedule(), chip, CycleTable::rough());
  CHECK(transfers(hoist(tiled, chip), chip) == transfers(tiled, chip));
}

TEST_CASE("lifetimes: what arrives in the turn that waits for it is no turn's legacy") {
  LoopBuilder b;
  const BufferId x = b.input("x", {8}), y = b.output("y", {8});
  const BufferId now = b.temporary("now", {8}), next = b.temporary("next", {8});
  for (int64_t turn = 0; turn < 3; ++turn) {
    int64_t place = 0;
    const auto mark = [&](StepContext& context) {
      context.loop_turn = {.loop = b.loop(), .turn = turn, .place = place++};
    };
    const auto wait = [&](TicketId ticket) {
      b.wait(ticket);
      mark(std::get<Wait>(b.schedule().entry_points[0].steps.back()).context);
    };
    mark(b.launch("relu", {x}, {y}).context);
    mark(b.copy(b.whole(x), b.whole(now), TicketId{0}).context);
    wait({0});
    mark(b.launch("relu", {now}, {y}).context);
    if (turn > 0)
      wait({1});
    else
      ++place;
    mark(b.launch("relu", {next}, {y}).context);
    if (turn < 2) mark(b.copy(b.whole(x), b.whole(next), TicketId{1}).context);
  }
  const std::vector<Lifetime> found = find_lifetimes(b.schedule()).lifetimes;
  REQUIRE(found.size() == 2);
  CHECK(found[0].first == 1);
  CHECK(found[0].last == 3);
  CHECK(found[1].first == 0);
  CHECK(found[1].last == 6);
}

TEST_CASE("near loops: weights of a recurrence that do not fit are streamed with the same bits") {
  const std::string text =
      read_file(std::string(TDC_SOURCE_DIR) + "/tests/bench/chip/gru.td").value();
  const size_t at = text.find("deploy chip on pulp_cluster {}");
  REQUIRE(at != std::string::npos);
  const std::string program = text.substr(0, at);
  const driver::Planned streamed = test::plan_recurrence(
      program + "deploy small on pulp_cluster { budget L2 <= 225 KiB }\n", "");
  const LevelId l3 = streamed.interface.chip.stream->level;
  CHECK(std::ranges::any_of(streamed.schedule.buffers, [&](const Buffer& buffer) {
    return buffer.name == "gru.hh.weight" && buffer.level == l3;
  }));
  CHECK(test::have_same_results(streamed, test::plan_recurrence(program, "", {"roll"})));
  CHECK(test::complaints_about(streamed, 2) == "");
}

TEST_CASE("near loops: random recurrences keep their bits") {
  size_t brought = 0, lying = 0;
  constexpr uint64_t kSeeds = 40;
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    CAPTURE(seed);
    const std::string text = test::random_recurrence(seed);
    CAPTURE(text);
    const std::string board = fmt::format(
        "chip board {{\n  cores 3\n  platform \"pulp_cluster\"\n  memory L1, size: {} KiB\n"
        "  memory L2, size: 1 MiB\n  tensors L2\n  constants L2\n  image L2\n"
        "  scratchpad L1, transfer: 1, bandwidth: 8, row: 1, load: 10000\n}}\n"
        "deploy on_board on board {{}}\n",
        seed % 2 == 0 ? 4 : 1);
    const driver::Planned near = test::plan_recurrence(text + board, "");
    const driver::Planned flat = test::plan_recurrence(text, "", {"roll"});
    CHECK(test::have_same_results(near, flat));
    if (seed % 6 == 0) CHECK(test::complaints_about(near, seed) == "");
    const chip::Chip& chip = near.interface.chip;
    const Transfers found = transfers(near.schedule, chip);
    brought += found.in_turn.empty() ? 0 : 1;
    lying += near_buffers(near.schedule).empty() ? 0 : 1;
  }
  CHECK(brought > kSeeds / 2);
  CHECK(lying > kSeeds / 2);
}

}  // namespace
}  // namespace tdc::schedule
