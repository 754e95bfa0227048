#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "support/descriptor.h"
#include "support/gives_up.h"
#include "support/result.h"

namespace tdc {

/// The bytes of a regular file; folders, devices and pipes are refused, so that nothing waits and
/// everything ends. Messages name `path` and the system's reason.
Result<std::string> read_file(const std::string& path);

/// A file that is going to be written, opened before the work whose result it takes, so that what
/// stands in the way is found before.
///
/// A regular file, there or not yet, is made beside its place and renamed, so that the place holds
/// its old bytes or the new ones, never a part; links to it stay links, and it keeps its mode. What
/// is there and no regular file, such as a device or a pipe, is written to. `/dev/stdout` and the
/// like are the open file that they name.
class PendingFile {
 public:
  /// `reserved_bytes` of a regular file are taken from the disk now. The folder must exist. A named
  /// pipe waits for its reader, until `gives_up`.
  static Result<PendingFile> open(const std::string& path, int64_t reserved_bytes,
                                  const GivesUp& gives_up);
  PendingFile(PendingFile&& other) noexcept;
  PendingFile& operator=(PendingFile&&) = delete;
  /// Without `write` nothing has changed.
  ~PendingFile();

  /// Gives it exactly these bytes; at most once.
  Result<Done> write(std::string_view bytes, const GivesUp& gives_up);

  /// Whether both name one regular file.
  [[nodiscard]] bool is_same_place(const PendingFile& other) const;

 private:
  PendingFile(std::string path, std::string place, std::string working_name, Descriptor file)
      : path_(std::move(path)),
        place_(std::move(place)),
        working_name_(std::move(working_name)),
        file_(std::move(file)) {}
  static Result<PendingFile> open_beside(const std::string& path, const std::string& place,
                                         int64_t reserved_bytes);
  static Result<PendingFile> open_stream(const std::string& path, const std::string& place,
                                         const GivesUp& gives_up);

  std::string path_;          // as the user wrote it
  std::string place_;         // without links
  std::string working_name_;  // of the file that is renamed; empty: it is written in place
  Descriptor file_;
};

/// Writes a `PendingFile`, opened here. Signals that would end the program wait if the file is a
/// regular one.
Result<Done> write_file_atomically(const std::string& path, std::string_view bytes);

/// The path from the root on. Other programs get no path but such ones: they take it neither for an
/// option, as `-kq`, nor for something to expand, as `~`.
std::string absolute_path(const std::string& path);

/// What `path`, written in the file `source`, names: a place beside that file unless it is
/// absolute.
std::string beside(std::string_view source, const std::string& path);

/// The same bytes seen as another type.
inline std::span<const std::byte> as_bytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

}  // namespace tdc
