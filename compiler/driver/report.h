#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "driver/compilation.h"
#include "support/json.h"

namespace tdc::driver {

/// Floating point operations of one call of an entry point, by phase: 2 per multiply-accumulate, 1
/// per output element of every other op.
struct Work {
  int64_t forward = 0;  ///< loss included
  int64_t backward = 0;
  int64_t update = 0;
  [[nodiscard]] int64_t total() const { return forward + backward + update; }
};
Work work_of(const schedule::EntryPoint& entry_point);
/// None if there is no entry point of the kind.
Work work_of(const schedule::Schedule& schedule, ir::GraphKind kind);

/// One launch of the schedule, or those of all turns of a loop. The pointers are into the schedule.
struct LaunchWork {
  int64_t step = 0;  ///< its number among all steps of all entry points: that of its marker
  const schedule::EntryPoint* entry_point;
  const schedule::Launch* launch;  ///< of turn 0
  int64_t turns = 1;               ///< how often it runs in one call of the entry point
  int64_t flop = 0;                ///< of one call of the entry point: of all turns
};
std::vector<LaunchWork> launches_of(const schedule::Schedule& schedule);

/// Elements of the net's parameters and adapters, and of those that train.
struct ParameterCount {
  int64_t all = 0;
  int64_t trained = 0;
};
ParameterCount count_parameters(const IdVector<ir::VariableId, ir::Variable>& variables);

/// The contents of `report.json`. `source` is the path of the .td file; only its base name is kept.
JsonObject report_json(const Compilation& compilation, std::string_view source);

/// The same for the terminal: parameters, work, memory per level with its lower bound.
std::string report_text(const check::Program& program, const schedule::Schedule& schedule,
                        const memory::MemoryPlan& plan);

}  // namespace tdc::driver
