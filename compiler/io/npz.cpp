#include "io/npz.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <set>

#include "io/npy.h"
#include "support/check.h"
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
constexpr std::string_view kArraySuffix = ".npy";
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
  std::string name;  // of an array with `.npy`
  uint16_t flags = 0;
  uint16_t method = 0;
  uint32_t checksum = 0;
  uint64_t packed_bytes = 0;
  uint64_t unpacked_bytes = 0;
  uint64_t header_offset = 0;
};

/// What a member is instead of an array that can be unpacked; empty if it is one.
std::string why_no_array(const Member& member) {
  if (!member.name.ends_with(kArraySuffix) || member.name.size() == kArraySuffix.size())
    return "is no .npy array";
  if ((member.flags & kFlagEncrypted) != 0) return "is encrypted";
  if (member.method != kStored && member.method != kDeflated)
    return fmt::format("is packed by method {}; stored (0) and deflate (8) are read",
                       member.method);
  return {};
}

/// The name under which a member is asked for.
std::string entry_name(const Member& member) {
  const bool has_suffix = member.name.ends_with(kArraySuffix) && member.name != kArraySuffix;
  return member.name.substr(0, member.name.size() - (has_suffix ? kArraySuffix.size() : 0));
}

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
    if (member.packed_bytes == kInExtra || member.unpacked_bytes == kInExtra ||
        member.header_offset == kInExtra)
      return fail("`{}`: `{}` uses zip64; arrays of 4 GiB or more are not read", path_, name);
    const bool is_encrypted = (member.flags & kFlagEncrypted) != 0;
    if (member.method == kStored && !is_encrypted && member.packed_bytes != member.unpacked_bytes)
      return fail("`{}`: `{}` is stored, but {} bytes are said to become {}", path_, name,
                  member.packed_bytes, member.unpacked_bytes);
    if (member.method == kDeflated &&
        member.unpacked_bytes > (member.packed_bytes + 1) * kMaximumDeflateRatio)
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
      if (why_no_array(member).empty()) unpacked_bytes += member.unpacked_bytes;
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

Result<ArrayFile> parse_npz(std::string_view bytes, std::string_view path) {
  ZipReader zip(bytes, path);
  const Result<std::vector<Member>> members = zip.read_directory();
  if (!members.ok()) return members.failure();
  ArrayFile file;
  Failure failure;
  for (const Member& member : members.value()) {
    if (std::string reason = why_no_array(member); !reason.empty()) {
      file.unread.push_back(
          {.name = entry_name(member),
           .type = {},
           .reason = std::move(reason),
           .digest = fmt::format("{:08x} {}", member.checksum, member.unpacked_bytes)});
      continue;
    }
    const Result<std::string> npy = zip.unpack(member);
    if (!npy.ok()) {
      failure.add(npy.failure());
    } else if (Result<Done> read = read_npy(npy.value(), entry_name(member), path, file);
               !read.ok()) {
      failure.add(read.failure());
    }
  }
  if (!failure.messages.empty()) return failure;
  return file;
}

Result<ArrayFile> read_npz(const std::string& path) {
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
