#pragma once

#include <string>
#include <variant>
#include <vector>

#include "chip/chip.h"
#include "diag/diagnostic.h"
#include "memory/plan.h"
#include "schedule/lifetimes.h"

namespace tdc::memory {

/// A tensor that is live at a peak, for messages and reports.
struct LiveTensor {
  schedule::BufferId buffer;
  std::string name;
  Bytes size;
  SourceRange origin;
  friend bool operator==(const LiveTensor&, const LiveTensor&) = default;
};

/// The at most `count` largest tensors that are live at `tick`, largest first.
std::vector<LiveTensor> largest_at(const schedule::Schedule& schedule, const LevelPlan& plan,
                                   Tick tick, size_t count);

/// A level whose plan is larger than its capacity.
struct Overflow {
  LevelId level;
  std::string level_name;
  SourceRange budget_origin;  ///< not valid: the level has no budget, the chip is too small
  Bytes capacity;
  Beside beside;
  Bytes peak;                       ///< of the arena
  Bytes need;                       ///< for all of it
  Bytes shortfall;                  ///< need - capacity
  Tick tick = 0;                    ///< when most is live
  std::string entry_point, step;    ///< what runs then
  std::vector<LiveTensor> largest;  ///< of those live then, largest first
  bool is_of_pieces = false;        ///< pieces of that step are too large, whatever else is live
  std::optional<Bytes> would_fit;   ///< the smallest budget in KiB that fits, if the chip has it
  friend bool operator==(const Overflow&, const Overflow&) = default;
};

/// That of the scratchpad for a step whose operands take `bytes` there in the smallest pieces.
/// `plan` is one for the chip.
Overflow overflow_of_pieces(const chip::Chip& chip, const MemoryPlan& plan, std::string entry_point,
                            std::string step, Bytes bytes);

/// The program needs more memory than there is. The plan is complete all the same, so that its
/// numbers can be reported.
struct NotFit {
  MemoryPlan plan;
  std::vector<Overflow> overflows;  ///< at least one, in the order of levels
};

/// Gives every temporary and variable its place in the arena of its level and counts what else lies
/// in each level. The same schedule gives the same plan. Without a budget (`Chip::has_budget`)
/// everything fits.
std::variant<MemoryPlan, NotFit> plan_memory(const schedule::Schedule& schedule,
                                             const chip::Chip& chip,
                                             const ProgramData& program_data = {});

/// What a level lacks for a schedule; 0 if there are places. Asks in a fraction of the time of
/// `plan_memory`, which may find places where this does not, but never the other way round.
Bytes shortfall_of_level(const schedule::Schedule& schedule, const chip::Chip& chip,
                         const ProgramData& program_data, LevelId level);

/// Reports `memory-does-not-fit` for every level that overflows. Gives the last of these reports,
/// for more that is to be said.
Diagnostics::Report report_not_fit(const NotFit& not_fit, Diagnostics& diagnostics);

// ---- the planner proper, without a schedule ----------------------------------------------------

struct ArenaPlan {
  Bytes peak;
  Bytes max_live;
  Method method = Method::empty;
  std::vector<Placement> placements;  ///< as in LevelPlan
};

/// Places lifetimes in one arena. Variables lie at the bottom, in the given order: they overlap
/// with everything, so wherever they lie, the rest is two separate bands, and joining the bands
/// costs nothing. With `enough` bytes the search for a lower peak is short, and ends as soon as
/// there are places within them.
ArenaPlan plan_arena(const std::vector<Lifetime>& lifetimes,
                     std::optional<Bytes> enough = std::nullopt);

}  // namespace tdc::memory
