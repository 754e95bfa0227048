#pragma once

#include <optional>

#include "check/library.h"
#include "check/program.h"

namespace tdc::check {

/// The built-in deployment: one memory without limit, nothing can fail to fit.
Deployment host_deployment();

/// Checks a `deploy` block and the chip it names. Null if something was reported.
std::optional<Deployment> check_deploy(const ast::Deploy& deploy, SourceRange origin,
                                       const FileScope& file, Reporter& reporter);

/// Checks that the chip of the selected deployment has a platform that `tdc` brings, or `own`, the
/// one that the user brings, which must be used (chip-5).
void check_platform(const chip::Chip& chip, const std::string& own, Reporter& reporter);

/// Checks a chip as it is written (chip-1 to chip-4). Null if something was reported.
std::optional<chip::Chip> check_chip(const ast::Chip& chip, Reporter& reporter);

}  // namespace tdc::check
