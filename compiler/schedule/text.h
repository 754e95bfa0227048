#pragma once

#include <string>

#include "chip/chip.h"
#include "schedule/schedule.h"

namespace tdc::schedule {

/// What a step does, in a word or two: a launch's label or else its op's name, `copy`, `wait`.
std::string label(const Step& step);

/// The whole schedule, for `--dump=schedule`. Ids are v0 (variables), b0 (buffers), t0
/// (transfers); the number before a step is its tick in the memory plan, the same in
/// all turns of a loop:
///
///     variables
///       v0 fc.weight: f32[10, 64], parameter, trained
///     buffers
///       b0 fc.weight: f32[10, 64], variable v0, L2
///       b1 image: f32[1, 64], argument
///       b2 matmul: f32[1, 10], temporary, L2
///       b3 relu: f32[1, 10], temporary, L2, in the memory of b2
///     entry point infer(image: b1) -> (logits: b4), batch 1
///       0 forward: matmul(b1, b0, -) -> b2 {transpose_b: true}
///       1 forward: relu(b2) -> b3
///       2 copy b3 -> b4
std::string to_text(const Schedule& schedule, const chip::Chip& chip);

/// A view: `b3` if whole under its own shape, `b3[2, 5]` if whole under another one, else
/// `b3[2, 3] from 4 + 6*i0 stride [6, 1]`, in elements.
std::string to_text(const View& view, const Schedule& schedule);

}  // namespace tdc::schedule
