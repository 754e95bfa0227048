#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "support/result.h"

namespace tdc {

/// The bytes of a regular file. Messages name `path` and the system's reason.
Result<std::string> read_file(const std::string& path);

/// Writes `bytes` under a temporary name beside `path` and renames, so that `path` holds its old
/// bytes or the new ones, never a part. On failure, or when a signal ends the program, the
/// temporary file is gone. The folder must exist.
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
