#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "io/array.h"
#include "io/cifar10.h"
#include "support/result.h"

// What the command line and `data` and `weights` clauses name: the one place that knows which
// format stands behind which spelling.

namespace tdc::io {

/// Where samples come from.
struct DataSource {
  std::string kind;                ///< a key of `data_source_kinds`
  std::vector<std::string> paths;  ///< as many as its kind names

  friend bool operator==(const DataSource&, const DataSource&) = default;
};

/// `npz` and `cifar10` name one path, `idx` two.
const std::map<std::string, size_t>& data_source_kinds();

/// Reads `FILE.npz`, `cifar10:FOLDER` or `idx:IMAGES,LABELS`, whose paths hold no comma.
Result<DataSource> parse_data_source(const std::string& text);
/// As `parse_data_source` reads it.
std::string to_text(const DataSource& source);

/// What a data source holds:
///   npz        arrays under the names that the file gives them, whatever they are
///   cifar10    `image` u8 [n, 3, 32, 32] and `label` u8 [n]; `part` says which files
///   idx        `image` [n, ..] and `label` [n]
Result<ArrayFile> load_data(const DataSource& source, DataPart part);

/// What a weight file, `.safetensors` or `.npz`, holds, under its names in the file.
Result<ArrayFile> load_weights(const std::string& path);

/// The bytes of a weight file that is called `path`, `.safetensors` or `.npz`.
Result<std::string> format_weights(const std::string& path, std::span<const Array> arrays);

/// Writes a weight file, `.safetensors` or `.npz`.
Result<Done> save_weights(const std::string& path, std::span<const Array> arrays);

}  // namespace tdc::io
