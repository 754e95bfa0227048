#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "io/array.h"
#include "support/result.h"

// NumPy's archives of arrays: a zip file with one `NAME.npy` per array.

namespace tdc::io {

/// What an `.npz` file holds, in the order of its directory; members that are no array of numbers
/// (`npy.h`), are encrypted or packed in a way of their own are unread entries. Strict: every size,
/// checksum and header must agree with the bytes, nothing may overlap, names are distinct. At most
/// 4 GiB are unpacked, and no memory is taken that the file's own length does not justify.
Result<ArrayFile> read_npz(const std::string& path);

/// The same for bytes in memory; `path` is for the messages.
Result<ArrayFile> parse_npz(std::string_view bytes, std::string_view path);

/// The bytes of an archive that holds `arrays` in this order, uncompressed (so that they do not
/// depend on a version of zlib) and stamped 1980-01-01 as NumPy does. Asserts that names are
/// distinct and not empty and that less than 4 GiB come together.
std::string format_npz(std::span<const Array> arrays);

/// `format_npz` to a file, atomically.
Result<Done> write_npz(const std::string& path, std::span<const Array> arrays);

}  // namespace tdc::io
