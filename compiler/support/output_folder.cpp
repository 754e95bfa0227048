#include "support/output_folder.h"

#include <sys/stat.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <system_error>

namespace tdc {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMarkerTitle =
    "tdc made this folder of these files and replaces it as a whole when it writes here again:\n";

/// Where the project's Makefile builds: not listed in the marker, and made again when it is gone.
constexpr std::string_view kBuildFolder = "build";

/// Keeps signals that would end the program waiting. All bytes are in memory before the work
/// starts, so it is a matter of milliseconds.
class SignalsWait {
 public:
  SignalsWait() {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) sigaddset(&signals, signal);
    pthread_sigmask(SIG_BLOCK, &signals, &before_);
  }
  ~SignalsWait() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsWait(const SignalsWait&) = delete;
  SignalsWait& operator=(const SignalsWait&) = delete;

 private:
  sigset_t before_;
};

void check_paths(const std::vector<OutputFile>& files) {
  std::set<std::string> seen;
  for (const OutputFile& file : files) {
    const fs::path path(file.path);
    TDC_CHECK(path.is_relative() && path.has_filename(), "output path `{}`", file.path);
    for (const fs::path& part : path)
      TDC_CHECK(part != "." && part != ".." && !part.empty(), "output path `{}`", file.path);
    TDC_CHECK(seen.insert(file.path).second && file.path != kOutputMarker, "`{}` is there twice",
              file.path);
  }
}

/// Throws fs::filesystem_error.
void write_all(const fs::path& path, std::string_view text) {
  fs::create_directories(path.parent_path());
  std::ofstream out(path, std::ios::binary);
  out.write(text.data(), static_cast<std::streamsize>(text.size()));
  out.close();
  if (!out)
    throw fs::filesystem_error("write", path, std::error_code(errno, std::generic_category()));
}

/// A new empty folder beside `target`.
fs::path make_sibling(const fs::path& target, std::string_view purpose) {
  std::string name = fmt::format("{}.tdc-{}-XXXXXX", target.string(), purpose);
  if (mkdtemp(name.data()) == nullptr)
    throw fs::filesystem_error("mkdtemp", name, std::error_code(errno, std::generic_category()));
  return name;
}

/// The title and a line for each file, in order of their names.
std::string marker_text(const std::vector<OutputFile>& files) {
  std::set<std::string> paths;
  for (const OutputFile& file : files) paths.insert(file.path);
  std::string text(kMarkerTitle);
  for (const std::string& path : paths) text += path + "\n";
  return text;
}

/// Files in a folder that its marker does not list, in order of their names.
std::set<std::string> foreign_files(const fs::path& folder) {
  std::set<std::string> listed = {std::string(kOutputMarker)};
  std::ifstream marker(folder / kOutputMarker, std::ios::binary);
  for (std::string line; std::getline(marker, line);) listed.insert(line);
  std::set<std::string> foreign;
  for (auto entry = fs::recursive_directory_iterator(folder);
       entry != fs::recursive_directory_iterator(); ++entry) {
    const std::string path = entry->path().lexically_relative(folder).generic_string();
    if (path == kBuildFolder) {
      entry.disable_recursion_pending();
    } else if ((entry->is_symlink() || !entry->is_directory()) && !listed.contains(path)) {
      foreign.insert(path);
    }
  }
  return foreign;
}

/// Whether `target` may be replaced; says why not.
Result<Done> may_replace(const fs::path& target, const std::string& shown) {
  const fs::file_status status = fs::status(target);
  if (!fs::exists(status)) return Done{};
  if (!fs::is_directory(status)) return fail("`{}` is a file, not a folder", shown);
  const fs::path inside = fs::current_path().lexically_relative(target);
  if (!inside.empty() && *inside.begin() != "..")
    return fail("`{}` holds the current folder and cannot be replaced; name a folder of its own",
                shown);
  if (fs::is_empty(target)) return Done{};
  if (!fs::is_regular_file(target / kOutputMarker))
    return fail("`{}` exists and was not made by `tdc`; name another folder, or remove this one",
                shown);
  if (const std::set<std::string> foreign = foreign_files(target); !foreign.empty())
    return fail("`{}` holds `{}`{}, not written by `tdc`, and would lose it; move it elsewhere",
                shown, *foreign.begin(),
                foreign.size() > 1 ? fmt::format(" and {} more", foreign.size() - 1) : "");
  return Done{};
}

}  // namespace

Result<Done> write_output_folder(const std::string& folder, const std::vector<OutputFile>& files) {
  check_paths(files);
  const SignalsWait signals_wait;
  fs::path aside;  // what must go if anything fails
  fs::path first_made_parent;
  try {
    // Through symbolic links, so that a link to an output folder stays a link.
    fs::path target = fs::weakly_canonical(fs::absolute(folder));
    if (!target.has_filename()) target = target.parent_path();
    if (Result<Done> allowed = may_replace(target, folder); !allowed.ok()) return allowed;

    for (fs::path parent = target.parent_path(); !fs::exists(parent); parent = parent.parent_path())
      first_made_parent = parent;
    fs::create_directories(target.parent_path());
    aside = make_sibling(target, "new");
    write_all(aside / kOutputMarker, marker_text(files));
    for (const OutputFile& file : files) write_all(aside / file.path, file.text);
    // mkdtemp's folders are private; an output folder is as open as any that the user makes.
    const mode_t mask = umask(0);
    umask(mask);
    fs::permissions(aside, static_cast<fs::perms>(0777 & ~mask));

    if (!fs::exists(target) || fs::is_empty(target)) {
      fs::rename(aside, target);
      return Done{};
    }
    const fs::path old = make_sibling(target, "old");
    try {
      fs::rename(target, old);
    } catch (const fs::filesystem_error&) {
      std::error_code ignored;
      fs::remove(old, ignored);
      throw;
    }
    try {
      fs::rename(aside, target);
    } catch (const fs::filesystem_error&) {
      fs::rename(old, target);
      throw;
    }
    std::error_code left_behind;
    fs::remove_all(old, left_behind);
    if (left_behind)
      return fail("the old files stay in `{}`: {}", old.string(), left_behind.message());
    return Done{};
  } catch (const fs::filesystem_error& error) {
    std::error_code ignored;
    if (!aside.empty()) fs::remove_all(aside, ignored);
    if (!first_made_parent.empty()) fs::remove_all(first_made_parent, ignored);
    return fail("`{}` cannot be written: {}", folder, error.code().message());
  }
}

}  // namespace tdc
