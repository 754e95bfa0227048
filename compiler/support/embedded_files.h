#pragma once

#include <span>
#include <string_view>

namespace tdc {

/// A file of the source tree that lies in the `tdc` binary, so that it works from any folder.
struct EmbeddedFile {
  std::string_view path;  // from the root of the source tree, with `/`: `stdlib/nn.td`
  std::string_view text;
};

/// All embedded files in order of their paths: the standard library, kernels, runtime, and the
/// simulated chip (`runtime/soc/`). Which files these are is said in `embedded_files.cmake`.
std::span<const EmbeddedFile> embedded_files();

/// The file at `path`, or null.
const EmbeddedFile* find_embedded_file(std::string_view path);

}  // namespace tdc
