#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "support/descriptor.h"
#include "support/result.h"

namespace tdc {

/// One file of an output folder.
struct OutputFile {
  std::string path;  // relative to the folder, with `/`, without `.` and `..`
  std::string text;
};

/// The name of the file by which a folder is known to be made by `tdc`; it lists what `tdc` wrote.
inline constexpr std::string_view kOutputMarker = ".tdc";

/// While it lives, no other `tdc` replaces the folder that it was given for.
class HeldFolder {
 public:
  explicit HeldFolder(Descriptor folder) : folder_(std::move(folder)) {}

 private:
  Descriptor folder_;  // and its lock
};

/// Makes `folder` hold exactly `files` and the marker, or leaves everything as it was.
///
/// The files are written to a new folder beside it, which then takes its place in one step: whoever
/// looks, and whoever kills `tdc` at whatever moment, finds the old folder or the new one, whole.
/// (On a file system that cannot exchange two folders, such as NFS, there is a moment without
/// either.) A folder that exists is replaced as a whole if it holds nothing, or the marker and no
/// file that the marker does not list, but for those below `build/`. Any other is refused, and so
/// is a file, and a folder that holds the current folder. A folder that another `tdc` holds is
/// waited for, but not for long. Symbolic links are followed and stay links, also one that leads to
/// nothing yet: the folder is made there. Parent folders are made as needed. What is written
/// depends on `files` only. Asserts that paths are relative, clean and distinct.
///
/// Interrupting signals (Ctrl-C and its like) wait until the work is done or undone. A kill or a
/// loss of power may leave `folder.tdc-new-*` behind, which the next call removes.
Result<HeldFolder> write_output_folder(const std::string& folder,
                                       const std::vector<OutputFile>& files);

/// Removes the folders beside each other in `folder`, called `prefix` and six letters or digits,
/// that hold nothing, or what `write_output_folder` wrote there, and that nobody holds: those of a
/// `tdc` that was killed.
void remove_abandoned_folders(const std::string& folder, std::string_view prefix);

}  // namespace tdc
