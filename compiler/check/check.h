#pragma once

// The front of the compiler after parsing: names, types, shapes, paths, selections. Everything a
// file says is checked, not only what is selected; all mistakes are reported at once.

#include <optional>
#include <string>

#include "check/program.h"
#include "diag/diagnostic.h"
#include "support/source.h"

namespace tdc::check {

/// What the command line picks. Empty texts: the first `train` block of the file, the default
/// deployment, the net's name in snake case as prefix.
struct Selection {
  std::string train;
  std::string deploy;
  std::string prefix;
  std::string platform;  ///< the one that the user brings; empty: none
  /// The default deployment is the file's first `deploy` block, if it has one; otherwise it is the
  /// built-in `host`.
  bool prefers_deploy_of_file = false;
};

/// Checks a file and all that it uses, and elaborates the selected net. Null if something was
/// reported.
std::optional<Program> check(SourceFiles& sources, FileId main, const Selection& selection,
                             Diagnostics& diagnostics);

}  // namespace tdc::check
