#include "io/npy.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "support/check.h"
#include "support/files.h"
#include "support/hash.h"

// See NumPy's `numpy/lib/format.py`. What a header says is a Python literal, and writers differ in
// how they put it: blanks, quotes, the order of keys, `L` behind numbers (Python 2), one of several
// names of a type.

namespace tdc::io {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr size_t kMaximumRank = 64;  // NumPy's own since 2.0

/// Reads the Python dictionary of an .npy header: strings, True and False, and tuples of whole
/// numbers. Of any other value it finds the end.
class HeaderParser {
 public:
  /// `has_long_numbers`: whether Python 2 may have written it.
  HeaderParser(std::string_view text, bool has_long_numbers)
      : text_(text), has_long_numbers_(has_long_numbers) {}

  bool take(char expected) {
    skip_blanks();
    if (text_.empty() || text_.front() != expected) return false;
    text_.remove_prefix(1);
    return true;
  }
  bool take_word(std::string_view word) {
    skip_blanks();
    if (!text_.starts_with(word)) return false;
    text_.remove_prefix(word.size());
    return true;
  }
  std::optional<std::string_view> take_string() {
    skip_blanks();
    if (text_.starts_with("u'") || text_.starts_with("u\"")) text_.remove_prefix(1);
    if (text_.empty() || (text_.front() != '\'' && text_.front() != '"')) return std::nullopt;
    const size_t end = text_.find(text_.front(), 1);
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view string = text_.substr(1, end - 1);
    text_.remove_prefix(end + 1);
    return string;
  }
  std::optional<std::vector<int64_t>> take_dims() {
    if (!take('(')) return std::nullopt;
    std::vector<int64_t> dims;
    while (!take(')')) {
      skip_blanks();
      int64_t dim = 0;
      const auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), dim);
      if (error != std::errc() || dim < 0 || dims.size() == kMaximumRank) return std::nullopt;
      text_.remove_prefix(static_cast<size_t>(end - text_.data()));
      if (has_long_numbers_) take('L');
      dims.push_back(dim);
      if (take(',')) continue;
      // `(3)` is a number in Python, not a tuple.
      if (dims.size() == 1 || !take(')')) return std::nullopt;
      break;
    }
    return dims;
  }
  /// A list, whatever it holds: its text.
  std::optional<std::string_view> take_list() {
    skip_blanks();
    const std::string_view whole = text_;
    size_t depth = 0;
    do {
      if (take('[') || take('(')) {
        ++depth;
      } else if (take(']') || take(')')) {
        --depth;
      } else if (!take_string()) {
        if (text_.empty()) return std::nullopt;
        text_.remove_prefix(1);
      }
    } while (depth > 0);
    return whole.substr(0, whole.size() - text_.size());
  }
  bool is_at_list() {
    skip_blanks();
    return text_.starts_with('[') || text_.starts_with('(');
  }
  bool is_at_end() {
    skip_blanks();
    return text_.empty();
  }

 private:
  void skip_blanks() {
    text_.remove_prefix(std::min(text_.find_first_not_of(" \t\n\r\f"), text_.size()));
  }
  std::string_view text_;
  bool has_long_numbers_;
};

struct Header {
  std::string_view description;  ///< of the elements
  bool is_fortran = false;       ///< the first index varies fastest
  std::vector<int64_t> dims;
};

std::optional<Header> parse_header(HeaderParser parser) {
  std::optional<std::string_view> description;
  std::optional<bool> is_fortran;
  std::optional<std::vector<int64_t>> dims;
  if (!parser.take('{')) return std::nullopt;
  while (!parser.take('}')) {
    const std::optional<std::string_view> key = parser.take_string();
    if (!key || !parser.take(':')) return std::nullopt;
    if (*key == "descr" && !description) {
      description = parser.is_at_list() ? parser.take_list() : parser.take_string();
      if (!description) return std::nullopt;
    } else if (*key == "fortran_order" && !is_fortran) {
      is_fortran = parser.take_word("True");
      if (!*is_fortran && !parser.take_word("False")) return std::nullopt;
    } else if (*key == "shape" && !dims) {
      dims = parser.take_dims();
      if (!dims) return std::nullopt;
    } else {
      return std::nullopt;
    }
    if (parser.take(',')) continue;
    if (!parser.take('}')) return std::nullopt;
    break;
  }
  if (!parser.is_at_end() || !description || !is_fortran || !dims) return std::nullopt;
  return Header{.description = *description, .is_fortran = *is_fortran, .dims = *std::move(dims)};
}

