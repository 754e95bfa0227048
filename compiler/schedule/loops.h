#pragma once

// Steps as emitted C has them: all turns of a loop are one stretch, written once. Whoever numbers
// steps asks here, so that the plan, the report, the markers and the profile mean the same step.
//
//     steps      a  b c  b c  b c  d        b and c are marked: turns 0, 1, 2 of a loop
//     number     0  1 2  1 2  1 2  3

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "schedule/schedule.h"

namespace tdc::schedule {

/// The mark of a step, if it is in a loop.
std::optional<LoopTurn> loop_turn(const Step& step);
void set_loop_turn(Step& step, std::optional<LoopTurn> turn);
/// What a copy has in common with that of every turn: extents, and strides of both sides.
std::array<ir::Dims, 3> shapes_of(const Copy& copy);

/// A step outside of loops, or all turns of a loop.
struct Stretch {
  size_t first = 0;    ///< the first step
  size_t body = 1;     ///< steps of a turn
  size_t turns = 1;    ///< step `first + turn * body + i` is the i-th of a turn
  int64_t number = 0;  ///< of step `first`; those of the body follow
  std::optional<LoopId> loop;

  [[nodiscard]] size_t end() const { return first + body * turns; }
};

/// All steps of an entry point in order; asserts that loops are as `LoopTurn` says. Numbers start
/// with `number`.
std::vector<Stretch> stretches(const EntryPoint& entry_point, int64_t number = 0);

/// The step of a kind that stands at `place` of the body, of each turn; empty if it is of another
/// kind.
template <typename Kind>
std::vector<const Kind*> in_turns(const EntryPoint& entry_point, const Stretch& stretch,
                                  size_t place) {
  std::vector<const Kind*> result;
  for (size_t at = stretch.first + place; at < stretch.end(); at += stretch.body)
    if (const auto* step = std::get_if<Kind>(&entry_point.steps[at])) result.push_back(step);
  return result;
}

/// The number of each step of an entry point.
std::vector<int64_t> step_numbers(const EntryPoint& entry_point, int64_t number = 0);
/// How many numbers an entry point has.
int64_t count_numbers(const EntryPoint& entry_point);

}  // namespace tdc::schedule
