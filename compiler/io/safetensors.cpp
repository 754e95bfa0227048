#include "io/safetensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "support/check.h"
#include "support/files.h"
#include "support/hash.h"
#include "support/json.h"

namespace tdc::io {
namespace {

constexpr size_t kLengthBytes = 8;
/// The limit of the format's own library.
constexpr uint64_t kMaximumHeaderBytes = 100'000'000;
constexpr std::string_view kMetadata = "__metadata__";

constexpr std::string_view kTypeNames[] = {"F16", "BF16", "F32", "F64", "I8",  "U8",
                                           "I16", "U16",  "I32", "U32", "I64", "U64"};

std::optional<ElementType> element_type_from(std::string_view name) {
  const auto* found = std::find(std::begin(kTypeNames), std::end(kTypeNames), name);
  if (found == std::end(kTypeNames)) return std::nullopt;
  return static_cast<ElementType>(found - std::begin(kTypeNames));
}

/// A tensor as the header describes it: no data yet.
struct Entry {
  std::string name;
  std::string dtype;
  std::optional<ElementType> type;  ///< none: elements that are not read
  std::vector<int64_t> dims;
  int64_t begin = 0;
  int64_t end = 0;
};

/// A list of whole numbers that are not negative.
std::optional<std::vector<int64_t>> to_counts(const Json* json) {
  if (json == nullptr || json->as_array() == nullptr) return std::nullopt;
  std::vector<int64_t> counts;
  for (const Json& item : *json->as_array()) {
    if (item.as_integer() == nullptr || *item.as_integer() < 0) return std::nullopt;
    counts.push_back(*item.as_integer());
  }
  return counts;
}

Result<Entry> to_entry(const std::string& name, const Json& json, std::string_view path,
                       int64_t data_bytes) {
  const auto wrong = [&](std::string_view what) {
    return fail("`{}`: tensor `{}` {}", path, name, what);
  };
  if (name.empty()) return fail("`{}`: a tensor has an empty name", path);
  if (json.as_object() == nullptr)
    return wrong(fmt::format("is described by {}, not by an object", json.kind()));
  for (const auto& [key, value] : *json.as_object())
    if (key != "dtype" && key != "shape" && key != "data_offsets")
      return wrong(fmt::format("has a field `{}`, which the format does not know", key));
  const Json* type_name = json.find("dtype");
  if (type_name == nullptr || type_name->as_string() == nullptr) return wrong("has no `dtype`");
  const std::string& dtype = *type_name->as_string();
  const std::optional<ElementType> type = element_type_from(dtype);
  std::optional<std::vector<int64_t>> dims = to_counts(json.find("shape"));
  if (!dims) return wrong("has no `shape` of whole numbers");
  const std::optional<std::vector<int64_t>> offsets = to_counts(json.find("data_offsets"));
  if (!offsets || offsets->size() != 2 || (*offsets)[0] > (*offsets)[1])
    return wrong("has no `data_offsets` of a start and an end");
  const int64_t begin = (*offsets)[0];
  const int64_t end = (*offsets)[1];
  if (end > data_bytes)
    return wrong(fmt::format("ends at byte {} of the data, but the file has {}: it is truncated",
                             end, data_bytes));
  if (type) {
    const std::optional<int64_t> needed = checked_bytes(*type, *dims);
    if (!needed || *needed != end - begin)
      return wrong(fmt::format("is {}{} and needs {} bytes, but has {}", to_text(*type),
                               dims_to_text(*dims),
                               needed ? std::to_string(*needed) : "more than 2^63", end - begin));
  }
  return Entry{.name = name,
               .dtype = dtype,
               .type = type,
               .dims = *std::move(dims),
               .begin = begin,
               .end = end};
}

}  // namespace

Result<ArrayFile> parse_safetensors(std::string_view bytes, std::string_view path) {
  if (bytes.size() < kLengthBytes)
    return fail("`{}` is not a safetensors file: it has {} bytes", path, bytes.size());
  uint64_t header_bytes;
  std::memcpy(&header_bytes, bytes.data(), sizeof header_bytes);
  if (header_bytes > kMaximumHeaderBytes)
    return fail("`{}` is not a safetensors file: its header would have {} bytes", path,
                header_bytes);
  if (header_bytes > bytes.size() - kLengthBytes)
    return fail("`{}` is truncated: the header has {} bytes, {} are there", path, header_bytes,
                bytes.size() - kLengthBytes);
  const std::string_view header_text = bytes.substr(kLengthBytes, header_bytes);
  const std::string_view data = bytes.substr(kLengthBytes + header_bytes);
  const Result<Json> header = parse_json(header_text);
  if (!header.ok())
    return fail("`{}`: the header cannot be read: {}", path, header.failure().messages.front());
  if (header.value().as_object() == nullptr || !header_text.starts_with('{'))
    return fail("`{}`: the header is {}, not an object", path, header.value().kind());

  std::vector<Entry> entries;
  Failure failure;
  for (const auto& [name, json] : *header.value().as_object()) {
    if (name == kMetadata) continue;
    Result<Entry> entry = to_entry(name, json, path, static_cast<int64_t>(data.size()));
    if (entry.ok()) {
      entries.push_back(std::move(entry.value()));
    } else {
      failure.add(entry.failure());
    }
  }
  // With a tensor missing from the list its bytes would look like a gap.
  if (!failure.messages.empty()) return failure;

  std::stable_sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  int64_t covered = 0;
  std::string_view before = "the header";
  for (const Entry& entry : entries) {
    if (entry.begin > covered)
      failure.add(fail("`{}`: {} bytes before tensor `{}` belong to nothing", path,
                       entry.begin - covered, entry.name));
    if (entry.begin < covered)
      failure.add(fail("`{}`: tensors `{}` and `{}` overlap by {} bytes", path, before, entry.name,
                       covered - entry.begin));
    if (entry.end >= covered) {
      covered = entry.end;
      before = entry.name;
    }
  }
  if (covered != static_cast<int64_t>(data.size()))
    failure.add(fail("`{}`: the last {} bytes belong to no tensor", path,
                     static_cast<int64_t>(data.size()) - covered));
  if (!failure.messages.empty()) return failure;

  ArrayFile file;
  for (Entry& entry : entries) {
    const std::string_view bytes_of_entry =
        data.substr(static_cast<size_t>(entry.begin), static_cast<size_t>(entry.end - entry.begin));
    if (!entry.type) {
      file.unread.push_back({.name = std::move(entry.name),
                             .type = entry.dtype,
                             .reason = fmt::format("holds elements of type `{}`; integers and "
                                                   "floats of 16, 32 and 64 bits are read",
                                                   entry.dtype),
                             .digest = sha256(bytes_of_entry)});
      continue;
    }
    const std::span<const std::byte> elements = as_bytes(bytes_of_entry);
    file.arrays.push_back({.name = std::move(entry.name),
                           .type = *entry.type,
                           .dims = std::move(entry.dims),
                           .data = {elements.begin(), elements.end()}});
  }
  return file;
}

Result<ArrayFile> read_safetensors(const std::string& path) {
  const Result<std::string> bytes = read_file(path);
  if (!bytes.ok()) return bytes.failure();
  return parse_safetensors(bytes.value(), path);
}

std::string format_safetensors(std::span<const Array> arrays) {
  JsonObject header;
  std::set<std::string_view> names;
  int64_t offset = 0;
  for (const Array& array : arrays) {
    TDC_CHECK(!array.name.empty() && array.name != kMetadata && names.insert(array.name).second,
              "tensor name `{}`", array.name);
    const int64_t end = offset + static_cast<int64_t>(array.data.size());
    JsonObject entry;
    entry.emplace_back("dtype", kTypeNames[static_cast<size_t>(array.type)]);
    entry.emplace_back("shape", JsonArray(array.dims.begin(), array.dims.end()));
    entry.emplace_back("data_offsets", JsonArray{offset, end});
    header.emplace_back(array.name, std::move(entry));
    offset = end;
  }
  std::string text = to_text(Json(std::move(header)));
  // The format pads with blanks, so that the data starts at a multiple of eight.
  text.append((kLengthBytes - text.size() % kLengthBytes) % kLengthBytes, ' ');
  const uint64_t header_bytes = text.size();
  std::string bytes(reinterpret_cast<const char*>(&header_bytes), sizeof header_bytes);
  bytes += text;
  for (const Array& array : arrays)
    bytes.append(reinterpret_cast<const char*>(array.data.data()), array.data.size());
  return bytes;
}

Result<Done> write_safetensors(const std::string& path, std::span<const Array> arrays) {
  return write_file_atomically(path, format_safetensors(arrays));
}

}  // namespace tdc::io
