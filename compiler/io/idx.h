#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "io/array.h"
#include "support/result.h"

// The format of MNIST and its followers: two zero bytes, a type, a rank, the dims and the elements,
// all big-endian.

namespace tdc::io {

/// One IDX file as an array called `name`, with the type that the file has. Its length must be
/// exact.
Result<Array> read_idx(const std::string& path, std::string name);

/// The same for bytes in memory; `path` is for the messages.
Result<Array> parse_idx(std::string_view bytes, std::string_view path, std::string name);

/// A pair of files as `image` [n, ..] and `label` [n]; both must hold equally many samples.
Result<std::vector<Array>> read_idx_pair(const std::string& image_path,
                                         const std::string& label_path);

}  // namespace tdc::io
