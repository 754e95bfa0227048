#pragma once

// Steps as emitted C has them: all turns of a loop are one stretch, written once. Whoever numbers
// steps asks here, so that the plan, the report, the markers and the profile mean the same step.
//
//     steps      a  b c  b c  b c  d        b and c are marked: turns 0, 1, 2 of a loop
//     number     0  1 2  1 2  1 2  3
//
// A turn may lack a step that the others have, whose number is then not used in it.

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

/// Whether two steps can be the same step of a loop in two turns: both run the same kernel as
/// often, or copy the same shapes, with the same ticket if any, or wait for the same one.
bool are_turns_alike(const Step& step, const Step& other);

/// A step outside of loops, or all turns of a loop.
struct Stretch {
  size_t first = 0;  ///< the first step
  size_t end = 0;    ///< the step behind the last
  size_t body = 1;   ///< places of a turn
  size_t turns = 1;
  int64_t number = 0;  ///< of what stands at place 0; those of the other places follow
  std::optional<LoopId> loop;
  /// Turn by turn, the step at each place; nullopt where the turn lacks it.
  std::vector<std::optional<size_t>> steps;

  [[nodiscard]] std::optional<size_t> step(size_t turn, size_t place) const {
    return steps[turn * body + place];
  }
};

/// All steps of an entry point in order; asserts that loops are as `LoopTurn` says. Numbers start
/// with `number`.
std::vector<Stretch> stretches(const EntryPoint& entry_point, int64_t number = 0);

/// Turns `begin` to `end` - 1 of a loop.
struct TurnRange {
  size_t begin = 0, end = 0;
};
/// The turns that have a step at `place`, which follow one another.
TurnRange turns_at(const Stretch& stretch, size_t place);

/// The step of a kind that stands at `place`, of each turn that has it; empty if it is of another
/// kind.
template <typename Kind>
std::vector<const Kind*> in_turns(const EntryPoint& entry_point, const Stretch& stretch,
                                  size_t place) {
  std::vector<const Kind*> result;
  for (size_t turn = 0; turn < stretch.turns; ++turn)
    if (const auto at = stretch.step(turn, place))
      if (const auto* step = std::get_if<Kind>(&entry_point.steps[*at])) result.push_back(step);
  return result;
}

/// The copy or launch that the wait at step `wait` is for; null if none was started with its
/// ticket.
const Step* awaited(const EntryPoint& entry_point, size_t wait);

/// The number of each step of an entry point.
std::vector<int64_t> step_numbers(const EntryPoint& entry_point, int64_t number = 0);
/// How many numbers an entry point has.
int64_t count_numbers(const EntryPoint& entry_point);

}  // namespace tdc::schedule
