#pragma once

#include <optional>
#include <string>
#include <vector>

#include "check/program.h"
#include "diag/diagnostic.h"
#include "emit/model.h"
#include "memory/plan.h"
#include "schedule/schedule.h"
#include "support/output_folder.h"

namespace tdc::driver {

/// Everything that compiling a file gives.
struct Compilation {
  check::Program program;
  interface::Interface interface;
  ir::Module module;  ///< the entry points, for reports and reference runs
  schedule::Schedule schedule;
  memory::MemoryPlan plan;
  emit::InitialValues initial_values;
  std::vector<OutputFile> files;  ///< of the output folder
};

}  // namespace tdc::driver
