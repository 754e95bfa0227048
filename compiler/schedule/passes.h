#pragma once

// The passes over schedules, in the order in which they run. Each can be left out (`--without`):
// the results have the same bits then.

#include <set>
#include <string>
#include <vector>

#include "chip/chip.h"
#include "schedule/kernel_amounts.h"
#include "schedule/schedule.h"
#include "support/units.h"

namespace tdc::schedule {

/// Ops that move elements only are left out where those who make or read the elements can do so
/// where they lie:
///
///     b1 = transpose(b0)                     b2 = matmul(b0 stride [1, 3], w)
///     b2 = matmul(b1, w)               ==>   relu(b2) -> b7
///     b5 = relu(b2)                          relu(b3) -> b7 from 12
///     b6 = relu(b3)                          b8 = add(b7, b4)
///     b7 = concat(b5, b6)
///     b8 = add(b7, b4)
///
/// Which elements an op moves where follows from its space (`Work::none`); which layouts a kernel
/// takes, from its record (`ops::bind`). Either the result lies in the operand's memory (slices,
/// transposes, broadcasts) as long as nobody writes there, or the operands in the result's
/// (transposes, parts of a concat), if that is filled by them alone. What is left out becomes a
/// `ViewNode`, by which the validator follows elements. Nothing is done that would raise the most
/// bytes live at a step of the entry point. Runs before `take_over_memory`, after
/// which buffers are written more than once.
Schedule use_views(Schedule schedule);

/// Results take over the memory of what dies where they are made:
///
///     b1 = matmul(b0, w)                     b1 = matmul(b0, w)
///     b2 = relu(b1)                    ==>   b2 = relu(b1)         b2 in the memory of b1
///     copy b2 -> b3                          b3 = matmul(b4, b5) continuing b3
///     b3 = matmul(b4, b5) continuing b3                            b3 in the memory of b2
///
/// Applies to temporaries whose first use fills them: by a launch whose record allows it
/// (`in_place`), if the operand is a temporary that nobody reads later, both are whole and lie
/// alike, and the launch takes nothing else of the operand's memory; and by a copy of a temporary
/// that nobody reads later, which is then nothing and left out. Relies on nothing.
Schedule take_over_memory(Schedule schedule);

/// Runs of launches in strips, so that between them only a strip of what they hand on exists:
///
///     b1 = conv2d(b0, w)       64 rows          b1 = conv2d(b0, w)           rows 0..32
///     b2 = relu(b1)                             b2 = relu(b1)                the same
///     b3 = max_pool2d(b2)      32 rows    ==>   b3 = max_pool2d(b2)          rows 0..16
///                                               b1 = conv2d(b0, w)           rows 32..64
///     b2 in the memory of b1                    ...                          b1 has 32 rows
///
/// Applies where a level's peak is, if it lowers it by more than the argument structs of the pieces
/// take: as few strips as it takes, along the axis for which kernels gather the fewest panels twice
/// (`KernelDef::gathered`), and of these along that which needs the fewest steps. Strips that fit a
/// scratchpad together with all that their launches touch count nothing where tensors lie: they
/// will stay there, unless the planner finds no room. Which runs can be cut, and what happens to
/// rows that two strips need: `schedule/group.h`. Relies on whole launches.
Schedule group(Schedule schedule, const chip::Chip& chip);

/// The turns of a `repeat` become loops:
///
///     b4 = add(b1, b2)  turn 0               b1 = add(b1, b2)  turn 0 of loop 0
///     b5 = add(b4, b2)  turn 1               b1 = add(b1, b2)  turn 1 of loop 0
///     b6 = add(b5, b2)  turn 2        ==>    b1 = add(b1, b2)  turn 2 of loop 0
///     b7 = relu(b4)     turn 0               b7 = relu(b6)
///     ...
///
/// Steps of a loop are put together, turn by turn, and marked; what they are run on stays the same
/// but for where it lies: buffers that take each other's place from turn to turn become one buffer
/// or parts of one (`roll_buffers.h`). A `repeat` becomes one loop forward, one backward, and one
/// for sums that ascend though the backward loop runs down. Turns at its ends that differ from the
/// others stay as they are. Nothing happens to fewer than four equal turns, and to layers, whose
/// turns have variables of their own. Comes after all passes that look at whole buffers.
Schedule roll(Schedule schedule);

/// The weights of the given variables lie where only transfers reach (`chip::Stream`); `tile` then
/// brings them from there. Comes after `roll` and before `tile`.
Schedule stream_weights(Schedule schedule, const chip::Chip& chip,
                        const std::set<ir::VariableId>& weights);

/// Weights in `level` that may be streamed from a level with that much `room`, other than `chosen`,
/// together at least `shortfall`; fewer if there are not so many, and none if all of them with
/// their gradients were too few. First those of which a call of each entry point moves the fewest
/// bytes for each that they leave free. Small weights and those that an index or a plain
/// copy takes are none of them. `schedule` is that before `stream_weights`.
std::vector<ir::VariableId> weights_to_stream(const Schedule& schedule, LevelId level,
                                              Bytes shortfall, Bytes room,
                                              const std::set<ir::VariableId>& chosen);

/// Of the streamed weights those that `level` has `room` for: first those of which a call of each
/// entry point moves the most bytes for each that they take.
std::vector<ir::VariableId> weights_to_bring_back(const Schedule& schedule, LevelId level,
                                                  Bytes room,
                                                  const std::set<ir::VariableId>& streamed);

/// Streamed weights that cores touch where they lie, which they cannot: `tile` found no pieces that
/// fit, or none that the kernel takes.
std::set<ir::VariableId> unreachable_weights(const Schedule& schedule, const chip::Chip& chip);

/// Temporaries that only the turns of one loop use lie in the scratchpad of the chip, the smallest
/// first, up to half of it:
///
///     turn t: b1 = matmul(b0, w)             turn t: b1 = matmul(b0, w)      b1 in L1
///             b2 = relu(b1)           ==>            b2 = relu(b1)           b2 in the memory of
///             b1 copy b2 -> b3 row t                    copy b2 -> b3 row t
///
/// Nothing is moved for that. Comes after `roll`, which makes the loops.
Schedule place_near(Schedule schedule, const chip::Chip& chip);

/// Launches of which each takes what the one before makes go through the scratchpad of the chip
/// together, piece by piece:
///
///     b2 = matmul(b0, b1)   [64, 384]        transfer b0 -> b4
///     b3 = relu(b2)                          turn 0: transfer b1 columns 0..96 -> b5; wait
///                                    ==>             b6 = matmul(b4, b5)
///                                                    b7 = relu(b6)
///                                                    transfer b7 -> b3 columns 0..96; wait
///                                            turn 1: ...
///
/// b2 is there no more, unless somebody else reads it. On a chip with a matrix engine one of the
/// launches may be the engine's, which runs beside the cores (`schedule/fused_run.h`). Applies to
/// up to four launches that are cut along one axis in equal pieces, without anything that two
/// pieces take of what is handed on; where it gains by what transfers, kernels and the engine take.
/// A launch that stands further back comes forward if nothing in between minds. Relies on whole
/// launches; what it writes is nothing to `tile`.
Schedule fuse(Schedule schedule, const chip::Chip& chip, const CycleTable& table);

/// Operands are brought to the scratchpad of the chip, piece by piece where they do not fit:
///
///     b2 = matmul(b0, b1)   [64, 384]        transfer b0 -> b3
///                                            turn 0: transfer b1 columns 0..96 -> b4; wait
///                                    ==>             b5 = matmul(b3, b4)
///                                                    transfer b5 -> b2 columns 0..96; wait
///                                            turn 1: transfer b1 columns 96..192 -> b4; wait
///                                            ...
///
/// Applies to each launch where it gains by what transfers take on the chip and kernels by `table`.
/// The launch is cut along one axis, if need be along two; operands that the inner cut does not
/// concern are brought once. In the turns of a `repeat` a launch is brought in the same way in
/// each. Each operand has one buffer; what accumulates or is updated in place shares that of the
/// result. Operands of one element, and those of which data decides what is used, stay where they
/// are. Nothing happens on chips without a scratchpad.
Schedule tile(Schedule schedule, const chip::Chip& chip, const CycleTable& table);

/// A launch whose operands do not fit the scratchpad in the smallest pieces.
struct TooLarge {
  const EntryPoint* entry_point = nullptr;
  const Launch* launch = nullptr;
  Bytes bytes;  ///< of the scratchpad that it needs
};

/// Those that `tile` leaves where they are for that reason; of a loop, those of the first turn.
std::vector<TooLarge> too_large_for_scratchpad(const Schedule& schedule, const chip::Chip& chip);

/// Launches that the matrix engine of the chip computes faster than the cores:
///
///     b6 = matmul(b4, b5)              ==>   b6 = matmul(b4, b5) on the engine
///
/// Applies where all operands lie in the scratchpad, and to all turns of a loop or none. Relies on
/// `tile`, which chooses pieces for whoever is faster; `fuse` has chosen for its own.
Schedule offload(Schedule schedule, const chip::Chip& chip, const CycleTable& table);

/// What is brought in every turn of a `repeat`, and is the same in all of them, is brought once:
///
///     turn t: transfer w -> b4; wait         transfer w -> b4; wait
///             b5 = matmul(b3, b4)      ==>   turn t: b5 = matmul(b3, b4)
///
/// Applies to what nothing in the loop writes, and to sums with which each turn goes on, which go
/// back behind the loop; if it fits beside all that is near in a turn, first to what takes most
/// cycles for its bytes. Relies on `tile`.
Schedule hoist(Schedule schedule, const chip::Chip& chip);

/// What the next launch takes stays in the scratchpad:
///
///     b3 = relu(b4); transfer b3 -> b1       b3 = relu(b4)
///     transfer b1 -> b5; wait           ==>
///     b6 = scale(b5)                         b6 = scale(b3)
///
/// and so does what the last one has taken:
///
///     transfer b1 -> b3; wait                transfer b1 -> b3; wait
///     b4 = relu(b3)                          b4 = relu(b3)
///     transfer b1 -> b5; wait           ==>
///     b6 = scale(b5)                         b6 = scale(b3)
///
/// Applies to transfers outside of loops, of the same part of a buffer, between a launch and the
/// next, each with all turns of its loop, if all that lies there while either runs still fits.
/// Where b1 is a temporary that nobody reads, it does not exist any more. Relies on `tile`. What
/// lives at a time fits, but the planner may find no places for it: then this pass runs again as if
/// there were less room.
Schedule keep_near(Schedule schedule, const chip::Chip& chip);

/// Transfers run beside the launch before and the launch behind them:
///
///     b3 = relu(b4); transfer b3 -> b1       transfer b2 -> b5
///     wait                                   b3 = relu(b4); transfer b3 -> b1
///     transfer b2 -> b5; wait           ==>  wait for b5
///     b6 = neg(b5)                           b6 = neg(b5)
///                                            wait for b1
///
/// Applies to transfers that are started or waited for outside of loops, the first and the last of
/// a loop among them, if nothing in between touches what is moved (of what is brought: writes it),
/// and if it fits beside all that is near then. Relies on `tile`. Where there are no places, it
/// runs again with less room, as `keep_near` does.
Schedule prefetch(Schedule schedule, const chip::Chip& chip);

/// Transfers that `prefetch` has left run beside the loop, or the launch, before and behind them:
///
///     loop 0: ...                            transfer b2 -> b5
///     transfer b2 -> b5                 ==>  loop 0: ...
///     loop 1: wait for b5 ...                loop 1: wait for b5 ...
///
/// What is moved then lies in the scratchpad for a whole loop, so this is a pass of its own, which
/// takes what room `prefetch` has left.
Schedule prefetch_loops(Schedule schedule, const chip::Chip& chip);

}  // namespace tdc::schedule
