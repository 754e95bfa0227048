#pragma once

#include <string>
#include <vector>

#include "runner/child_process.h"
#include "support/output_folder.h"
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

/// What the target needs and this machine lacks (programs that PATH does not find, with the
/// packages that hold them); empty if nothing.
std::vector<std::string> missing_tools(Target target);

/// Writes the C project `files` to `folder` and builds it there for the target with its own
/// Makefile. Gives the command that starts the runner program `prefix`. Fails with the log.
Result<std::vector<std::string>> build(const std::vector<OutputFile>& files,
                                       const std::string& prefix, Target target,
                                       const std::string& folder, const GivesUp& gives_up);

}  // namespace tdc::runner
