#pragma once

#include <optional>
#include <string>

#include "diag/diagnostic.h"
#include "driver/options.h"
#include "support/source.h"

namespace tdc::driver {

/// `tdc report --all`: one row per `train` block of the file under the chosen `deploy` block, with
/// parameters, trained scalars, work, memory beyond weights with its lower bound, and whether it
/// fits; then the largest tensors at each row's peak. Null if the program is wrong. Programs that
/// do not fit are rows with their shortfall.
std::optional<std::string> strategy_table(SourceFiles& files, FileId file,
                                          const CompileOptions& options, Diagnostics& diagnostics);

}  // namespace tdc::driver
