#include "io/npz.h"

#include <zlib.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <set>

#include "support/files.h"

// A zip file is read from its end: the end record says where the directory is, the directory says
// where each member is, and a header before each member repeats what the directory said:
//
//   [header, name, extra][packed bytes] ... [header, name, extra][packed bytes] [directory] [end
//   record]
//
// All of it is checked against all of the rest, so a file that was cut, joined or damaged anywhere
// outside of padding is noticed. See PKWARE's APPNOTE.TXT, and NumPy's `numpy/lib/format.py`.

namespace tdc::io {
namespace {

constexpr uint32_t kHeaderSignature = 0x04034b50;
constexpr uint32_t kDirectorySignature = 0x02014b50;
constexpr uint32_t kEndSignature = 0x06054b50;
constexpr size_t kHeaderBytes = 30;
constexpr size_t kDirectoryEntryBytes = 46;
constexpr size_t kEndBytes = 22;
constexpr size_t kMaximumCommentBytes = 65535;
constexpr uint16_t kStored = 0;
constexpr uint16_t kDeflated = 8;
constexpr uint16_t kFlagEncrypted = 1 << 0;
constexpr uint16_t kFlagSizesFollow =
    1 << 3;  // the header has zeros, a record after the bytes has the sizes
constexpr uint16_t kFlagUtf8 = 1 << 11;
constexpr uint16_t kExtraZip64 = 0x0001;
constexpr uint32_t kInExtra = 0xffffffff;  // "the value is in the zip64 extra field"
constexpr uint16_t kDate1980 = 0x0021;
constexpr uint16_t kVersionNeeded = 20;
/// Deflate's best case is 258 bytes from 2 bits; the slack covers block headers.
constexpr uint64_t kMaximumDeflateRatio = 1032;
constexpr uint64_t kMaximumUnpackedBytes = uint64_t{4} << 30;
constexpr size_t kMaximumRank = 32;

template <typename Unsigned>
Unsigned load(std::string_view bytes, size_t offset) {
  TDC_CHECK(offset + sizeof(Unsigned) <= bytes.size(), "load at {} of {}", offset, bytes.size());
  Unsigned value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

template <typename Unsigned>
void append(std::string& bytes, Unsigned value) {
  bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
}

struct Member {
  std::string name;  // with `.npy`
  uint16_t flags = 0;
  uint16_t method = 0;
  uint32_t checksum = 0;
  uint64_t packed_bytes = 0;
  uint64_t unpacked_bytes = 0;
  uint64_t header_offset = 0;
};

uint32_t checksum_of(std::string_view bytes) {
  return static_cast<uint32_t>(
      crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

class ZipReader {
 public:
  ZipReader(std::string_view bytes, std::string_view path) : bytes_(bytes), path_(path) {}

  Result<std::vector<Member>> read_directory() {
    const std::optional<size_t> end = find_end_record();
    if (!end) {
      if (bytes_.starts_with("\x93NUMPY"))
        return fail("`{}` is a single .npy array; save it with numpy.savez, under a name", path_);
      return fail("`{}` is not a complete .npz archive: no end record in its {} bytes", path_,
                  bytes_.size());
    }
    const auto disk = load<uint16_t>(bytes_, *end + 4);
    const auto directory_disk = load<uint16_t>(bytes_, *end + 6);
    const auto disk_entries = load<uint16_t>(bytes_, *end + 8);
    const auto entries = load<uint16_t>(bytes_, *end + 10);
    const auto directory_bytes = load<uint32_t>(bytes_, *end + 12);
    const auto directory_offset = load<uint32_t>(bytes_, *end + 16);
    if (directory_bytes == kInExtra || directory_offset == kInExtra || entries == 0xffff)
      return fail("`{}` is a zip64 archive; files of 4 GiB or more are not read", path_);
    if (disk != 0 || directory_disk != 0 || disk_entries != entries)
      return fail("`{}` is a part of an archive in several files", path_);
    if (uint64_t{directory_offset} + directory_bytes != *end)
      return fail(
          "`{}`: the archive's directory is said to end at byte {}, its end record is at {}", path_,
          uint64_t{directory_offset} + directory_bytes, *end);

    std::vector<Member> members;
    std::set<std::string> names;
    size_t at = directory_offset;
    for (uint16_t i = 0; i < entries; ++i) {
      Result<Member> member = read_directory_entry(at, *end);
      if (!member.ok()) return member.failure();
      if (!names.insert(member.value().name).second)
        return fail("`{}` holds `{}` twice", path_, member.value().name);
      members.push_back(std::move(member.value()));
    }
    if (at != *end)
      return fail("`{}`: {} bytes in the archive's directory belong to no array", path_, *end - at);
    if (Result<Done> apart = check_apart(members, directory_offset); !apart.ok())
      return apart.failure();
    return members;
  }

  /// The unpacked bytes of a member, checked.
  Result<std::string> unpack(const Member& member) const {
    const std::string_view packed = bytes_.substr(data_offset(member), member.packed_bytes);
    std::string unpacked;
    if (member.method == kStored) {
      unpacked = packed;
    } else {
      unpacked.resize(member.unpacked_bytes);
      if (!inflate_exactly(packed, unpacked))
        return fail("`{}`: the compressed bytes of `{}` are damaged", path_, member.name);
    }
    const uint32_t checksum = checksum_of(unpacked);
    if (checksum != member.checksum)
      return fail("`{}`: `{}` has checksum {:08x}, its bytes give {:08x}", path_, member.name,
                  member.checksum, checksum);
    return unpacked;
  }

 private:
  [[nodiscard]] std::optional<size_t> find_end_record() const {
    if (bytes_.size() < kEndBytes) return std::nullopt;
    const size_t last = bytes_.size() - kEndBytes;
    const size_t first = last > kMaximumCommentBytes ? last - kMaximumCommentBytes : 0;
    for (size_t at = last + 1; at-- > first;)
      if (load<uint32_t>(bytes_, at) == kEndSignature &&
          at + kEndBytes + load<uint16_t>(bytes_, at + 20) == bytes_.size())
        return at;
    return std::nullopt;
  }

  /// Reads the entry at `at`, moves `at` behind it, and checks the member's own header against it.
  Result<Member> read_directory_entry(size_t& at, size_t end) const {
    if (end - at < kDirectoryEntryBytes || load<uint32_t>(bytes_, at) != kDirectorySignature)
      return fail("`{}`: the archive's directory is damaged at byte {}", path_, at);
    const auto name_bytes = load<uint16_t>(bytes_, at + 28);
    const size_t rest_bytes =
        size_t{name_bytes} + load<uint16_t>(bytes_, at + 30) + load<uint16_t>(bytes_, at + 32);
    if (end - at - kDirectoryEntryBytes < rest_bytes)
      return fail("`{}`: the archive's directory is damaged at byte {}", path_, at);
    const Member member = {
        .name = std::string(bytes_.substr(at + kDirectoryEntryBytes, name_bytes)),
        .flags = load<uint16_t>(bytes_, at + 8),
        .method = load<uint16_t>(bytes_, at + 10),
        .checksum = load<uint32_t>(bytes_, at + 16),
        .packed_bytes = load<uint32_t>(bytes_, at + 20),
        .unpacked_bytes = load<uint32_t>(bytes_, at + 24),
        .header_offset = load<uint32_t>(bytes_, at + 42),
    };
    at += kDirectoryEntryBytes + rest_bytes;

    const std::string& name = member.name;
    if (!name.ends_with(".npy") || name.size() == 4)
      return fail("`{}` holds `{}`; an .npz archive holds .npy arrays only", path_, name);
    if ((member.flags & kFlagEncrypted) != 0) return fail("`{}`: `{}` is encrypted", path_, name);
    if (member.method != kStored && member.method != kDeflated)
      return fail("`{}`: `{}` is packed by method {}; stored (0) and deflate (8) are read", path_,
                  name, member.method);
    if (member.packed_bytes == kInExtra || member.unpacked_bytes == kInExtra ||
        member.header_offset == kInExtra)
      return fail("`{}`: `{}` uses zip64; arrays of 4 GiB or more are not read", path_, name);
    if (member.method == kStored && member.packed_bytes != member.unpacked_bytes)
      return fail("`{}`: `{}` is stored, but {} bytes are said to become {}", path_, name,
                  member.packed_bytes, member.unpacked_bytes);
    if (member.unpacked_bytes > (member.packed_bytes + 1) * kMaximumDeflateRatio)
      return fail("`{}`: `{}` is said to grow from {} to {} bytes, more than deflate can do", path_,
                  name, member.packed_bytes, member.unpacked_bytes);
    if (Result<Done> header = check_header(member); !header.ok()) return header.failure();
    return member;
  }

  Result<Done> check_header(const Member& member) const {
    const uint64_t at = member.header_offset;
    const auto damaged = [&](std::string_view what) {
      return fail("`{}`: the header of `{}` at byte {} {}", path_, member.name, at, what);
    };
    if (at + kHeaderBytes > bytes_.size() || load<uint32_t>(bytes_, at) != kHeaderSignature)
      return damaged("is missing");
    const size_t name_bytes = load<uint16_t>(bytes_, at + 26);
    const size_t extra_bytes = load<uint16_t>(bytes_, at + 28);
    if (data_offset(member) + member.packed_bytes > bytes_.size())
      return damaged("says more bytes than the file has");
    if (bytes_.substr(at + kHeaderBytes, name_bytes) != member.name)
      return damaged("has another name than the directory");
    const auto flags = load<uint16_t>(bytes_, at + 6);
    if (flags != member.flags || load<uint16_t>(bytes_, at + 8) != member.method)
      return damaged("is packed in another way than the directory says");

    uint64_t packed_bytes = load<uint32_t>(bytes_, at + 18);
    uint64_t unpacked_bytes = load<uint32_t>(bytes_, at + 22);
    const auto checksum = load<uint32_t>(bytes_, at + 14);
    if ((flags & kFlagSizesFollow) != 0) return Done{};
    // NumPy always leaves room for 64-bit sizes, in an extra field: unpacked, then packed.
    if (packed_bytes == kInExtra && unpacked_bytes == kInExtra) {
      const std::string_view extra = bytes_.substr(at + kHeaderBytes + name_bytes, extra_bytes);
      if (extra.size() < 20 || load<uint16_t>(extra, 0) != kExtraZip64 ||
          load<uint16_t>(extra, 2) < 16)
        return damaged("lacks its 64-bit sizes");
      unpacked_bytes = load<uint64_t>(extra, 4);
      packed_bytes = load<uint64_t>(extra, 12);
    }
    if (packed_bytes != member.packed_bytes || unpacked_bytes != member.unpacked_bytes ||
        checksum != member.checksum)
      return damaged("has other sizes or another checksum than the directory");
    return Done{};
  }

  /// No two members share a byte, none reaches into the directory, and all fit into memory: a small
  /// file cannot claim the same packed bytes again and again.
  Result<Done> check_apart(const std::vector<Member>& members, uint64_t directory_offset) const {
    std::vector<const Member*> in_order;
    uint64_t unpacked_bytes = 0;
    for (const Member& member : members) {
      in_order.push_back(&member);
      unpacked_bytes += member.unpacked_bytes;
    }
    if (unpacked_bytes > kMaximumUnpackedBytes)
      return fail("`{}` unpacks to {} bytes; at most {} are read", path_, unpacked_bytes,
                  kMaximumUnpackedBytes);
    std::sort(in_order.begin(), in_order.end(),
              [](const Member* a, const Member* b) { return a->header_offset < b->header_offset; });
    for (size_t i = 0; i < in_order.size(); ++i) {
      const uint64_t end = data_offset(*in_order[i]) + in_order[i]->packed_bytes;
      const bool is_last = i + 1 == in_order.size();
      if (end > (is_last ? directory_offset : in_order[i + 1]->header_offset))
        return fail("`{}`: the bytes of `{}` reach into {}", path_, in_order[i]->name,
                    is_last ? "the archive's directory" : "`" + in_order[i + 1]->name + "`");
    }
    return Done{};
  }

  [[nodiscard]] uint64_t data_offset(const Member& member) const {
    const uint64_t at = member.header_offset;
    return at + kHeaderBytes + load<uint16_t>(bytes_, at + 26) + load<uint16_t>(bytes_, at + 28);
  }

  /// Whether `packed` is exactly one deflate stream that fills `unpacked` exactly.
  static bool inflate_exactly(std::string_view packed, std::string& unpacked) {
    z_stream stream = {};
    if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) return false;
    // Members are below 4 GiB, which is what zlib's counters hold.
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
    stream.avail_in = static_cast<uInt>(packed.size());
    stream.next_out = reinterpret_cast<Bytef*>(unpacked.data());
    stream.avail_out = static_cast<uInt>(unpacked.size());
    const int status = inflate(&stream, Z_FINISH);
    const bool is_exact = status == Z_STREAM_END && stream.avail_in == 0 && stream.avail_out == 0;
    inflateEnd(&stream);
    return is_exact;
  }

  std::string_view bytes_;
  std::string_view path_;
};

/// Reads the Python dictionary of an .npy header: strings, True and False, and tuples of whole
/// numbers, and nothing else.
class HeaderParser {
 public:
  explicit HeaderParser(std::string_view text) : text_(text) {}

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
      dims.push_back(dim);
      if (take(',')) continue;
      // `(3)` is a number in Python, not a tuple.
      if (dims.size() == 1 || !take(')')) return std::nullopt;
      break;
    }
    return dims;
  }
  bool is_at_end() {
    skip_blanks();
    return text_.empty();
  }

 private:
  void skip_blanks() {
    text_.remove_prefix(std::min(text_.find_first_not_of(" \t\n"), text_.size()));
  }
  std::string_view text_;
};

std::optional<ElementType> element_type_from(std::string_view description) {
  static constexpr std::pair<std::string_view, ElementType> kTypes[] = {
      {"<f4", ElementType::kF32}, {"<f8", ElementType::kF64}, {"|i1", ElementType::kI8},
      {"|u1", ElementType::kU8},  {"<i2", ElementType::kI16}, {"<u2", ElementType::kU16},
      {"<i4", ElementType::kI32}, {"<u4", ElementType::kU32}, {"<i8", ElementType::kI64},
      {"<u8", ElementType::kU64}};
  for (const auto& [text, type] : kTypes)
    if (text == description) return type;
  return std::nullopt;
}

std::string_view description_of(ElementType type) {
  static constexpr std::string_view kDescriptions[] = {"<f4", "<f8", "|i1", "|u1", "<i2",
                                                       "<u2", "<i4", "<u4", "<i8", "<u8"};
  return kDescriptions[static_cast<size_t>(type)];
}

/// Why elements of this description are not read.
std::string explain_description(std::string_view description) {
  if (description == "<f2")
    return "f16 elements; 16-bit floats are not read yet, save it as float32";
  if (description.starts_with('>')) return "big-endian elements; save it little-endian";
  if (description.find('O') != std::string_view::npos)
    return "Python objects, which are never read; save plain numbers";
  return fmt::format("elements of type `{}`; integers and 32- and 64-bit floats are read",
                     description);
}

/// Parses the bytes of one .npy file.
Result<Array> parse_npy(std::string_view bytes, std::string name, std::string_view path) {
  const auto damaged = [&](std::string_view what) {
    return fail("`{}`: array `{}` {}", path, name, what);
  };
  if (bytes.size() < 10 || !bytes.starts_with("\x93NUMPY")) return damaged("is not in .npy format");
  const auto version = static_cast<uint8_t>(bytes[6]);
  if (version < 1 || version > 3 || bytes[7] != 0)
    return damaged(fmt::format("is in .npy version {}.{}; 1.0 to 3.0 are read", version,
                               static_cast<uint8_t>(bytes[7])));
  if (version > 1 && bytes.size() < 12) return damaged("ends inside its header");
  const size_t header_offset = version == 1 ? 10 : 12;
  const size_t header_bytes = version == 1 ? load<uint16_t>(bytes, 8) : load<uint32_t>(bytes, 8);
  if (bytes.size() - header_offset < header_bytes) return damaged("ends inside its header");
  const std::string_view data = bytes.substr(header_offset + header_bytes);

  HeaderParser header(bytes.substr(header_offset, header_bytes));
  std::optional<std::string_view> description;
  std::optional<bool> is_fortran;
  std::optional<std::vector<int64_t>> dims;
  bool is_well_formed = header.take('{');
  while (is_well_formed && !header.take('}')) {
    const std::optional<std::string_view> key = header.take_string();
    is_well_formed = key && header.take(':');
    if (!is_well_formed) break;
    if (*key == "descr" && !description) {
      // A list here describes records.
      if (header.take('[')) return damaged("holds records; save plain numbers");
      description = header.take_string();
      is_well_formed = description.has_value();
    } else if (*key == "fortran_order" && !is_fortran) {
      if (header.take_word("True")) {
        is_fortran = true;
      } else if (header.take_word("False")) {
        is_fortran = false;
      }
      is_well_formed = is_fortran.has_value();
    } else if (*key == "shape" && !dims) {
      dims = header.take_dims();
      is_well_formed = dims.has_value();
    } else {
      is_well_formed = false;
    }
    if (is_well_formed && !header.take(',')) {
      is_well_formed = header.take('}');
      break;
    }
  }
  if (!is_well_formed || !header.is_at_end() || !description || !is_fortran || !dims)
    return damaged("has a damaged header");
  const std::optional<ElementType> type = element_type_from(*description);
  if (!type) return damaged("holds " + explain_description(*description));
  if (*is_fortran)
    return damaged("is stored in Fortran order; save it through numpy.ascontiguousarray");
  const std::optional<int64_t> data_bytes = checked_bytes(*type, *dims);
  if (!data_bytes || static_cast<uint64_t>(*data_bytes) != data.size())
    return damaged(
        fmt::format("is {}{} and needs {} bytes, but has {}", to_text(*type), dims_to_text(*dims),
                    data_bytes ? std::to_string(*data_bytes) : "more than 2^63", data.size()));
  const std::span<const std::byte> elements = as_bytes(data);
  return Array{.name = std::move(name),
               .type = *type,
               .dims = std::move(*dims),
               .data = {elements.begin(), elements.end()}};
}

/// The .npy file of `array`, version 1.0, its data aligned to 64 bytes as NumPy does.
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
  std::string bytes = "\x93NUMPY";
  bytes.push_back(1);
  bytes.push_back(0);
  append(bytes, static_cast<uint16_t>(header.size()));
  bytes += header;
  bytes.append(reinterpret_cast<const char*>(array.data.data()), array.data.size());
  return bytes;
}

/// What a header and its directory entry have in common, from "version needed" to the name's
/// length.
void append_common_fields(std::string& bytes, const Member& member) {
  append(bytes, kVersionNeeded);
  append(bytes, member.flags);
  append(bytes, member.method);
  append(bytes, uint16_t{0});  // time
  append(bytes, kDate1980);
  append(bytes, member.checksum);
  append(bytes, static_cast<uint32_t>(member.packed_bytes));
  append(bytes, static_cast<uint32_t>(member.unpacked_bytes));
  append(bytes, static_cast<uint16_t>(member.name.size()));
}

}  // namespace

