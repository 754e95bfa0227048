#pragma once

#include <span>
#include <string>
#include <vector>

#include "io/array.h"
#include "io/cifar10.h"
#include "support/result.h"

// What the command line and `data` and `weights` clauses name: the one place that knows which
// format stands behind which spelling.

namespace tdc::io {

/// The arrays of a data source, each with samples along its first axis and equally many of them:
///   `FILE.npz`             arrays under the names that the file gives them
///   `cifar10:FOLDER`       `image` u8 [n, 3, 32, 32] and `label` u8 [n]; `part` says which files
///   `idx:IMAGES,LABELS`    `image` [n, ..] and `label` [n]
Result<std::vector<Array>> load_data(const std::string& source, DataPart part);

/// The arrays of a weight file, `.safetensors` or `.npz`, under their names in the file.
Result<std::vector<Array>> load_weights(const std::string& path);

/// Writes a weight file, `.safetensors` or `.npz`.
Result<Done> save_weights(const std::string& path, std::span<const Array> arrays);

}  // namespace tdc::io
