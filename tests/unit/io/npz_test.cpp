#include "io/npz.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
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

std::string only_message(const Result<ArrayFile>& result) {
  REQUIRE(!result.ok());
  REQUIRE(result.failure().messages.size() == 1);
  return result.failure().messages.front();
}

std::string message_for(std::string_view header, std::string_view data) {
  return only_message(parse_npz(Zip::of(npy(header, data)).bytes(), "d.npz"));
}

std::string header(const char* type, const char* fortran, const char* shape) {
  return fmt::format("{{'descr': {}, 'fortran_order': {}, 'shape': {}}}\n", type, fortran, shape);
}

/// The bytes of an .npy file of a version above 1, whose header has four bytes of length.
std::string npy_of_version(char version, std::string_view header, std::string_view data) {
  std::string bytes = std::string("\x93NUMPY", 6) + version + '\0';
  for (int shift = 0; shift < 32; shift += 8)
    bytes += static_cast<char>(header.size() >> shift & 0xff);
  return bytes.append(header).append(data);
}

Result<ArrayFile> read_one(const std::string& npy) {
  return parse_npz(Zip::of(npy).bytes(), "d.npz");
}

TEST_CASE("what NumPy writes is read, stored and compressed") {
  for (const char* name : {"numpy_stored.npz", "numpy_deflated.npz"}) {
    CAPTURE(name);
    const Result<ArrayFile> read = parse_npz(fixture(name), name);
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
    CHECK(read.value().arrays == expected);
  }
}

TEST_CASE("the example's digits are there") {
  const Result<ArrayFile> read =
      read_npz(std::string(TDC_SOURCE_DIR) + "/examples/mlp_digits/digits_test.npz");
  REQUIRE(read.ok());
  REQUIRE(read.value().arrays.size() == 2);
  CHECK(read.value().arrays[0].dims == std::vector<int64_t>{360, 64});
  CHECK(read.value().arrays[1].dims == std::vector<int64_t>{360});
}

TEST_CASE("what is written is read again, and is the same each time") {
  const TemporaryFolder folder;
  const std::vector<Array> arrays = some_arrays();
  REQUIRE(write_npz(folder / "a.npz", arrays).ok());
  const Result<ArrayFile> read = read_npz(folder / "a.npz");
  REQUIRE(read.ok());
  CHECK(read.value().arrays == arrays);
  CHECK(read_file(folder / "a.npz").value() == format_npz(arrays));
  CHECK(format_npz({}).size() == 22);
  CHECK(parse_npz(format_npz({}), "empty").value() == ArrayFile());
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
  const std::string matrix = format_npz(std::vector{make_array<uint8_t>("ab", {1, 3}, {1, 2, 3})});
  CHECK(matrix.substr(46).starts_with(
      "{'descr': '|u1', 'fortran_order': False, 'shape': (1, 3), }  "));
}

TEST_CASE("headers of any layout that Python allows are read") {
  const std::string data(8, '\0');
  for (const char* text :
       {"{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }\n",
        "{\"shape\":(2,),\"fortran_order\":False,\"descr\":\"<f4\"}",
        "{ 'shape' : ( 1 , 2 ) , 'descr' : '<f4', 'fortran_order' : False }  \n"}) {
    CAPTURE(text);
    CHECK(read_one(npy(text, data)).ok());
  }
  const std::string_view padded = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }";
  for (const char version : {'\2', '\3'})
    CHECK(read_one(npy_of_version(version, padded, data)).ok());
}

