#include "driver/platform.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "support/embedded_files.h"
#include "support/files.h"
#include "support/text.h"

namespace tdc::driver {
namespace {

namespace fs = std::filesystem;

bool is_source(const fs::path& path) {
  return path.extension() == ".c" || path.extension() == ".S";
}

bool is_runtime_file(const fs::path& path) {
  return is_source(path) || path.extension() == ".h" || path.extension() == ".ld";
}

}  // namespace

std::string platform_name(const std::string& folder) {
  const fs::path path = fs::path(folder).lexically_normal();
  return (path.has_filename() ? path : path.parent_path()).filename().string();
}

Result<std::vector<OutputFile>> read_platform(const std::string& folder) {
  const std::string name = platform_name(folder);
  if (!is_plain_name(name))
    return fail(
        "`{}` cannot be the folder of a platform: its name takes letters, digits, `_`, and "
        "behind the first also `-` and `.`",
        folder);
  const std::vector<std::string> known = known_platforms();
  if (std::find(known.begin(), known.end(), name) != known.end())
    return fail("`{}` has the name of a platform that `tdc` brings; rename the folder", folder);
  std::error_code error;
  std::vector<fs::path> paths;
  for (auto entry = fs::directory_iterator(folder, error);
       !error && entry != fs::directory_iterator(); entry.increment(error))
    if (is_runtime_file(entry->path())) paths.push_back(entry->path());
  if (error) return fail("`{}` cannot be read: {}", folder, error.message());
  std::sort(paths.begin(), paths.end());
  if (std::none_of(paths.begin(), paths.end(), is_source) ||
      std::none_of(paths.begin(), paths.end(),
                   [](const fs::path& path) { return path.filename() == "link.ld"; }))
    return fail("`{}` is no platform: it needs a `link.ld` and sources, `.c` or `.S`", folder);
  std::vector<OutputFile> files;
  Failure problems;
  for (const fs::path& path : paths) {
    const std::string file_name = path.filename().string();
    if (!is_plain_name(file_name)) {
      problems.add(
          fail("`{}`: a file name there takes letters, digits, `_`, and behind the first "
               "also `-` and `.`",
               path.string()));
      continue;
    }
    Result<std::string> text = read_file(path.string());
    if (!text.ok()) {
      problems.add(text.failure());
      continue;
    }
    files.push_back({.path = fmt::format("{}{}/{}", kPlatformsFolder, name, file_name),
                     .text = std::move(text.value())});
  }
  if (!problems.messages.empty()) return problems;
  return files;
}

}  // namespace tdc::driver
