#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tdc {

/// A file of the source tree that lies in the `tdc` binary, so that it works from any folder.
struct EmbeddedFile {
  std::string_view path;  // from the root of the source tree, with `/`: `stdlib/nn.td`
  std::string_view text;
};

/// All embedded files in order of their paths: the standard library, kernels, runtime, the
/// simulated chip (`runtime/soc/`), and what `tdc explain` prints. Which files these are is said in
/// `embedded_files.cmake`.
std::span<const EmbeddedFile> embedded_files();

/// The file at `path`, or null.
const EmbeddedFile* find_embedded_file(std::string_view path);

/// The text of the file at `path`, which exists.
std::string_view embedded_text(std::string_view path);

/// Where the files of a platform lie: `runtime/rv32/NAME/`.
inline constexpr std::string_view kPlatformsFolder = "runtime/rv32/";

/// The platforms that `tdc` brings, in order: `host`, and those in `kPlatformsFolder`.
std::vector<std::string> known_platforms();

}  // namespace tdc
