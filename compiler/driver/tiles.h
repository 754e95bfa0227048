#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "chip/chip.h"
#include "schedule/kernel_amounts.h"
#include "schedule/schedule.h"
#include "support/json.h"

namespace tdc::driver {

/// What the transfers of a step move in one call of its entry point, in bytes.
struct Traffic {
  int64_t in = 0;   ///< to the scratchpad
  int64_t out = 0;  ///< and back
  /// A lower bound of both: each element that moves once in each direction, and for products of m x
  /// n x k elements 2 mnk / sqrt(S) - 2 S with S elements of scratchpad (Smith et al. 2019).
  int64_t least = 0;
  /// Parts of `in` and `out`: from and to where streamed weights lie.
  int64_t streamed_in = 0, streamed_out = 0;
  friend bool operator==(const Traffic&, const Traffic&) = default;
};

/// By the step of the launch that the transfers are for; steps without transfers are absent. Empty
/// for chips without scratchpad.
std::map<int64_t, Traffic> traffic_of(const schedule::Schedule& schedule, const chip::Chip& chip);

/// That of a step; nothing for steps without transfers.
Traffic traffic_at(const std::map<int64_t, Traffic>& traffic, int64_t step);

/// What kernels of the chip's platform take; null if nobody has measured it.
std::optional<schedule::CycleTable> measured_cycles(const chip::Chip& chip);

/// Cycles that are expected of each step that is a launch (`schedule::predict_cycles`), of one call
/// of its entry point; empty if nobody has measured kernels on the chip's platform, or the chip has
/// no scratchpad.
std::map<int64_t, int64_t> predicted_cycles(const schedule::Schedule& schedule,
                                            const chip::Chip& chip);

/// An operand that cores reach where tensors lie.
struct Staying {
  std::string name;  ///< of its buffer
  std::string_view reason;
};
/// Those of a launch. `too_large`: what `too_large_launches` gives for the schedule.
std::vector<Staying> staying_operands(const schedule::Schedule& schedule, const chip::Chip& chip,
                                      const schedule::Launch& launch,
                                      const std::set<const schedule::Launch*>& too_large);

/// Launches whose smallest pieces do not fit the scratchpad.
std::set<const schedule::Launch*> too_large_launches(const schedule::Schedule& schedule,
                                                     const chip::Chip& chip);

/// What computes a launch: `engine` or `cores`.
std::string_view agent_of(const schedule::Launch& launch);

/// For the terminal, by entry point:
///
///     tiles of `train_step`, bytes to and from L1
///      step op         name        turns tile       cycles        in       out     least  of L3
///      stays
///        12 matmul     fc1             6 1x64x32  1,158,342   229,376    98,304   327,680      0
///
/// The columns of predicted cycles and of what is streamed stand there where there are such, and on
/// chips with a matrix engine one that says what computes a step.
std::string tiles_text(const schedule::Schedule& schedule, const chip::Chip& chip);

}  // namespace tdc::driver