/// A type of elements and the order of their bytes.
struct ElementDescription {
  ElementType type = ElementType::kF32;
  bool is_big_endian = false;
};

/// What NumPy calls each type: kind and bytes (behind a byte order), a letter, a name.
struct TypeNames {
  ElementType type;
  std::string_view sized, letter, name;
};
constexpr std::array<TypeNames, 11> kTypeNames = {{{ElementType::kF16, "f2", "e", "float16"},
                                                   {ElementType::kF32, "f4", "f", "float32"},
                                                   {ElementType::kF64, "f8", "d", "float64"},
                                                   {ElementType::kI8, "i1", "b", "int8"},
                                                   {ElementType::kU8, "u1", "B", "uint8"},
                                                   {ElementType::kI16, "i2", "h", "int16"},
                                                   {ElementType::kU16, "u2", "H", "uint16"},
                                                   {ElementType::kI32, "i4", "i", "int32"},
                                                   {ElementType::kU32, "u4", "I", "uint32"},
                                                   {ElementType::kI64, "i8", "q", "int64"},
                                                   {ElementType::kU64, "u8", "Q", "uint64"}}};

std::optional<ElementDescription> parse_description(std::string_view text) {
  constexpr std::string_view kByteOrders = "<>=|";
  const bool has_order = !text.empty() && kByteOrders.find(text.front()) != std::string_view::npos;
  const std::string_view rest = text.substr(has_order ? 1 : 0);
  for (const TypeNames& names : kTypeNames)
    if (rest == names.sized || rest == names.letter || (!has_order && rest == names.name))
      return ElementDescription{.type = names.type, .is_big_endian = text.starts_with('>')};
  return std::nullopt;
}

/// `<f4`, and `|u1`, whose bytes have no order.
std::string description_of(ElementType type) {
  const auto* names = std::find_if(kTypeNames.begin(), kTypeNames.end(),
                                   [&](const TypeNames& each) { return each.type == type; });
  TDC_CHECK(names != kTypeNames.end(), "NumPy has no {}", to_text(type));
  return fmt::format("{}{}", element_bytes(type) == 1 ? '|' : '<', names->sized);
}

/// Why elements of this description are not read.
std::string explain_description(std::string_view description) {
  if (description.starts_with('[') || description.starts_with('('))
    return "holds records; save plain numbers";
  const size_t kind_at = description.find_first_not_of("<>=|");
  const char kind = kind_at == std::string_view::npos ? '\0' : description[kind_at];
  if (kind == 'O') return "holds Python objects, which are never read; save plain numbers";
  if (kind == 'U' || kind == 'S' || kind == 'a' || kind == 'T')
    return "holds strings; save plain numbers";
  if (description.ends_with("b1") || kind == '?' || description == "bool")
    return "holds truth values; save plain numbers";
  return fmt::format(
      "holds elements of type `{}`; integers and floats of 16, 32 and 64 bits are read",
      description);
}

/// The elements, whose first index varies fastest, in the order where the last one does.
std::vector<std::byte> to_row_major(std::span<const std::byte> elements,
                                    std::span<const int64_t> dims, size_t width) {
  std::vector<std::byte> result(elements.size());
  std::vector<int64_t> index(dims.size());
  std::vector<int64_t> strides(dims.size());  // of the source, in elements
  int64_t stride = 1;
  for (size_t axis = 0; axis < dims.size(); ++axis) {
    strides[axis] = stride;
    stride *= dims[axis];
  }
  int64_t from = 0;
  for (size_t to = 0; to < result.size(); to += width) {
    std::memcpy(result.data() + to, elements.data() + static_cast<size_t>(from) * width, width);
    for (size_t axis = dims.size(); axis-- > 0;) {
      from += strides[axis];
      if (++index[axis] < dims[axis]) break;
      from -= strides[axis] * dims[axis];
      index[axis] = 0;
    }
  }
  return result;
}

}  // namespace

