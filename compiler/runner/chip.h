#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runner/child_process.h"
#include "support/embedded_files.h"
#include "support/result.h"

namespace tdc::runner {

/// `tdc-soc`, the program that simulates the chip, in the cache of the user:
///
///     ~/.cache/tdc/chip/3f2a91c05d7be604/tdc-soc
///                                        built-from.txt
///
/// The folder is named by a hash of `built-from.txt`: the chip's sources, which lie in `tdc`, the
/// hash of its RTL, and the tools. What is in it therefore never has to be renewed, several may lie
/// side by side, and any may be removed.
struct ChipBuild {
  std::string folder;
  std::string built_from;

  [[nodiscard]] std::string program() const { return folder + "/tdc-soc"; }
  /// Whether the program is there and was built from just that.
  [[nodiscard]] bool is_built() const;
};

/// What a build of the chip depends on besides its sources.
struct ChipTools {
  std::string verilator, compiler, cmake;  ///< as they name themselves; empty: not there
  std::string flags;                       ///< `CXXFLAGS` of the environment
  /// `none`, or the path of a checkout of the core, which is used instead of the pinned package,
  /// and the hash of its files.
  std::string checkout = "none";
};

/// The text of `built-from.txt`; differs if any byte of `sources` does.
std::string describe_chip_build(std::span<const EmbeddedFile> sources, const ChipTools& tools);

/// The folder for what `tdc` keeps between runs: `$TDC_CACHE`, else `$XDG_CACHE_HOME/tdc`, else
/// `~/.cache/tdc`.
Result<std::string> cache_folder();

/// Where the chip is, or will be once it is built. Asks the tools for their versions. What lies
/// there runs as the user: fails if somebody else could have put it there (`check_private`), and if
/// the path has characters that makefiles do not take.
Result<ChipBuild> find_chip();

/// What building the chip needs and this machine lacks, each with the package that has it.
std::vector<std::string> missing_chip_tools();

/// Told ten times a second what a build is doing, and how much is done.
using ShowsBuild = std::function<void(std::string_view doing, int percent)>;

/// Builds the chip unless that is done. It is made in a folder of its own beside its place, and
/// renamed; a second process that wants the same waits. Fails with the end of the log.
Result<Done> build_chip(const ChipBuild& chip, const GivesUp& gives_up, const ShowsBuild& show);

}  // namespace tdc::runner
