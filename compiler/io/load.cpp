#include "io/load.h"

#include <fmt/format.h>

#include "io/idx.h"
#include "io/npz.h"
#include "io/safetensors.h"
#include "support/files.h"

namespace tdc::io {
const std::map<std::string, size_t>& data_source_kinds() {
  static const std::map<std::string, size_t> kinds = {{"cifar10", 1}, {"idx", 2}, {"npz", 1}};
  return kinds;
}

Result<DataSource> parse_data_source(const std::string& text) {
  const size_t colon = text.find(':');
  const std::string kind = text.substr(0, colon);
  if (colon == std::string::npos || (kind != "cifar10" && kind != "idx"))
    return DataSource{.kind = "npz", .paths = {text}};
  const std::string path = text.substr(colon + 1);
  if (kind == "cifar10") return DataSource{.kind = kind, .paths = {path}};
  const size_t comma = path.find(',');
  if (comma == std::string::npos || path.find(',', comma + 1) != std::string::npos)
    return fail("`{}` names {}; write `idx:IMAGES,LABELS`", text,
                comma == std::string::npos ? "one file" : "more than two files");
  return DataSource{.kind = kind, .paths = {path.substr(0, comma), path.substr(comma + 1)}};
}

std::string to_text(const DataSource& source) {
  return fmt::format("{}{}", source.kind == "npz" ? "" : source.kind + ":",
                     fmt::join(source.paths, ","));
}

Result<ArrayFile> load_data(const DataSource& source, DataPart part) {
  const auto only_arrays = [](Result<std::vector<Array>> arrays) -> Result<ArrayFile> {
    if (!arrays.ok()) return arrays.failure();
    return ArrayFile{.arrays = std::move(arrays.value()), .unread = {}};
  };
  if (source.kind == "cifar10") return only_arrays(read_cifar10(source.paths.at(0), part));
  if (source.kind == "idx")
    return only_arrays(read_idx_pair(source.paths.at(0), source.paths.at(1)));
  if (!source.paths.at(0).ends_with(".npz"))
    return fail("`{}` is no data source; write `FILE.npz`, `cifar10:FOLDER` or `idx:IMAGES,LABELS`",
                to_text(source));
  return read_npz(source.paths.at(0));
}

Result<ArrayFile> load_weights(const std::string& path) {
  if (path.ends_with(".safetensors")) return read_safetensors(path);
  if (path.ends_with(".npz")) return read_npz(path);
  return fail("`{}` is no weight file; `.safetensors` and `.npz` are read", path);
}

Result<std::string> format_weights(const std::string& path, std::span<const Array> arrays) {
  if (path.ends_with(".safetensors")) return format_safetensors(arrays);
  if (path.ends_with(".npz")) return format_npz(arrays);
  return fail("`{}` is no weight file; `.safetensors` and `.npz` are written", path);
}

Result<Done> save_weights(const std::string& path, std::span<const Array> arrays) {
  const Result<std::string> bytes = format_weights(path, arrays);
  if (!bytes.ok()) return bytes.failure();
  return write_file_atomically(path, bytes.value());
}

}  // namespace tdc::io
