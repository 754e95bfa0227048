#include "support/files.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "support/check.h"
#include "support/leftovers.h"
#include "support/signals_wait.h"

namespace tdc {
namespace {

namespace fs = std::filesystem;

constexpr int kPollMilliseconds = 100;
constexpr size_t kReadBytes = 1 << 16;
constexpr int kMostLinks = 40;  // as the system follows

Failure cannot_read(const std::string& path, int error) {
  return fail("`{}` cannot be read: {}", path, std::strerror(error));
}

Failure cannot_write(const std::string& path, int error) {
  return fail("`{}` cannot be written: {}", path, std::strerror(error));
}

std::string_view kind_name(mode_t mode) {
  return S_ISDIR(mode)                    ? "a folder"
         : S_ISFIFO(mode)                 ? "a pipe"
         : S_ISSOCK(mode)                 ? "a socket"
         : S_ISCHR(mode) || S_ISBLK(mode) ? "a device"
                                          : "no file";
}

/// Where a path leads: a path whose last part is no link, or an open file of this process.
struct Place {
  std::string path;
  std::optional<int> descriptor;
};

/// What `/proc/self/fd/1` is called, which `/dev/stdout` links to, is not where it can be opened
/// again: a pipe has no name, and a regular file would be written from its start.
std::optional<int> open_file_of(const fs::path& path) {
  std::error_code error;
  const fs::path folder =
      fs::canonical(path.parent_path().empty() ? "." : path.parent_path(), error);
  if (error || folder != fs::canonical("/proc/self/fd", error) || error) return std::nullopt;
  const std::string name = path.filename().string();
  int number = 0;
  const auto [end, problem] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (problem != std::errc() || end != name.data() + name.size()) return std::nullopt;
  return number;
}

Result<Place> follow_links(const std::string& path) {
  fs::path place = path;
  for (int links = 0; links < kMostLinks; ++links) {
    std::error_code error;
    if (!fs::is_symlink(fs::symlink_status(place, error))) return Place{place.string(), {}};
    if (const std::optional<int> number = open_file_of(place)) return Place{{}, number};
    const fs::path target = fs::read_symlink(place, error);
    if (error) return cannot_write(path, error.value());
    place = place.parent_path() / target;  // an absolute target replaces it all
  }
  return cannot_write(path, ELOOP);
}

mode_t mode_of_new_files() {
  const mode_t mask = umask(0);
  umask(mask);
  return 0666 & ~mask;
}

/// All bytes from the start of a regular file on.
Result<std::string> read_all(const Descriptor& file, const std::string& path, size_t expected) {
  std::string bytes;
  size_t length = 0;
  while (true) {
    // One byte more than expected, so that the end is seen without another round.
    if (length == bytes.size()) bytes.resize(std::max(expected + 1, length + kReadBytes));
    const ssize_t count = ::read(file.number(), bytes.data() + length, bytes.size() - length);
    if (count == 0) break;
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return cannot_read(path, errno);
    length += static_cast<size_t>(count);
  }
  bytes.resize(length);
  return bytes;
}

}  // namespace

Result<std::string> read_file(const std::string& path) {
  // Opening a pipe would wait for its writer.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!file.is_open()) return cannot_read(path, errno);
  struct stat status = {};
  if (fstat(file.number(), &status) != 0) return cannot_read(path, errno);
  if (!S_ISREG(status.st_mode))
    return fail("`{}` cannot be read: it is {}{}", path, kind_name(status.st_mode),
                S_ISDIR(status.st_mode) ? "" : ", and only regular files are read");
  return read_all(file, path, static_cast<size_t>(status.st_size));
}

Result<PendingFile> PendingFile::open(const std::string& path, int64_t reserved_bytes,
                                      const GivesUp& gives_up) {
  const Result<Place> place = follow_links(path);
  if (!place.ok()) return place.failure();
  if (const std::optional<int> number = place.value().descriptor) {
    Descriptor file(fcntl(*number, F_DUPFD_CLOEXEC, 0));
    if (!file.is_open()) return cannot_write(path, errno);
    return PendingFile(path, {}, {}, std::move(file));
  }
  struct stat status = {};
  const bool exists = stat(place.value().path.c_str(), &status) == 0;
  if (!exists && errno != ENOENT) return cannot_write(path, errno);
  if (exists && S_ISDIR(status.st_mode))
    return fail("`{}` cannot be written: it is a folder", path);
  if (exists && !S_ISREG(status.st_mode)) return open_stream(path, place.value().path, gives_up);
  return open_beside(path, place.value().path, reserved_bytes);
}

Result<PendingFile> PendingFile::open_beside(const std::string& path, const std::string& place,
                                             int64_t reserved_bytes) {
  fs::path folder = fs::path(place).parent_path();
  if (folder.empty()) folder = ".";
  for (const std::string& prefix : working_name_prefixes(place))
    for_each_leftover(folder, prefix, [](const fs::path& leftover) { unlink(leftover.c_str()); });
  struct stat old = {};
  const mode_t mode = stat(place.c_str(), &old) == 0 ? old.st_mode & 07777 : mode_of_new_files();
  while (true) {
    std::string name = working_name_pattern(place);
    Descriptor file(mkostemp(name.data(), O_CLOEXEC));
    if (!file.is_open()) return cannot_write(path, errno);
    // Between the two, another process may have taken it for a leftover.
    if (!file.try_lock() || !file.is_at(name.c_str())) continue;
    PendingFile pending(path, place, std::move(name), std::move(file));
    int error = fchmod(pending.file_.number(), mode) == 0 ? 0 : errno;
    if (error == 0 && reserved_bytes > 0)
      error = posix_fallocate(pending.file_.number(), 0, reserved_bytes);
    if (error != 0) return cannot_write(path, error);
    return pending;
  }
}

Result<PendingFile> PendingFile::open_stream(const std::string& path, const std::string& place,
                                             const GivesUp& gives_up) {
  while (true) {
    Descriptor file(::open(place.c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    if (file.is_open()) return PendingFile(path, {}, {}, std::move(file));
    struct stat status = {};
    const int error = errno;
    const bool lacks_reader =
        error == ENXIO && stat(place.c_str(), &status) == 0 && S_ISFIFO(status.st_mode);
    if (!lacks_reader && error != EINTR) return cannot_write(path, error);
    if (gives_up()) return fail("interrupted");
    poll(nullptr, 0, kPollMilliseconds);
  }
}

PendingFile::PendingFile(PendingFile&& other) noexcept
    : path_(std::move(other.path_)),
      place_(std::move(other.place_)),
      working_name_(std::exchange(other.working_name_, {})),
      file_(std::move(other.file_)) {}

PendingFile::~PendingFile() {
  if (!working_name_.empty()) unlink(working_name_.c_str());
}

Result<Done> PendingFile::write(std::string_view bytes, const GivesUp& gives_up) {
  TDC_CHECK(file_.is_open(), "`{}` is written twice", path_);
  const size_t length = bytes.size();
  while (!bytes.empty()) {
    const ssize_t count = ::write(file_.number(), bytes.data(), bytes.size());
    if (count >= 0) {
      bytes.remove_prefix(static_cast<size_t>(count));
    } else if (errno == EAGAIN) {
      pollfd source = {.fd = file_.number(), .events = POLLOUT, .revents = 0};
      poll(&source, 1, kPollMilliseconds);
    } else if (errno != EINTR) {
      return cannot_write(path_, errno);
    }
    if (!bytes.empty() && gives_up()) return fail("interrupted");
  }
  if (working_name_.empty())
    return file_.close() ? Result<Done>(Done{}) : cannot_write(path_, errno);
  // More may have been reserved. Some file systems say only here that they are full.
  if (ftruncate(file_.number(), static_cast<off_t>(length)) != 0) return cannot_write(path_, errno);
  if (fsync(file_.number()) != 0) return cannot_write(path_, errno);
  if (rename(working_name_.c_str(), place_.c_str()) != 0) return cannot_write(path_, errno);
  working_name_.clear();
  (void)file_.close();
  return Done{};
}

bool PendingFile::is_same_place(const PendingFile& other) const {
  std::error_code error;
  return !place_.empty() && !other.place_.empty() &&
         fs::weakly_canonical(fs::absolute(place_), error) ==
             fs::weakly_canonical(fs::absolute(other.place_), error);
}

Result<Done> write_file_atomically(const std::string& path, std::string_view bytes) {
  const auto never = [] { return false; };
  std::optional<SignalsWait> signals_wait;
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status) || fs::is_regular_file(status)) signals_wait.emplace();
  Result<PendingFile> file = PendingFile::open(path, 0, never);
  if (!file.ok()) return file.failure();
  return file.value().write(bytes, never);
}

std::string absolute_path(const std::string& path) {
  return std::filesystem::absolute(path).string();
}

std::string beside(std::string_view source, const std::string& path) {
  const size_t slash = source.rfind('/');
  if (path.starts_with('/') || slash == std::string_view::npos) return path;
  return std::string(source.substr(0, slash + 1)) + path;
}

}  // namespace tdc