TEST_CASE("types in every spelling and byte order are read with NumPy's values") {
  const auto read = [](const char* type, std::string_view data) {
    const Result<ArrayFile> file = read_one(npy(header(type, "False", "(1,)"), data));
    REQUIRE_MESSAGE(file.ok(), type);
    REQUIRE(file.value().arrays.size() == 1);
    return file.value().arrays[0];
  };
  for (const char* type : {"'<u1'", "'|u1'", "'>u1'", "'u1'", "'B'", "'uint8'", "u'|u1'"})
    CHECK(read(type, "\xfe") == make_array<uint8_t>("a", {1}, {254}));
  for (const char* type : {"'>i1'", "'<i1'", "'|i1'", "'b'"})
    CHECK(read(type, "\xfe") == make_array<int8_t>("a", {1}, {-2}));
  for (const char* type : {"'<f4'", "'=f4'", "'|f4'", "'f4'", "'f'", "'float32'"})
    CHECK(read(type, std::string_view("\0\0\xc0\x3f", 4)) == make_array<float>("a", {1}, {1.5F}));
  CHECK(read("'>f4'", std::string_view("\x3f\xc0\0\0", 4)) == make_array<float>("a", {1}, {1.5F}));
  CHECK(read("'>f8'", std::string_view("\x3f\xf8\0\0\0\0\0\0", 8)) ==
        make_array<double>("a", {1}, {1.5}));
  CHECK(read("'>i2'", "\xff\xfe") == make_array<int16_t>("a", {1}, {-2}));
  CHECK(read("'>u4'", std::string_view("\0\0\x01\x02", 4)) ==
        make_array<uint32_t>("a", {1}, {258}));
  CHECK(read("'>i8'", std::string_view("\0\0\0\0\0\0\x01\x02", 8)) ==
        make_array<int64_t>("a", {1}, {258}));
  CHECK(to_f32(read("'<f2'", std::string_view("\0\x3e", 2))) == std::vector<float>{1.5F});
  CHECK(to_f32(read("'>f2'", std::string_view("\x3e\0", 2))) == std::vector<float>{1.5F});
}

TEST_CASE("Fortran order is turned into row-major order") {
  const auto read = [](const char* shape, std::string_view data) {
    return read_one(npy(header("'|u1'", "True", shape), data)).value().arrays.at(0);
  };
  CHECK(read("(3,)", "abc") == make_array<uint8_t>("a", {3}, {'a', 'b', 'c'}));
  CHECK(read("()", "a") == make_array<uint8_t>("a", {}, {'a'}));
  // By columns:  a c e
  //              b d f
  CHECK(read("(2, 3)", "abcdef") ==
        make_array<uint8_t>("a", {2, 3}, {'a', 'c', 'e', 'b', 'd', 'f'}));
  CHECK(read("(2, 1, 3)", "abcdef") ==
        make_array<uint8_t>("a", {2, 1, 3}, {'a', 'c', 'e', 'b', 'd', 'f'}));
  CHECK(read("(2, 2, 2)", "abcdefgh") ==
        make_array<uint8_t>("a", {2, 2, 2}, {'a', 'e', 'c', 'g', 'b', 'f', 'd', 'h'}));
  CHECK(read("(2, 0)", "") == make_array<uint8_t>("a", {2, 0}, {}));
  // Elements move whole, and are then turned round.
  CHECK(read_one(npy(header("'>u2'", "True", "(2, 2)"), std::string_view("\0\1\0\2\0\3\0\4", 8)))
            .value()
            .arrays.at(0) == make_array<uint16_t>("a", {2, 2}, {1, 3, 2, 4}));
}

TEST_CASE("Python 2's long numbers are read in the versions that it wrote") {
  const std::string text = header("'|u1'", "False", "(1L, 3L)");
  const Array expected = make_array<uint8_t>("a", {1, 3}, {'a', 'b', 'c'});
  CHECK(read_one(npy(text, "abc")).value().arrays.at(0) == expected);
  CHECK(read_one(npy_of_version(2, text, "abc")).value().arrays.at(0) == expected);
  CHECK(only_message(read_one(npy_of_version(3, text, "abc"))) ==
        "`d.npz`: array `a` has a damaged header");
}

