#include "io/load.h"

#include "io/idx.h"
#include "io/npz.h"
#include "io/safetensors.h"

namespace tdc::io {
namespace {

constexpr std::string_view kCifar10Prefix = "cifar10:";
constexpr std::string_view kIdxPrefix = "idx:";

Result<std::vector<Array>> check_samples(std::vector<Array> arrays, const std::string& path) {
  if (arrays.empty()) return fail("`{}` holds no arrays", path);
  const Array& first = arrays.front();
  for (const Array& array : arrays) {
    if (array.dims.empty())
      return fail("`{}`: array `{}` is a single number; data has samples along its first axis",
                  path, array.name);
    if (array.dims.front() != first.dims.front())
      return fail("`{}`: array `{}` holds {} samples, `{}` holds {}", path, first.name,
                  first.dims.front(), array.name, array.dims.front());
  }
  if (first.dims.front() == 0) return fail("`{}` holds no samples", path);
  return arrays;
}

}  // namespace

Result<std::vector<Array>> load_data(const std::string& source, DataPart part) {
  if (source.starts_with(kCifar10Prefix))
    return read_cifar10(source.substr(kCifar10Prefix.size()), part);
  if (source.starts_with(kIdxPrefix)) {
    const std::string paths = source.substr(kIdxPrefix.size());
    const size_t comma = paths.find(',');
    if (comma == std::string::npos || paths.find(',', comma + 1) != std::string::npos)
      return fail("`{}` names {}; write `idx:IMAGES,LABELS`", source,
                  comma == std::string::npos ? "one file" : "more than two files");
    Result<std::vector<Array>> pair =
        read_idx_pair(paths.substr(0, comma), paths.substr(comma + 1));
    if (!pair.ok()) return pair;
    return check_samples(std::move(pair.value()), source);
  }
  if (!source.ends_with(".npz"))
    return fail("`{}` is no data source; write `FILE.npz`, `cifar10:FOLDER` or `idx:IMAGES,LABELS`",
                source);
  Result<std::vector<Array>> arrays = read_npz(source);
  if (!arrays.ok()) return arrays;
  return check_samples(std::move(arrays.value()), source);
}

Result<std::vector<Array>> load_weights(const std::string& path) {
  if (path.ends_with(".safetensors")) return read_safetensors(path);
  if (path.ends_with(".npz")) return read_npz(path);
  return fail("`{}` is no weight file; `.safetensors` and `.npz` are read", path);
}

Result<Done> save_weights(const std::string& path, std::span<const Array> arrays) {
  if (path.ends_with(".safetensors")) return write_safetensors(path, arrays);
  if (path.ends_with(".npz")) return write_npz(path, arrays);
  return fail("`{}` is no weight file; `.safetensors` and `.npz` are written", path);
}

}  // namespace tdc::io
