#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "io/array.h"
#include "support/result.h"

// The format of weight files that PyTorch's world exchanges: eight bytes with the length of a JSON
// header, the header (name, type, shape and byte range of every tensor), and the bytes.

namespace tdc::io {

/// The tensors of a `.safetensors` file in the order of their bytes; those whose elements are no
/// numbers that `ElementType` has are unread entries. Strict: the byte ranges must cover the data
/// without gap or overlap, agree with type and shape, and names are distinct. All mistakes of all
/// tensors are listed. `__metadata__` is not kept.
Result<ArrayFile> read_safetensors(const std::string& path);

/// The same for bytes in memory; `path` is for the messages.
Result<ArrayFile> parse_safetensors(std::string_view bytes, std::string_view path);

/// The bytes of a file that holds `arrays` in this order. Asserts that names are distinct, not
/// empty, UTF-8, and not `__metadata__`.
std::string format_safetensors(std::span<const Array> arrays);

/// `format_safetensors` to a file, atomically.
Result<Done> write_safetensors(const std::string& path, std::span<const Array> arrays);

}  // namespace tdc::io
