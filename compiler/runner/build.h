#pragma once

#include <string>
#include <vector>

#include "runner/child_process.h"
#include "support/result.h"

namespace tdc::runner {

/// Where a program runs.
enum class Target : uint8_t {
  host,  ///< this machine
  qemu,  ///< the emulator qemu-riscv32
  rtl,   ///< the simulated chip
};

/// A folder that is gone with its object.
class TemporaryFolder {
 public:
  static Result<TemporaryFolder> make();
  TemporaryFolder(TemporaryFolder&& other) noexcept;
  TemporaryFolder& operator=(TemporaryFolder&&) = delete;
  ~TemporaryFolder();

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  explicit TemporaryFolder(std::string path) : path_(std::move(path)) {}
  std::string path_;  // empty: moved from
};

/// What the target needs and this machine lacks (programs, and where they come from); empty if
/// nothing. Looked for beside `tdc`, in its build tree, and in PATH.
std::vector<std::string> missing_tools(Target target);

/// How a C project is built.
struct BuildOptions {
  Target target = Target::host;
  std::string chip_platform;  ///< `Chip::platform`: what a program for the chip itself is built on
  bool has_markers = false;   ///< whether the program says which step of the model it is at
};

/// Builds the C project in `folder` with its own Makefile, and gives the command that starts its
/// runner program, `prefix`. Fails with the log.
Result<std::vector<std::string>> build(const std::string& folder, const std::string& prefix,
                                       const BuildOptions& options, const GivesUp& gives_up);

}  // namespace tdc::runner
