#include "io/idx.h"

#include "support/files.h"

namespace tdc::io {
namespace {

constexpr size_t kMagicBytes = 4;
constexpr size_t kDimBytes = 4;

std::optional<ElementType> element_type_from(uint8_t code) {
  switch (code) {
    case 0x08:
      return ElementType::kU8;
    case 0x09:
      return ElementType::kI8;
    case 0x0b:
      return ElementType::kI16;
    case 0x0c:
      return ElementType::kI32;
    case 0x0d:
      return ElementType::kF32;
    case 0x0e:
      return ElementType::kF64;
    default:
      return std::nullopt;
  }
}

}  // namespace

Result<Array> parse_idx(std::string_view bytes, std::string_view path, std::string name) {
  if (bytes.starts_with("\x1f\x8b"))
    return fail("`{}` is compressed by gzip; unpack it first", path);
  if (bytes.size() < kMagicBytes || bytes[0] != 0 || bytes[1] != 0)
    return fail("`{}` is not an IDX file: it does not start with two zero bytes, a type and a rank",
                path);
  const auto code = static_cast<uint8_t>(bytes[2]);
  const std::optional<ElementType> type = element_type_from(code);
  if (!type) return fail("`{}` is not an IDX file: no element type has code {:#04x}", path, code);
  const auto rank = static_cast<uint8_t>(bytes[3]);
  const size_t header_bytes = kMagicBytes + kDimBytes * rank;
  if (rank == 0 || bytes.size() < header_bytes)
    return fail("`{}` ends inside its header: rank {}, {} bytes", path, rank, bytes.size());
  std::vector<int64_t> dims;
  for (size_t at = kMagicBytes; at < header_bytes; at += kDimBytes) {
    int64_t dim = 0;
    for (size_t i = 0; i < kDimBytes; ++i) dim = dim << 8 | static_cast<uint8_t>(bytes[at + i]);
    dims.push_back(dim);
  }
  const std::optional<int64_t> data_bytes = checked_bytes(*type, dims);
  const std::span<const std::byte> data = as_bytes(bytes.substr(header_bytes));
  if (!data_bytes || static_cast<size_t>(*data_bytes) != data.size())
    return fail("`{}` is {}{} and needs {} bytes, but has {}", path, to_text(*type),
                dims_to_text(dims), data_bytes ? std::to_string(*data_bytes) : "more than 2^63",
                data.size());
  Array array{.name = std::move(name),
              .type = *type,
              .dims = std::move(dims),
              .data = {data.begin(), data.end()}};
  reverse_bytes(array);
  return array;
}

Result<Array> read_idx(const std::string& path, std::string name) {
  const Result<std::string> bytes = read_file(path);
  if (!bytes.ok()) return bytes.failure();
  return parse_idx(bytes.value(), path, std::move(name));
}

Result<std::vector<Array>> read_idx_pair(const std::string& image_path,
                                         const std::string& label_path) {
  Result<Array> images = read_idx(image_path, "image");
  Result<Array> labels = read_idx(label_path, "label");
  if (!images.ok() || !labels.ok()) {
    Failure failure = images.failure();
    failure.add(labels.failure());
    return failure;
  }
  if (labels.value().dims.size() != 1)
    return fail("`{}` holds {}, not one label per sample", label_path,
                dims_to_text(labels.value().dims));
  if (images.value().dims.front() != labels.value().dims.front())
    return fail("`{}` holds {} samples, `{}` holds {} labels", image_path,
                images.value().dims.front(), label_path, labels.value().dims.front());
  return std::vector<Array>{std::move(images.value()), std::move(labels.value())};
}

}  // namespace tdc::io