TEST_CASE("headers at their limits") {
  const std::string small = header("'|u1'", "False", "(0,)");
  CHECK(read_one(npy(small, "")).value().arrays.at(0) == make_array<uint8_t>("a", {0}, {}));
  // One byte of the header is missing.
  CHECK(only_message(read_one(npy(small, "").substr(0, 9 + small.size()))) ==
        "`d.npz`: array `a` ends inside its header");
  CHECK(only_message(read_one(npy("", "").substr(0, 9))) ==
        "`d.npz`: array `a` is not in .npy format");
  const std::string of_version_2 = npy_of_version(2, small, "");
  CHECK(read_one(of_version_2).ok());
  for (const size_t bytes : {size_t{10}, size_t{11}, size_t{12}, of_version_2.size() - 1})
    CHECK(only_message(read_one(of_version_2.substr(0, bytes))) ==
          "`d.npz`: array `a` ends inside its header");
  // All four bytes of the length count.
  const std::string wide = small + std::string(70'000, ' ');
  CHECK(read_one(npy_of_version(2, wide, "")).value().arrays.at(0).dims == std::vector<int64_t>{0});
  for (const char version : {'\0', '\4'})
    CHECK(only_message(read_one(npy_of_version(version, small, ""))) ==
          fmt::format("`d.npz`: array `a` is in .npy version {}.0; 1.0 to 3.0 are read",
                      int{version}));
  std::string minor = npy(small, "");
  minor[7] = 1;
  CHECK(only_message(read_one(minor)) ==
        "`d.npz`: array `a` is in .npy version 1.1; 1.0 to 3.0 are read");
  // NumPy has at most 64 axes.
  const auto axes = [](size_t count) {
    std::string shape = "(";
    for (size_t i = 0; i < count; ++i) shape += "1, ";
    return read_one(npy(header("'|u1'", "False", (shape + ")").c_str()), "a"));
  };
  CHECK(axes(64).value().arrays.at(0).dims == std::vector<int64_t>(64, 1));
  CHECK(only_message(axes(65)) == "`d.npz`: array `a` has a damaged header");
}

TEST_CASE("arrays that are no numbers stand in nobody's way") {
  const auto check = [](const char* type, const char* shape, const char* reason) {
    CAPTURE(type);
    const Result<ArrayFile> file = read_one(npy(header(type, "False", shape), "12345678"));
    REQUIRE(file.ok());
    CHECK(file.value().arrays.empty());
    REQUIRE(file.value().unread.size() == 1);
    CHECK(file.value().unread[0].name == "a");
    CHECK(file.value().unread[0].reason == reason);
    CHECK(read_one(npy(header(type, "False", shape), "12345678")).value() == file.value());
    CHECK(read_one(npy(header(type, "False", shape), "12345679")).value() != file.value());
  };
  check("'|O'", "(2,)", "holds Python objects, which are never read; save plain numbers");
  check("'<U1'", "(2,)", "holds strings; save plain numbers");
  check("'|S4'", "(2,)", "holds strings; save plain numbers");
  check("'|b1'", "(8,)", "holds truth values; save plain numbers");
  check("'?'", "(8,)", "holds truth values; save plain numbers");
  check("'<c8'", "()",
        "holds elements of type `<c8`; integers and floats of 16, 32 and 64 bits are read");
  check("'<M8[s]'", "()",
        "holds elements of type `<M8[s]`; integers and floats of 16, 32 and 64 bits are read");
  check("'<f16'", "()",
        "holds elements of type `<f16`; integers and floats of 16, 32 and 64 bits are read");
  check("[('x', '<f4'), ('y', '<i4', (2, 3)), ('a]b', '|u1')]", "(1,)",
        "holds records; save plain numbers");
}

TEST_CASE("members that are no arrays stand in nobody's way") {
  const Zip array = Zip::of(npy(header("'|u1'", "False", "(3,)"), "abc"));
  const auto beside = [&](const Zip& other) {
    const std::string first = other.member();
    return parse_npz(
        Zip::archive(first + array.member(), {other.entry(0), array.entry(first.size())}), "d.npz");
  };
  const auto check = [&](const Zip& other, const char* name, const char* reason) {
    const Result<ArrayFile> file = beside(other);
    REQUIRE_MESSAGE(file.ok(), name);
    CHECK(file.value().arrays == std::vector{make_array<uint8_t>("a", {3}, {'a', 'b', 'c'})});
    REQUIRE(file.value().unread.size() == 1);
    CHECK(file.value().unread[0].name == name);
    CHECK(file.value().unread[0].type.empty());
    CHECK(file.value().unread[0].reason == reason);
  };
  Zip other = Zip::of("some text");
  for (const char* name : {"readme.txt", "folder/", ".npy", "x.NPY", ""}) {
    other.name = name;
    check(other, name, "is no .npy array");
  }
  other.name = "b.npy";
  other.flags = 1;
  other.unpacked_bytes -= 5;  // encryption adds to the bytes
  check(other, "b", "is encrypted");
  other = Zip::of("some text");
  other.name = "b.npy";
  other.method = 12;
  other.unpacked_bytes = 4'000'000'000;  // what bzip2 can do
  check(other, "b", "is packed by method 12; stored (0) and deflate (8) are read");
  // It must lie where the directory says all the same.
  other.name = "readme.txt";
  CHECK(!parse_npz(Zip::archive(other.member() + array.member(),
                                {other.entry(0), array.entry(other.member().size() - 1)}),
                   "d.npz")
             .ok());
}

TEST_CASE("archives in several files, and totals beyond 4 GiB, are refused") {
  const std::string whole = format_npz(some_arrays());
  const size_t end = whole.size() - 22;
  REQUIRE(whole.substr(end, 4) == "PK\x05\x06");
  for (const size_t field : {4, 6, 8, 10}) {
    CAPTURE(field);
    std::string part = whole;
    ++part[end + field];
    CHECK(only_message(parse_npz(part, "d.npz")) ==
          "`d.npz` is a part of an archive in several files");
  }
  for (const auto& [field, bytes] : {std::pair<size_t, size_t>{10, 2}, {12, 4}, {16, 4}}) {
    CAPTURE(field);
    std::string large = whole;
    large.replace(end + field, bytes, std::string(bytes, '\xff'));
    CHECK(only_message(parse_npz(large, "d.npz")) ==
          "`d.npz` is a zip64 archive; files of 4 GiB or more are not read");
  }
  // Five members that deflate could pack so, 4 GiB and one byte together. Nothing is unpacked.
  std::string members;
  std::vector<std::string> entries;
  const auto add = [&](uint32_t unpacked_bytes) {
    Zip zip;
    zip.name = fmt::format("{}.npy", entries.size());
    zip.method = 8;
    zip.packed = std::string(850'000, '\0');
    zip.unpacked_bytes = unpacked_bytes;
    entries.push_back(zip.entry(members.size()));
    members += zip.member();
  };
  for (int i = 0; i < 5; ++i) add(i == 0 ? 858'993'461 : 858'993'459);
  CHECK(only_message(parse_npz(Zip::archive(members, entries), "d.npz")) ==
        "`d.npz` unpacks to 4294967297 bytes; at most 4294967296 are read");
}

TEST_CASE("arrays that disagree with themselves say how") {
  const auto check = [&](const std::string& text, size_t data_bytes, const char* message) {
    CHECK(message_for(text, std::string(data_bytes, '\0')) ==
          std::string("`d.npz`: array `a` ") + message);
  };
  check(header("'<f4'", "False", "(2, 3)"), 20, "is f32[2, 3] and needs 24 bytes, but has 20");
  check(header("'<f4'", "False", "(2, 3)"), 28, "is f32[2, 3] and needs 24 bytes, but has 28");
  check(header("'>f2'", "True", "(2, 3)"), 13, "is f16[2, 3] and needs 12 bytes, but has 13");
  check(header("'<f4'", "False", "(4611686018427387904, 4)"), 0,
        "is f32[4611686018427387904, 4] and needs more than 2^63 bytes, but has 0");
  for (const char* shape :
       {"(2)", "(-2,)", "(99999999999999999999,)", "2", "(2,,)", "(2,", "()()", "(2M,)", "(2LL,)"})
    check(header("'<f4'", "False", shape), 8, "has a damaged header");
  check(header("[('x', '<f4'", "False", "(2,)"), 8, "has a damaged header");
  check(header("'<f4'", "Falsch", "(2,)"), 8, "has a damaged header");
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
  Zip inner = Zip::of(npy(header("'|u1'", "False", "(3,)"), "abc"));
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
    const ArrayFile original = parse_npz(whole, "d.npz").value();
    for (int i = 0; i < 5000; ++i) {
      CAPTURE(i);
      const Result<ArrayFile> read = parse_npz(mutate(whole, random), "d.npz");
      // Bytes that carry no meaning (dates, attributes) may differ; an array never does.
      if (read.ok()) CHECK(read.value() == original);
    }
  }
}

}  // namespace
}  // namespace tdc::io
