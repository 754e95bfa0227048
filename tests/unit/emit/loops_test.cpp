// Random loops: steps whose operands, extents and numbers change from turn to turn in every way, as
// emitted C and as the schedule says, bit for bit. The next commit draws others (TDC_TURN).

#include "schedule/loops.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include "unit/emit/emitted.h"
#include "unit/own_programs.h"
#include "unit/schedule/schedules.h"

namespace tdc::emit {
namespace {

using schedule::BufferId;
using schedule::LoopTurn;
using schedule::View;
using test::Random;

constexpr int64_t kElements = 96;  // of every buffer
constexpr int64_t kMost = 12;      // of an operand
constexpr int kEntryPoints = 60;

/// A number in each turn: constant, by steps, with other first and last ones, in turn, or any.
class OverTurns {
 public:
  OverTurns(Random& random, int64_t low, int64_t high) {
    const int64_t turns = 16;
    const int64_t kind = random.between(0, 4);
    const int64_t base = random.between(low, high);
    const int64_t step = random.between(-3, 3);
    for (int64_t turn = 0; turn < turns; ++turn) {
      int64_t number = base;
      if (kind == 1 || kind == 2) number = std::clamp(base + step * turn, low, high);
      if (kind == 3) number = turn % 2 == 0 ? low : base;
      if (kind == 4) number = random.between(low, high);
      if (kind == 2 && turn == 0) number = high;
      numbers_.push_back(number);
    }
  }
  [[nodiscard]] int64_t in(int64_t turn) const { return numbers_[static_cast<size_t>(turn)]; }

 private:
  std::vector<int64_t> numbers_;
};

/// Entry points `case0` and so on: some steps, and loops between them. All elements of `x` go into
/// what is worked on first, and all of that into `y` at the end.
class RandomLoops {
 public:
  explicit RandomLoops(uint64_t seed) : random_(seed) {}

  schedule::Schedule make() {
    for (int i = 0; i < kEntryPoints; ++i) {
      builder_.entry_point("case" + std::to_string(i));
      const BufferId x = builder_.input("x", {kElements});
      const BufferId y = builder_.output("y", {kElements});
      memory_ = {x, y};
      for (int j = 0; j < 3; ++j) {
        memory_.push_back(builder_.temporary("t" + std::to_string(j), {kElements}));
        builder_.copy(builder_.whole(x), builder_.whole(memory_.back()));
      }
      builder_.copy(builder_.whole(x), builder_.whole(y));
      for (int64_t loops = random_.between(1, 2); loops > 0; --loops) add_loop();
      builder_.copy(builder_.whole(memory_[2]), builder_.whole(memory_[3]));
      builder_.launch("add", {memory_[3], memory_[4]}, {memory_[2]});
      builder_.launch("add", {memory_[2], y}, {y});
    }
    return std::move(builder_.schedule());
  }

 private:
  struct Operand {
    OverTurns buffer, offset;
  };

  Operand operand() { return {{random_, 0, 4}, {random_, 0, kElements - kMost}}; }
  /// Of what is written; the input is not.
  Operand result() { return {{random_, 1, 4}, {random_, 0, kElements - kMost}}; }

  View view(const Operand& operand, int64_t turn, int64_t count) {
    return view(operand, turn, count, operand.buffer.in(turn));
  }
  View view(const Operand& operand, int64_t turn, int64_t count, int64_t buffer) {
    return test::ScheduleBuilder::slice(memory_[static_cast<size_t>(buffer)],
                                        operand.offset.in(turn), count);
  }

  /// Two rows, `pitch` apart, of as many elements.
  static View rows(View view, int64_t pitch) {
    view.extent = {2, view.extent[0]};
    view.stride = {pitch, 1};
    return view;
  }

  /// An operand that is the result or lies beside it, as kernels want it.
  static View beside(const View& result, const View& operand) {
    const int64_t distance = std::abs(result.offset - operand.offset);
    return result.buffer == operand.buffer && distance < operand.extent[0] ? result : operand;
  }

  void add_loop() {
    struct Step {
      int64_t kind;
      Operand a, b, to;
      OverTurns count;
    };
    const int64_t turns = random_.between(1, 9);
    std::vector<Step> body;
    for (int64_t steps = random_.between(1, 4); steps > 0; --steps)
      body.push_back({random_.between(0, 4), operand(), operand(), result(), {random_, 1, kMost}});
    const schedule::LoopId loop = builder_.schedule().loops.push_back({.origin = {{0}, 0, 1}});
    for (int64_t turn = 0; turn < turns; ++turn)
      for (const Step& step : body) {
        const int64_t place = &step - body.data();
        const int64_t count = step.count.in(turn);
        const View to = view(step.to, turn, count);
        const View a = beside(to, view(step.a, turn, count));
        const View b = beside(to, view(step.b, turn, count));
        const LoopTurn mark = {.loop = loop, .turn = turn, .place = place};
        // Copies have the same shapes in all turns.
        const int64_t copied = step.count.in(0), half = (copied + 1) / 2;
        if (step.kind == 0)
          builder_.copy(view(step.a, turn, copied, 0), view(step.to, turn, copied))
              .context.loop_turn = mark;
        else if (step.kind == 4)
          builder_
              .copy(rows(view(step.a, turn, half, 0), kMost - half),
                    rows(view(step.to, turn, half), 2 * half < kMost ? half + 1 : half))
              .context.loop_turn = mark;
        else if (step.kind == 1)
          builder_.launch_views("relu", {a}, {to}).context.loop_turn = mark;
        else if (step.kind == 2)
          builder_.launch_views("add", {a, b}, {to}).context.loop_turn = mark;
        else
          builder_.launch_views("mul", {a, b}, {to}).context.loop_turn = mark;
      }
  }

  Random random_;
  test::ScheduleBuilder builder_;
  std::vector<BufferId> memory_;  // x, y, temporaries
};

TEST_CASE("emitted: random loops compute what their turns do, one by one") {
  const uint64_t seed = test::turn();
  CAPTURE(seed);
  const schedule::Schedule schedule = RandomLoops(seed).make();
  const test::EmittedProgram program(schedule, test::draw_values(schedule, seed));
  CHECK(program.source().find("for (intptr_t turn = 0;") != std::string::npos);
  CHECK(program.source().find("static const void* const") != std::string::npos);
  program.check();
}

}  // namespace
}  // namespace tdc::emit
