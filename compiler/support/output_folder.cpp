#include "support/output_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <system_error>
#include <thread>
#include <utility>

#include "support/check.h"
#include "support/leftovers.h"
#include "support/signals_wait.h"

// A folder is changed in one step, by exchanging it with another beside it, and by one process at a
// time: the one that holds the lock of the folder itself, so that nothing has to be left behind for
// locking. The new folder is locked before it gets the name. Whoever has waited for a lock looks
// whether the folder still has the name.

namespace tdc {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMarkerTitle =
    "tdc made this folder of these files and replaces it as a whole when it writes here again:\n";

/// Where the project's Makefile builds: not listed in the marker, and made again when it is gone.
constexpr std::string_view kBuildFolder = "build";

/// As many as Linux follows.
constexpr int kMostLinks = 40;

constexpr std::chrono::seconds kLongestWait{5};
constexpr std::chrono::milliseconds kTimeBetweenTries{20};

[[noreturn]] void throw_error(const char* what, const fs::path& path) {
  throw fs::filesystem_error(what, path, std::error_code(errno, std::generic_category()));
}

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
  Descriptor file(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (!file.is_open()) throw_error("open", path);
  while (!text.empty()) {
    const ssize_t count = write(file.number(), text.data(), text.size());
    if (count < 0 && errno != EINTR) throw_error("write", path);
    if (count > 0) text.remove_prefix(static_cast<size_t>(count));
  }
  if (!file.close()) throw_error("close", path);
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
  if (!fs::exists(target)) return Done{};
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

/// Removes a folder of ours; the marker goes last, so that what a kill leaves is known as ours.
void remove_ours(const fs::path& folder) {
  for (const fs::directory_entry& entry : fs::directory_iterator(folder))
    if (entry.path().filename() != kOutputMarker) fs::remove_all(entry.path());
  fs::remove_all(folder);
}

/// Where the folder is, or will be: through symbolic links, also those that lead to nothing yet, so
/// that a link stays a link. Throws fs::filesystem_error.
fs::path place_of(const std::string& folder) {
  fs::path place = fs::weakly_canonical(fs::absolute(folder));
  for (int links = 0; links < kMostLinks; ++links) {
    if (!place.has_filename()) place = place.parent_path();
    // What exists has been followed; a link that is left leads to nothing.
    fs::path link;
    auto part = place.begin();
    while (part != place.end() && !fs::is_symlink(fs::symlink_status(link))) link /= *part++;
    if (!fs::is_symlink(fs::symlink_status(link))) return place;
    fs::path target = link.parent_path() / fs::read_symlink(link);
    for (; part != place.end(); ++part) target /= *part;
    place = fs::weakly_canonical(target);
  }
  errno = ELOOP;
  throw_error("follow", place);
}

Descriptor open_folder(const fs::path& path) {
  return Descriptor(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

/// Takes the lock of the folder `target`, unless there is none; `shown` is its name in messages.
Result<Descriptor> hold(const fs::path& target, const std::string& shown) {
  const auto end = std::chrono::steady_clock::now() + kLongestWait;
  while (true) {
    Descriptor folder = open_folder(target);
    if (!folder.is_open() && errno == ENOENT) return folder;
    if (!folder.is_open() && errno == ENOTDIR && fs::exists(target))
      return fail("`{}` is a file, not a folder", shown);
    if (!folder.is_open()) throw_error("open", target);
    if (!folder.try_lock()) {
      if (errno != EWOULDBLOCK && errno != EINTR) throw_error("flock", target);
      if (std::chrono::steady_clock::now() >= end)
        return fail("`{}` is in use by another `tdc`, such as a run that keeps its C project there",
                    shown);
      std::this_thread::sleep_for(kTimeBetweenTries);
    } else if (folder.is_at(target.c_str())) {
      return folder;
    }
  }
}

/// Undoes what was made for a folder that does not come about. Others may have put theirs beside.
class Undo {
 public:
  ~Undo() {
    std::error_code ignored;
    if (!working_name.empty()) fs::remove_all(working_name, ignored);
    for (fs::path parent = deepest_parent; !first_parent.empty(); parent = parent.parent_path()) {
      if (!fs::remove(parent, ignored) || parent == first_parent) break;
    }
  }

  fs::path working_name;
  fs::path deepest_parent, first_parent;  // of the parent folders that were made; empty: none
};

void make_parents(const fs::path& target, Undo& undo) {
  undo.deepest_parent = target.parent_path();
  for (fs::path parent = target.parent_path(); !fs::exists(parent); parent = parent.parent_path())
    undo.first_parent = parent;
  fs::create_directories(target.parent_path());
}

/// A new folder beside `target`, locked.
Descriptor make_beside(const fs::path& target, Undo& undo) {
  while (true) {
    std::string name = working_name_pattern(target.string());
    if (mkdtemp(name.data()) == nullptr) throw_error("mkdtemp", name);
    undo.working_name = name;
    Descriptor folder = open_folder(name);
    // Between the two, another process may have taken it for a leftover.
    if (folder.is_open() && folder.try_lock() && folder.is_at(name.c_str())) return folder;
  }
}

/// Gives the folder `fresh` the name `target`, and what had it the name `fresh`. False if there is
/// a folder `target` though nobody held one.
bool put_in_place(const fs::path& fresh, const fs::path& target, bool exists) {
  if (!exists) {
    if (rename(fresh.c_str(), target.c_str()) == 0) return true;
    if (errno == ENOTEMPTY || errno == EEXIST) return false;
    throw_error("rename", target);
  }
  if (renameat2(AT_FDCWD, fresh.c_str(), AT_FDCWD, target.c_str(), RENAME_EXCHANGE) == 0)
    return true;
  if (errno != EINVAL && errno != ENOSYS) throw_error("renameat2", target);
  // A file system that cannot exchange.
  const std::string letters = fresh.string().substr(fresh.string().size() - kRandomLetters);
  const fs::path old = target.string() + ".tdc-old-" + letters;
  fs::rename(target, old);
  try {
    fs::rename(fresh, target);
  } catch (const fs::filesystem_error&) {
    fs::rename(old, target);
    throw;
  }
  fs::rename(old, fresh);
  return true;
}

/// One try; none if another process has made the folder meanwhile.
Result<std::optional<HeldFolder>> try_write(const fs::path& target, const std::string& shown,
                                            const std::vector<OutputFile>& files) {
  Result<Descriptor> old = hold(target, shown);
  if (!old.ok()) return old.failure();
  if (const Result<Done> allowed = may_replace(target, shown); !allowed.ok())
    return allowed.failure();
  const SignalsWait signals_wait;
  Undo undo;
  make_parents(target, undo);
  for (const std::string& prefix : working_name_prefixes(target))
    remove_abandoned_folders(target.parent_path().string(), prefix);
  Descriptor fresh = make_beside(target, undo);
  write_all(undo.working_name / kOutputMarker, marker_text(files));
  for (const OutputFile& file : files) write_all(undo.working_name / file.path, file.text);
  // mkdtemp's folders are private; an output folder is as open as any that the user makes.
  const mode_t mask = umask(0);
  umask(mask);
  fs::permissions(undo.working_name, static_cast<fs::perms>(0777 & ~mask));
  if (!put_in_place(undo.working_name, target, old.value().is_open()))
    return std::optional<HeldFolder>();
  const fs::path replaced = std::exchange(undo.working_name, {});
  undo.first_parent.clear();
  if (old.value().is_open()) {
    try {
      remove_ours(replaced);
    } catch (const fs::filesystem_error& error) {
      return fail("the old files stay in `{}`: {}", replaced.string(), error.code().message());
    }
  }
  return std::optional(HeldFolder(std::move(fresh)));
}

}  // namespace

Result<HeldFolder> write_output_folder(const std::string& folder,
                                       const std::vector<OutputFile>& files) {
  check_paths(files);
  try {
    const fs::path target = place_of(folder);
    while (true) {
      Result<std::optional<HeldFolder>> written = try_write(target, folder, files);
      if (!written.ok()) return written.failure();
      if (written.value()) return std::move(*written.value());
    }
  } catch (const fs::filesystem_error& error) {
    return fail("`{}` cannot be written: {}", folder, error.code().message());
  }
}

void remove_abandoned_folders(const std::string& folder, std::string_view prefix) {
  for_each_leftover(folder, prefix, [](const fs::path& leftover) {
    std::error_code ignored;
    if (!fs::is_directory(leftover, ignored)) return;
    try {
      const bool is_ours =
          fs::is_regular_file(leftover / kOutputMarker) && foreign_files(leftover).empty();
      if (is_ours || fs::is_empty(leftover)) remove_ours(leftover);
    } catch (const fs::filesystem_error&) {
      // It cannot be removed, and is in nobody's way.
    }
  });
}

}  // namespace tdc
