#include "runner/build.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <thread>
#include <utility>

namespace tdc::runner {
namespace {

struct TargetDef {
  std::string platform;  ///< as the Makefile calls it; empty: that of the chip
  std::string starter;   ///< the program that runs it; empty: the machine itself
  std::vector<std::pair<std::string, std::string>> tools;  ///< programs and where they come from
};

TargetDef definition(Target target) {
  const std::pair<std::string, std::string> make = {"make", "package `make`"};
  const std::pair<std::string, std::string> cross_compiler = {"riscv64-unknown-elf-gcc",
                                                              "package `gcc-riscv64-unknown-elf`"};
  switch (target) {
    case Target::host:
      return {.platform = "host", .starter = {}, .tools = {make, {"cc", "package `gcc`"}}};
    case Target::qemu:
      return {.platform = "qemu_user",
              .starter = "qemu-riscv32",
              .tools = {make, cross_compiler, {"qemu-riscv32", "package `qemu-user`"}}};
    case Target::rtl:
      return {
          .platform = {},
          .starter = "tdc-soc",
          .tools = {make, cross_compiler, {"tdc-soc", "`cmake --build BUILD --target tdc_soc`"}}};
  }
  return {};
}

bool is_program(const std::string& path) {
  return access(path.c_str(), X_OK) == 0 && std::filesystem::is_regular_file(path);
}

/// The path of a program: beside this one (once installed), in the build tree's `runtime/soc`, or
/// in PATH. Empty if it is nowhere.
std::string find_program(const std::string& name) {
  std::error_code error;
  const std::filesystem::path here =
      std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
  if (!error)
    for (const char* folder : {".", "../runtime/soc"})
      if (const std::string path = (here / folder / name).lexically_normal().string();
          is_program(path))
        return path;
  const char* variable = std::getenv("PATH");
  std::string_view folders = variable == nullptr ? "" : variable;
  while (!folders.empty()) {
    const size_t colon = folders.find(':');
    const std::string path = std::string(folders.substr(0, colon)) + "/" + name;
    if (is_program(path)) return path;
    folders.remove_prefix(colon == std::string_view::npos ? folders.size() : colon + 1);
  }
  return {};
}

}  // namespace

Result<TemporaryFolder> TemporaryFolder::make() {
  std::error_code error;
  const std::filesystem::path parent = std::filesystem::temp_directory_path(error);
  if (error) return fail("there is no folder for temporary files: {}", error.message());
  std::string path = (parent / "tdc-run-XXXXXX").string();
  if (mkdtemp(path.data()) == nullptr)
    return fail("`{}` cannot be made: {}", path, std::strerror(errno));
  return TemporaryFolder(std::move(path));
}

TemporaryFolder::TemporaryFolder(TemporaryFolder&& other) noexcept
    : path_(std::exchange(other.path_, {})) {}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

std::vector<std::string> missing_tools(Target target) {
  std::vector<std::string> missing;
  for (const auto& [program, origin] : definition(target).tools)
    if (find_program(program).empty())
      missing.push_back(fmt::format("`{}` is not in PATH ({})", program, origin));
  return missing;
}

Result<std::vector<std::string>> build(const std::string& folder, const std::string& prefix,
                                       const BuildOptions& options, const GivesUp& gives_up) {
  const TargetDef chosen = definition(options.target);
  const std::string& platform = chosen.platform.empty() ? options.chip_platform : chosen.platform;
  const unsigned jobs = std::max(1U, std::thread::hardware_concurrency());
  // Make adds to what the environment says, but a word of its command line would replace it all.
  const Result<Exit> exit =
      run_to_end({"env", options.has_markers ? "CPPFLAGS=-DTD_PROFILE" : "CPPFLAGS=", "make",
                  "--silent", "-C", folder, fmt::format("-j{}", jobs), "PLATFORM=" + platform},
                 gives_up);
  if (!exit.ok()) return exit.failure();
  if (!exit.value().is_success())
    return fail("the C project cannot be built: `make` ended with {}\n{}", to_text(exit.value()),
                exit.value().errors);
  std::vector<std::string> command;
  if (!chosen.starter.empty()) command.push_back(find_program(chosen.starter));
  command.push_back(fmt::format("{}/build/{}/{}", folder, platform, prefix));
  return command;
}

}  // namespace tdc::runner
