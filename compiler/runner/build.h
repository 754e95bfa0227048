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
  /// In the system's folder for temporary files, for an output folder; removes those that a killed
  /// `tdc` has left there.
  static Result<TemporaryFolder> make();
  /// At `path` with six more characters. The folder above it must exist.
  static Result<TemporaryFolder> make(const std::string& path);
  TemporaryFolder(TemporaryFolder&& other) noexcept;
  TemporaryFolder& operator=(TemporaryFolder&&) = delete;
  ~TemporaryFolder();

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  explicit TemporaryFolder(std::string path) : path_(std::move(path)) {}
  std::string path_;  // empty: moved from
};

/// A program that something needs, and where it comes from.
struct Tool {
  std::string name;    ///< looked for in PATH unless it has a `/`
  std::string origin;  ///< ``package `make` ``
};

/// Whether there is an executable file.
bool is_program(const std::string& path);

/// A message for each of `tools` that is not in PATH.
std::vector<std::string> missing_programs(const std::vector<Tool>& tools);

/// What building and running on a target needs and this machine lacks; empty if nothing. The
/// simulated chip itself is not looked for: `find_chip`.
std::vector<std::string> missing_tools(Target target);

/// How a C project is built.
struct BuildOptions {
  Target target = Target::host;
  std::string chip_platform;  ///< `Chip::platform`: what a program for the chip itself is built on
  std::string chip_program;   ///< with `rtl`: `ChipBuild::program`
  bool has_markers = false;   ///< whether the program says which step of the model it is at
};

/// Builds the C project in `folder`, whatever its path is, with its own Makefile, and gives the
/// command that starts its runner program, `prefix`. Fails with the log.
Result<std::vector<std::string>> build(const std::string& folder, const std::string& prefix,
                                       const BuildOptions& options, const GivesUp& gives_up);

}  // namespace tdc::runner
