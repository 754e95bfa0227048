#pragma once

// The front of the compiler after parsing: names, types, shapes, paths, selections. Everything a
// file says is checked, not only what is selected; all mistakes are reported at once.

#include <optional>
#include <string>
#include <vector>

#include "check/library.h"
#include "check/program.h"
#include "diag/diagnostic.h"

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

/// All that a file says: any of the programs with any of the deployments can be compiled.
struct CheckedFile {
  /// One for each `train` block, in their order; without any, the first net alone. Their deployment
  /// is the selected one.
  std::vector<Program> programs;
  /// The `deploy` blocks in their order; the built-in `host` instead if there is none, and last if
  /// it is selected.
  std::vector<Deployment> deployments;
  size_t selected_program = 0;
  size_t selected_deployment = 0;
};

/// Checks a file of a complete library and all that it uses, and elaborates its nets. Null if there
/// are errors, which are reported.
std::optional<CheckedFile> check_file(const Library& library, const FileScope& main,
                                      const Selection& selection, Diagnostics& diagnostics);

}  // namespace tdc::check
