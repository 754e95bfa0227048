#include "io/npz.h"

#include <doctest/doctest.h>
#include <zlib.h>

#include <numeric>

#include "../mutate.h"
#include "../temporary_folder.h"
#include "support/files.h"

namespace tdc::io {
namespace {

std::string fixture(const std::string& name) {
  const Result<std::string> bytes =
      read_file(std::string(TDC_SOURCE_DIR) + "/tests/unit/io/" + name);
  REQUIRE(bytes.ok());
  return bytes.value();
}

std::vector<Array> some_arrays() {
  return {make_array<float>("fc1.weight", {2, 3}, {0, 0.25F, 0.5F, 0.75F, 1, 1.25F}),
          make_array<uint8_t>("image", {2, 2}, {0, 1, 254, 255}),
          make_array<int64_t>("step", {}, {INT64_MIN})};
}

/// A zip archive of one member, with every field under the test's control.
struct Zip {
  std::string name = "a.npy";
  std::string packed;
  uint16_t method = 0;
  uint16_t flags = 0;
  uint32_t checksum = 0;
  uint32_t unpacked_bytes = 0;

  static Zip of(std::string npy) {
    Zip zip;
    zip.checksum = static_cast<uint32_t>(
        crc32(0, reinterpret_cast<const Bytef*>(npy.data()), static_cast<uInt>(npy.size())));
    zip.unpacked_bytes = static_cast<uint32_t>(npy.size());
    zip.packed = std::move(npy);
    return zip;
  }

  /// The member with its header.
  [[nodiscard]] std::string member() const {
    return number(0x04034b50, 4) + common_fields() + name + packed;
  }
  /// The directory entry of a member at `offset`.
  [[nodiscard]] std::string entry(size_t offset) const {
    return number(0x02014b50, 4) + number(20, 2) + common_fields() + std::string(10, '\0') +
           number(offset, 4) + name;
  }
  [[nodiscard]] std::string bytes() const { return archive(member(), {entry(0)}); }

  static std::string archive(const std::string& members, const std::vector<std::string>& entries) {
    std::string directory;
    for (const std::string& entry : entries) directory += entry;
    return members + directory + number(0x06054b50, 4) + number(0, 4) + number(entries.size(), 2) +
           number(entries.size(), 2) + number(directory.size(), 4) + number(members.size(), 4) +
           number(0, 2);
  }

