#pragma once

#include <optional>

#include "check/program.h"
#include "diag/diagnostic.h"
#include "driver/options.h"
#include "support/source.h"

namespace tdc::driver {

/// `tdc check`: finds everything that can fail when the file is compiled and follows from the files
/// alone, for every pair of a `train` block and a `deploy` block. For the selected pair all of it
/// is an error; for the others all but fitting, and that one of them does not fit is a note with
/// the shortfall. A mistake that several pairs share is reported once.
///
/// Gives the selected program; null if there are errors.
std::optional<check::Program> judge(SourceFiles& files, FileId file, const CompileOptions& options,
                                    Diagnostics& diagnostics);

}  // namespace tdc::driver
