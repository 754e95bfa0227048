#pragma once

#include <vector>

#include "interface/interface.h"
#include "memory/plan.h"
#include "schedule/aliases.h"
#include "schedule/schedule.h"
#include "support/source.h"

namespace tdc::emit {

/// Initial elements of every variable, rounded to fp32 once.
using InitialValues = IdVector<ir::VariableId, std::vector<float>>;

/// All that generated C is printed from. The IR is not among it.
struct Model {
  const interface::Interface& interface;
  const schedule::Schedule& schedule;
  const memory::MemoryPlan& plan;
  const InitialValues& initial_values;
  const SourceFiles& files;  ///< for the places of loops
  /// The buffer whose memory each one uses, and that of each variable.
  IdVector<schedule::BufferId, schedule::BufferId> alias_roots =
      schedule::alias_roots(schedule.buffers);
  IdVector<ir::VariableId, schedule::BufferId> variable_buffers =
      schedule::variable_buffers(schedule);
};

}  // namespace tdc::emit