 private:
  static std::string number(uint64_t value, int width) {
    std::string out;
    for (int i = 0; i < width; ++i) out.push_back(static_cast<char>(value >> (8 * i)));
    return out;
  }
  [[nodiscard]] std::string common_fields() const {
    return number(20, 2) + number(flags, 2) + number(method, 2) + number(0, 4) +
           number(checksum, 4) + number(packed.size(), 4) + number(unpacked_bytes, 4) +
           number(name.size(), 2) + number(0, 2);
  }
};

std::string deflate_raw(const std::string& bytes) {
  z_stream stream = {};
  REQUIRE(deflateInit2(&stream, 9, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string packed(bytes.size() + 100, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

std::string npy(std::string_view header, std::string_view data) {
  std::string bytes("\x93NUMPY\x01\x00", 8);
  bytes.push_back(static_cast<char>(header.size() & 0xff));
  bytes.push_back(static_cast<char>(header.size() >> 8));
  return bytes.append(header).append(data);
}

std::string only_message(const Result<std::vector<Array>>& result) {
  REQUIRE(!result.ok());
  REQUIRE(result.failure().messages.size() == 1);
  return result.failure().messages.front();
}

std::string message_for(std::string_view header, std::string_view data) {
  return only_message(parse_npz(Zip::of(npy(header, data)).bytes(), "d.npz"));
}

TEST_CASE("what NumPy writes is read, stored and compressed") {
  for (const char* name : {"numpy_stored.npz", "numpy_deflated.npz"}) {
    CAPTURE(name);
    const Result<std::vector<Array>> read = parse_npz(fixture(name), name);
    REQUIRE(read.ok());
    std::vector<uint8_t> counting(256);
    std::iota(counting.begin(), counting.end(), uint8_t{0});
    const std::vector<Array> expected = {
        make_array<float>("fc1.weight", {2, 3}, {0, 0.25F, 0.5F, 0.75F, 1, 1.25F}),
        make_array<double>("scalar", {}, {-0.1}),
        make_array<uint8_t>("bytes", {256}, counting),
        make_array<int32_t>("label", {3}, {7, -1, INT32_MAX}),
        make_array<int64_t>("big", {1, 1}, {INT64_MIN}),
        make_array<float>("none", {0, 5}, {}),
        make_array<float>("zeros", {16, 16}, std::vector<float>(256)),
    };
    CHECK(read.value() == expected);
  }
}

TEST_CASE("the example's digits are there") {
  const Result<std::vector<Array>> read =
      read_npz(std::string(TDC_SOURCE_DIR) + "/examples/mlp_digits/digits_test.npz");
  REQUIRE(read.ok());
  REQUIRE(read.value().size() == 2);
  CHECK(read.value()[0].dims == std::vector<int64_t>{360, 64});
  CHECK(read.value()[1].dims == std::vector<int64_t>{360});
}

TEST_CASE("what is written is read again, and is the same each time") {
  const TemporaryFolder folder;
  const std::vector<Array> arrays = some_arrays();
  REQUIRE(write_npz(folder / "a.npz", arrays).ok());
  const Result<std::vector<Array>> read = read_npz(folder / "a.npz");
  REQUIRE(read.ok());
  CHECK(read.value() == arrays);
  CHECK(read_file(folder / "a.npz").value() == format_npz(arrays));
  CHECK(format_npz({}).size() == 22);
  CHECK(parse_npz(format_npz({}), "empty").value().empty());
}

TEST_CASE("a written member is laid out as the formats' documents say") {
  const std::string bytes = format_npz(std::vector{make_array<uint8_t>("ab", {3}, {1, 2, 3})});
  const std::string header = "{'descr': '|u1', 'fortran_order': False, 'shape': (3,), }";
  // 30 bytes of zip header and the name, then 64-byte aligned .npy: magic, version, length, header.
  CHECK(bytes.substr(0, 4) == "PK\x03\x04");
  CHECK(bytes.substr(30, 6) == "ab.npy");
  CHECK(bytes.substr(36, 10) == std::string("\x93NUMPY\x01\x00\x76\x00", 10));
  CHECK(bytes.substr(46, 118) == header + std::string(117 - header.size(), ' ') + "\n");
  CHECK(bytes.substr(164, 3) == "\x01\x02\x03");
  CHECK(bytes.substr(167, 4) == "PK\x01\x02");
}

TEST_CASE("headers of any layout that Python allows are read") {
  const std::string data(8, '\0');
  for (const char* header :
       {"{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }\n",
        "{\"shape\":(2,),\"fortran_order\":False,\"descr\":\"<f4\"}",
        "{ 'shape' : ( 1 , 2 ) , 'descr' : '<f4', 'fortran_order' : False }  \n"}) {
    CAPTURE(header);
    CHECK(parse_npz(Zip::of(npy(header, data)).bytes(), "d.npz").ok());
  }
  const std::string_view header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }";
  for (const char version : {'\2', '\3'}) {
    std::string bytes = std::string("\x93NUMPY", 6) + version + '\0';
    bytes += static_cast<char>(header.size()) + std::string(3, '\0');
    bytes.append(header).append(data);
    CHECK(parse_npz(Zip::of(bytes).bytes(), "d.npz").ok());
  }
}

TEST_CASE("arrays that are not read say why") {
  const auto header = [](const char* type, const char* fortran, const char* shape) {
    return fmt::format("{{'descr': {}, 'fortran_order': {}, 'shape': {}}}\n", type, fortran, shape);
  };
  const auto check = [&](const std::string& text, size_t data_bytes, const char* message) {
    CHECK(message_for(text, std::string(data_bytes, '\0')) ==
          std::string("`d.npz`: array `a` ") + message);
  };
  check(header("'<f2'", "False", "(2,)"), 4,
        "holds f16 elements; 16-bit floats are not read yet, save it as float32");
  check(header("'>f4'", "False", "(2,)"), 8, "holds big-endian elements; save it little-endian");
  check(header("'|O'", "False", "(2,)"), 8,
        "holds Python objects, which are never read; save plain numbers");
  check(header("'|b1'", "False", "(2,)"), 2,
        "holds elements of type `|b1`; integers and 32- and 64-bit floats are read");
  check(header("[('x', '<f4')]", "False", "(2,)"), 8, "holds records; save plain numbers");
  check(header("'<f4'", "True", "(2, 2)"), 16,
        "is stored in Fortran order; save it through numpy.ascontiguousarray");
  check(header("'<f4'", "False", "(2, 3)"), 20, "is f32[2, 3] and needs 24 bytes, but has 20");
  check(header("'<f4'", "False", "(2, 3)"), 28, "is f32[2, 3] and needs 24 bytes, but has 28");
  check(header("'<f4'", "False", "(4611686018427387904, 4)"), 0,
        "is f32[4611686018427387904, 4] and needs more than 2^63 bytes, but has 0");
  for (const char* shape : {"(2)", "(-2,)", "(99999999999999999999,)", "2", "(2,,)", "(2,", "()()"})
    check(header("'<f4'", "False", shape), 8, "has a damaged header");
  check("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2,)}", 8,
        "has a damaged header");
  check("{'descr': '<f4', 'shape': (2,)}", 8, "has a damaged header");
  check("", 0, "has a damaged header");
}

TEST_CASE("archives that are not read say why") {
  const std::string array = npy("{'descr': '|u1', 'fortran_order': False, 'shape': (3,)}", "abc");
  const auto message = [](const Zip& zip) { return only_message(parse_npz(zip.bytes(), "d.npz")); };
  REQUIRE(parse_npz(Zip::of(array).bytes(), "d.npz").ok());

  CHECK(only_message(parse_npz("", "d.npz")) ==
        "`d.npz` is not a complete .npz archive: no end record in its 0 bytes");
  CHECK(only_message(parse_npz(array, "d.npz")) ==
        "`d.npz` is a single .npy array; save it with numpy.savez, under a name");
  Zip other_name = Zip::of(array);
  other_name.name = "readme.txt";
  CHECK(message(other_name) ==
        "`d.npz` holds `readme.txt`; an .npz archive holds .npy arrays only");
  Zip encrypted = Zip::of(array);
  encrypted.flags = 1;
  CHECK(message(encrypted) == "`d.npz`: `a.npy` is encrypted");
  Zip bzip = Zip::of(array);
  bzip.method = 12;
  CHECK(message(bzip) ==
        "`d.npz`: `a.npy` is packed by method 12; stored (0) and deflate (8) are read");
  Zip checksum = Zip::of(array);
  checksum.checksum = 0;
  CHECK(message(checksum).starts_with("`d.npz`: `a.npy` has checksum 00000000, its bytes give "));
  Zip stored = Zip::of(array);
  stored.unpacked_bytes -= 1;
  CHECK(message(stored).find("is stored, but") != std::string::npos);
  // A bomb is refused before any memory is taken for it.
  Zip bomb = Zip::of(array);
  bomb.method = 8;
  bomb.unpacked_bytes = 4'000'000'000;
  CHECK(message(bomb).ends_with("to 4000000000 bytes, more than deflate can do"));
  Zip not_deflate = Zip::of(array);
  not_deflate.method = 8;
  CHECK(message(not_deflate) == "`d.npz`: the compressed bytes of `a.npy` are damaged");
  Zip deflated = Zip::of(array);
  deflated.method = 8;
  deflated.packed = deflate_raw(array);
  REQUIRE(parse_npz(deflated.bytes(), "d.npz").ok());
  Zip longer = deflated;
  longer.packed += 'x';
  CHECK(message(longer) == "`d.npz`: the compressed bytes of `a.npy` are damaged");
  for (const int difference : {-1, 1}) {
    Zip other_size = deflated;
    other_size.unpacked_bytes += static_cast<uint32_t>(difference);
    CHECK(message(other_size) == "`d.npz`: the compressed bytes of `a.npy` are damaged");
  }
}

TEST_CASE("members that lie inside of each other are refused") {
  const std::string_view header = "{'descr': '|u1', 'fortran_order': False, 'shape': (3,)}";
  Zip inner = Zip::of(npy(header, "abc"));
  inner.name = "b.npy";
  const std::string hidden = inner.member();
  const Zip outer = Zip::of(
      npy(fmt::format("{{'descr': '|u1', 'fortran_order': False, 'shape': ({},)}}", hidden.size()),
          hidden));
  const std::string members = outer.member();
  CHECK(only_message(parse_npz(
            Zip::archive(members, {outer.entry(0), inner.entry(members.size() - hidden.size())}),
            "d.npz")) == "`d.npz`: the bytes of `a.npy` reach into `b.npy`");
  // Where nothing overlaps, the same members are read.
  CHECK(parse_npz(Zip::archive(members + hidden, {outer.entry(0), inner.entry(members.size())}),
                  "d.npz")
            .ok());
}

TEST_CASE("a directory that disagrees with a member's header is refused") {
  const Zip zip = Zip::of(npy("{'descr': '|u1', 'fortran_order': False, 'shape': (3,)}", "abc"));
  Zip other = zip;
  other.checksum += 1;
  CHECK(only_message(parse_npz(Zip::archive(zip.member(), {other.entry(0)}), "d.npz")) ==
        "`d.npz`: the header of `a.npy` at byte 0 has other sizes or another checksum than the "
        "directory");
  other = zip;
  other.name = "b.npy";
  CHECK(only_message(parse_npz(Zip::archive(zip.member(), {other.entry(0)}), "d.npz")) ==
        "`d.npz`: the header of `b.npy` at byte 0 has another name than the directory");
  other = zip;
  other.flags = 1 << 3;
  CHECK(
      only_message(parse_npz(Zip::archive(zip.member(), {other.entry(0)}), "d.npz")) ==
      "`d.npz`: the header of `a.npy` at byte 0 is packed in another way than the directory says");
  CHECK(only_message(parse_npz(Zip::archive(zip.member(), {zip.entry(1)}), "d.npz")) ==
        "`d.npz`: the header of `a.npy` at byte 1 is missing");
  CHECK(only_message(parse_npz(Zip::archive(zip.member(), {zip.entry(0) + "x"}), "d.npz")) ==
        "`d.npz`: 1 bytes in the archive's directory belong to no array");
}

TEST_CASE("an archive that lists the same bytes twice is refused") {
  std::string bytes = format_npz(std::vector{make_array<uint8_t>("a", {3}, {1, 2, 3}),
                                             make_array<uint8_t>("b", {3}, {1, 2, 3})});
  // Let the second directory entry point to the first member, under its name.
  const size_t first = bytes.find("PK\x01\x02");
  const size_t second = bytes.find("PK\x01\x02", first + 1);
  std::string twice = bytes;
  twice.replace(second, second - first, bytes.substr(first, second - first));
  CHECK(only_message(parse_npz(twice, "d.npz")) == "`d.npz` holds `a.npy` twice");
}

TEST_CASE("every message of an archive is listed") {
  std::vector<Array> arrays = some_arrays();
  std::string bytes = format_npz(arrays);
  for (const char* data : {"\x00\x01\xfe\xff", "\x00\x00\x80\x3e"}) {
    const size_t at = bytes.find(std::string(data, 4));
    REQUIRE(at != std::string::npos);
    bytes[at] = 'x';
  }
  CHECK(parse_npz(bytes, "d.npz").failure().messages.size() == 2);
}

TEST_CASE("every prefix of an archive is refused") {
  for (const std::string& whole : {format_npz(some_arrays()), fixture("numpy_deflated.npz")})
    for (size_t size = 0; size < whole.size(); ++size)
      CHECK(!parse_npz(std::string_view(whole).substr(0, size), "d.npz").ok());
}

TEST_CASE("a damaged archive is refused or gives the original arrays") {
  constexpr unsigned kSeed = 20;
  std::mt19937 random(kSeed);
  for (const std::string& whole :
       {format_npz(some_arrays()), fixture("numpy_stored.npz"), fixture("numpy_deflated.npz")}) {
    const std::vector<Array> original = parse_npz(whole, "d.npz").value();
    for (int i = 0; i < 5000; ++i) {
      CAPTURE(i);
      const Result<std::vector<Array>> read = parse_npz(mutate(whole, random), "d.npz");
      // Bytes that carry no meaning (dates, attributes) may differ; an array never does.
      if (read.ok()) CHECK(read.value() == original);
    }
  }
}

}  // namespace
}  // namespace tdc::io
