#include "runner/build.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <thread>
#include <utility>

#include "support/files.h"
#include "support/output_folder.h"

namespace tdc::runner {
namespace {

struct TargetDef {
  std::string platform;  ///< as the Makefile calls it; empty: that of the chip
  std::string starter;   ///< the program that runs it; empty: the machine itself, or the chip
  std::vector<Tool> tools;
};

TargetDef definition(Target target) {
  const Tool make = {"make", "package `make`"};
  const Tool cross_compiler = {"riscv64-unknown-elf-gcc", "package `gcc-riscv64-unknown-elf`"};
  switch (target) {
    case Target::host:
      return {.platform = "host", .starter = {}, .tools = {make, {"cc", "package `gcc`"}}};
    case Target::qemu:
      return {.platform = "qemu_user",
              .starter = "qemu-riscv32",
              .tools = {make, cross_compiler, {"qemu-riscv32", "package `qemu-user`"}}};
    case Target::rtl:
      return {.platform = {}, .starter = {}, .tools = {make, cross_compiler}};
  }
  return {};
}

/// Whether a program is there: in PATH, or at its path if it has one.
bool is_there(const std::string& name) {
  if (name.find('/') != std::string::npos) return is_program(name);
  const char* variable = std::getenv("PATH");
  std::string_view folders = variable == nullptr ? "" : variable;
  while (!folders.empty()) {
    const size_t colon = folders.find(':');
    if (is_program(fmt::format("{}/{}", folders.substr(0, colon), name))) return true;
    folders.remove_prefix(colon == std::string_view::npos ? folders.size() : colon + 1);
  }
  return false;
}

}  // namespace

Result<TemporaryFolder> TemporaryFolder::make() {
  std::error_code error;
  const std::filesystem::path parent = std::filesystem::temp_directory_path(error);
  if (error) return fail("there is no folder for temporary files: {}", error.message());
  constexpr std::string_view kPrefix = "tdc-run-";
  remove_abandoned_folders(parent.string(), kPrefix);
  return make((parent / kPrefix).string());
}

Result<TemporaryFolder> TemporaryFolder::make(const std::string& path) {
  std::string name = path + "XXXXXX";
  if (mkdtemp(name.data()) == nullptr)
    return fail("`{}` cannot be made: {}", name, std::strerror(errno));
  return TemporaryFolder(std::move(name));
}

TemporaryFolder::TemporaryFolder(TemporaryFolder&& other) noexcept
    : path_(std::exchange(other.path_, {})) {}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

bool is_program(const std::string& path) {
  return access(path.c_str(), X_OK) == 0 && std::filesystem::is_regular_file(path);
}

std::vector<std::string> missing_programs(const std::vector<Tool>& tools) {
  std::vector<std::string> missing;
  for (const Tool& tool : tools)
    if (!is_there(tool.name))
      missing.push_back(fmt::format("`{}` is not in PATH ({})", tool.name, tool.origin));
  return missing;
}

std::vector<std::string> missing_tools(Target target) {
  return missing_programs(definition(target).tools);
}

Result<std::vector<std::string>> build(const std::string& folder, const std::string& prefix,
                                       const BuildOptions& options, const GivesUp& gives_up) {
  const TargetDef chosen = definition(options.target);
  const std::string& platform = chosen.platform.empty() ? options.chip_platform : chosen.platform;
  const std::string place = absolute_path(folder);
  const unsigned jobs = std::max(1U, std::thread::hardware_concurrency());
  // Make adds to what the environment says, but a word of its command line would replace it all.
  const Result<Exit> exit =
      run_to_end({"env", options.has_markers ? "CPPFLAGS=-DTD_PROFILE" : "CPPFLAGS=", "make",
                  "--silent", "-C", place, fmt::format("-j{}", jobs), "PLATFORM=" + platform},
                 gives_up);
  if (!exit.ok()) return exit.failure();
  if (!exit.value().is_success())
    return fail("the C project cannot be built: `make` ended with {}\n{}", to_text(exit.value()),
                Verbatim{exit.value().errors});
  std::vector<std::string> command;
  if (!chosen.starter.empty()) command.push_back(chosen.starter);
  if (options.target == Target::rtl) command.push_back(options.chip_program);
  command.push_back(fmt::format("{}/build/{}/{}", place, platform, prefix));
  return command;
}

}  // namespace tdc::runner