Result<std::vector<Array>> parse_npz(std::string_view bytes, std::string_view path) {
  ZipReader zip(bytes, path);
  const Result<std::vector<Member>> members = zip.read_directory();
  if (!members.ok()) return members.failure();
  std::vector<Array> arrays;
  Failure failure;
  const auto collect = [&](const Failure& more) {
    failure.messages.insert(failure.messages.end(), more.messages.begin(), more.messages.end());
  };
  for (const Member& member : members.value()) {
    const Result<std::string> npy = zip.unpack(member);
    if (!npy.ok()) {
      collect(npy.failure());
      continue;
    }
    Result<Array> array =
        parse_npy(npy.value(), member.name.substr(0, member.name.size() - 4), path);
    if (array.ok()) {
      arrays.push_back(std::move(array.value()));
    } else {
      collect(array.failure());
    }
  }
  if (!failure.messages.empty()) return failure;
  return arrays;
}

Result<std::vector<Array>> read_npz(const std::string& path) {
  const Result<std::string> bytes = read_file(path);
  if (!bytes.ok()) return bytes.failure();
  return parse_npz(bytes.value(), path);
}

std::string format_npz(std::span<const Array> arrays) {
  std::string bytes;
  std::string directory;
  std::set<std::string_view> names;
  for (const Array& array : arrays) {
    TDC_CHECK(!array.name.empty() && names.insert(array.name).second, "array name `{}`",
              array.name);
    const std::string npy = format_npy(array);
    const Member member = {.name = array.name + ".npy",
                           .flags = kFlagUtf8,
                           .method = kStored,
                           .checksum = checksum_of(npy),
                           .packed_bytes = npy.size(),
                           .unpacked_bytes = npy.size(),
                           .header_offset = bytes.size()};
    append(bytes, kHeaderSignature);
    append_common_fields(bytes, member);
    append(bytes, uint16_t{0});  // extra field
    bytes += member.name;
    bytes += npy;
    append(directory, kDirectorySignature);
    append(directory, kVersionNeeded);  // made by
    append_common_fields(directory, member);
    append(directory, uint16_t{0});  // extra field
    append(directory, uint16_t{0});  // comment
    append(directory, uint16_t{0});  // disk
    append(directory, uint16_t{0});  // internal attributes
    append(directory, uint32_t{0});  // external attributes
    append(directory, static_cast<uint32_t>(member.header_offset));
    directory += member.name;
  }
  TDC_CHECK(bytes.size() + directory.size() < kInExtra && arrays.size() < 0xffff,
            "{} bytes in {} arrays need zip64", bytes.size(), arrays.size());
  const size_t directory_offset = bytes.size();
  bytes += directory;
  append(bytes, kEndSignature);
  append(bytes, uint32_t{0});  // disk and directory's disk
  append(bytes, static_cast<uint16_t>(arrays.size()));
  append(bytes, static_cast<uint16_t>(arrays.size()));
  append(bytes, static_cast<uint32_t>(directory.size()));
  append(bytes, static_cast<uint32_t>(directory_offset));
  append(bytes, uint16_t{0});  // comment
  return bytes;
}

Result<Done> write_npz(const std::string& path, std::span<const Array> arrays) {
  return write_file_atomically(path, format_npz(arrays));
}

}  // namespace tdc::io