Result<Done> read_npy(std::string_view bytes, std::string name, std::string_view path,
                      ArrayFile& file) {
  const auto damaged = [&](std::string_view what) {
    return fail("`{}`: array `{}` {}", path, name, what);
  };
  const auto number_at = [&](auto number, size_t at) {
    std::memcpy(&number, bytes.data() + at, sizeof number);
    return size_t{number};
  };
  if (bytes.size() < 10 || !bytes.starts_with(kMagic)) return damaged("is not in .npy format");
  const auto version = static_cast<uint8_t>(bytes[6]);
  if (version < 1 || version > 3 || bytes[7] != 0)
    return damaged(fmt::format("is in .npy version {}.{}; 1.0 to 3.0 are read", version,
                               static_cast<uint8_t>(bytes[7])));
  if (version > 1 && bytes.size() < 12) return damaged("ends inside its header");
  const size_t header_offset = version == 1 ? 10 : 12;
  const size_t header_bytes = version == 1 ? number_at(uint16_t{}, 8) : number_at(uint32_t{}, 8);
  if (bytes.size() - header_offset < header_bytes) return damaged("ends inside its header");
  const std::string_view data = bytes.substr(header_offset + header_bytes);
  std::optional<Header> header =
      parse_header({bytes.substr(header_offset, header_bytes), /*has_long_numbers=*/version < 3});
  if (!header) return damaged("has a damaged header");

  const std::optional<ElementDescription> elements = parse_description(header->description);
  if (!elements) {
    file.unread.push_back({.name = std::move(name),
                           .type = std::string(header->description),
                           .reason = explain_description(header->description),
                           .digest = sha256(bytes)});
    return Done{};
  }
  const ElementType type = elements->type;
  const std::optional<int64_t> data_bytes = checked_bytes(type, header->dims);
  if (!data_bytes || static_cast<uint64_t>(*data_bytes) != data.size())
    return damaged(fmt::format(
        "is {}{} and needs {} bytes, but has {}", to_text(type), dims_to_text(header->dims),
        data_bytes ? std::to_string(*data_bytes) : "more than 2^63", data.size()));
  const std::span<const std::byte> stored = as_bytes(data);
  Array array = {.name = std::move(name),
                 .type = type,
                 .dims = std::move(header->dims),
                 .data = {stored.begin(), stored.end()}};
  if (header->is_fortran && array.dims.size() > 1)
    array.data = to_row_major(array.data, array.dims, static_cast<size_t>(element_bytes(type)));
  if (elements->is_big_endian) reverse_bytes(array);
  file.arrays.push_back(std::move(array));
  return Done{};
}

std::string format_npy(const Array& array) {
  std::string dims;
  for (const int64_t dim : array.dims) dims += fmt::format("{}, ", dim);
  // Python's way to write a tuple: `(3,)` and `(3, 4)`.
  if (array.dims.size() == 1) dims.pop_back();
  if (array.dims.size() > 1) dims.resize(dims.size() - 2);
  std::string header = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}), }}",
                                   description_of(array.type), dims);
  constexpr size_t kPreambleBytes = 10;
  constexpr size_t kAlignment = 64;
  const size_t unpadded = kPreambleBytes + header.size() + 1;
  header.append((kAlignment - unpadded % kAlignment) % kAlignment, ' ');
  header.push_back('\n');
  std::string bytes(kMagic);
  bytes.push_back(1);
  bytes.push_back(0);
  const auto header_bytes = static_cast<uint16_t>(header.size());
  bytes.append(reinterpret_cast<const char*>(&header_bytes), sizeof header_bytes);
  bytes += header;
  bytes.append(reinterpret_cast<const char*>(array.data.data()), array.data.size());
  return bytes;
}

}  // namespace tdc::io
