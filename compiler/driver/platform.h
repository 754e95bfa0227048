#pragma once

#include <string>
#include <vector>

#include "support/output_folder.h"
#include "support/result.h"

namespace tdc::driver {

/// The name of the platform in a folder that `--platform` gives: the last part of its path.
std::string platform_name(const std::string& folder);

/// The runtime files of a platform of the user (`runtime/README.md` says which there are): all
/// `.c`, `.h`, `.S` and `.ld` files that lie in `folder` itself, at their places in the C project.
/// Fails unless there are a `link.ld` and sources, and for a file or folder whose name is none that
/// a makefile takes as it is.
Result<std::vector<OutputFile>> read_platform(const std::string& folder);

}  // namespace tdc::driver
