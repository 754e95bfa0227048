#pragma once

#include <string>
#include <vector>

#include "support/result.h"

namespace tdc {

/// One file of an output folder.
struct OutputFile {
  std::string path;  // relative to the folder, with `/`, without `.` and `..`
  std::string text;
};

/// The name of the file by which a folder is known to be made by `tdc`; it lists what `tdc` wrote.
inline constexpr std::string_view kOutputMarker = ".tdc";

/// Makes `folder` hold exactly `files` and the marker, or leaves everything as it was.
///
/// The files are written to a new folder beside it, which is then renamed. A folder that exists is
/// replaced as a whole if it holds nothing, or the marker and no file that the marker does not list,
/// but for those below `build/`. Any other is refused, and so is a file, and a folder that holds the
/// current folder. Parent folders are made as needed. What is written depends on `files` only.
/// Asserts that paths are relative, clean and distinct.
///
/// Interrupting signals (Ctrl-C and its like) wait until the work is done or undone. A kill or a
/// loss of power may leave `folder.tdc-new-*` or `folder.tdc-old-*` behind, each complete or
/// useless.
Result<Done> write_output_folder(const std::string& folder, const std::vector<OutputFile>& files);

}  // namespace tdc
