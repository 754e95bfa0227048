#include "io/safetensors.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "../mutate.h"
#include "../temporary_folder.h"
#include "support/files.h"

namespace tdc::io {
namespace {

using Messages = std::vector<std::string>;

std::string file(std::string_view header, std::string_view data) {
  const uint64_t header_bytes = header.size();
  std::string bytes(reinterpret_cast<const char*>(&header_bytes), 8);
  return bytes.append(header).append(data);
}

Messages messages_for(std::string_view header, size_t data_bytes) {
  return parse_safetensors(file(header, std::string(data_bytes, '\0')), "w").failure().messages;
}

std::vector<Array> some_arrays() {
  return {make_array<float>("blocks.0.attn.q.weight", {2, 2}, {1, -2, 0.5F, 3}),
          make_array<float>("a \"quoted\" name", {}, {7}), make_array<int64_t>("empty", {0, 3}, {}),
          make_array<uint8_t>("u", {3}, {1, 2, 255})};
}

TEST_CASE("a file as the format's document shows it is read") {
  // Written by hand from the description, members in another order than the data.
  const Result<ArrayFile> read = parse_safetensors(
      file(
          R"({"__metadata__":{"format":"pt"},"b":{"dtype":"I32","shape":[1],"data_offsets":[8,12]},)"
          R"("a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]}}   )",
          std::string_view("\x00\x00\x80\x3f\x00\x00\x00\xc0\x05\x00\x00\x00", 12)),
      "w");
  REQUIRE(read.ok());
  CHECK(read.value().arrays == std::vector<Array>{make_array<float>("a", {2, 1}, {1, -2}),
                                                  make_array<int32_t>("b", {1}, {5})});
}

TEST_CASE("what is written is read again and starts its data at a multiple of eight") {
  const TemporaryFolder folder;
  REQUIRE(write_safetensors(folder / "w.safetensors", some_arrays()).ok());
  const Result<ArrayFile> read = read_safetensors(folder / "w.safetensors");
  REQUIRE(read.ok());
  CHECK(read.value().arrays == some_arrays());
  const std::string one = format_safetensors(std::vector{make_array<float>("x", {1}, {1})});
  CHECK(one.substr(8, one.size() - 12) ==
        "{\"x\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}  ");
  CHECK(one.substr(0, 8) == std::string("\x38\0\0\0\0\0\0\0", 8));
}

TEST_CASE("mistakes of a header are listed together") {
  CHECK(
      messages_for(R"({"a":{"dtype":"F16","shape":[1],"data_offsets":[0,4]},)"
                   R"("b":{"dtype":"BF16","shape":[3],"data_offsets":[0,4]},)"
                   R"("d":{"dtype":"F32","shape":[2],"data_offsets":[0,4]},)"
                   R"("e":{"dtype":"F32","shape":[3],"data_offsets":[0,12]},)"
                   R"("f":{"dtype":"F32","shape":[1],"data_offsets":[4,0]},)"
                   R"("g":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]},)"
                   R"("h":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,4]},)"
                   R"("i":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"more":1},)"
                   R"("j":3,"k":{},"":{}})",
                   4) ==
      Messages{"`w`: a tensor has an empty name",
               "`w`: tensor `a` is f16[1] and needs 2 bytes, but has 4",
               "`w`: tensor `b` is bf16[3] and needs 6 bytes, but has 4",
               "`w`: tensor `d` is f32[2] and needs 8 bytes, but has 4",
               "`w`: tensor `e` ends at byte 12 of the data, but the file has 4: it is truncated",
               "`w`: tensor `f` has no `data_offsets` of a start and an end",
               "`w`: tensor `g` has no `shape` of whole numbers",
               "`w`: tensor `h` is f32[4611686018427387904, 4] and needs more than 2^63 bytes, but "
               "has 4",
               "`w`: tensor `i` has a field `more`, which the format does not know",
               "`w`: tensor `j` is described by a whole number, not by an object",
               "`w`: tensor `k` has no `dtype`"});
}

TEST_CASE("tensors of other types stand in nobody's way, and their bytes are no gap") {
  const auto read = [](const std::string& truth) {
    return parse_safetensors(file(R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},)"
                                  R"("mask":{"dtype":"BOOL","shape":[4],"data_offsets":[2,6]},)"
                                  R"("tiny":{"dtype":"F8_E4M3","shape":[1],"data_offsets":[6,7]},)"
                                  R"("half":{"dtype":"F16","shape":[1],"data_offsets":[7,9]}})",
                                  "\x01\x02" + truth + "x" + std::string("\x00\x3c", 2)),
                             "w");
  };
  const Result<ArrayFile> first = read("0101");
  REQUIRE(first.ok());
  CHECK(first.value().arrays.size() == 2);
  CHECK(first.value().arrays[0] == make_array<uint8_t>("a", {2}, {1, 2}));
  CHECK(first.value().arrays[1].type == ElementType::kF16);
  CHECK(to_f32(first.value().arrays[1]) == std::vector<float>{1});
  REQUIRE(first.value().unread.size() == 2);
  CHECK(first.value().unread[0].name == "mask");
  CHECK(first.value().unread[0].type == "BOOL");
  CHECK(first.value().unread[0].reason ==
        "holds elements of type `BOOL`; integers and floats of 16, 32 and 64 bits are read");
  CHECK(first.value().unread[1].type == "F8_E4M3");
  CHECK(read("0101").value().unread == first.value().unread);
  CHECK(read("0111").value().unread != first.value().unread);
}

TEST_CASE("gaps and overlaps are named") {
  const auto tensors = [](int a_begin, int a_end, int b_begin, int b_end) {
    return fmt::format(R"({{"a":{{"dtype":"U8","shape":[{}],"data_offsets":[{},{}]}},)"
                       R"("b":{{"dtype":"U8","shape":[{}],"data_offsets":[{},{}]}}}})",
                       a_end - a_begin, a_begin, a_end, b_end - b_begin, b_begin, b_end);
  };
  CHECK(messages_for(tensors(0, 4, 4, 8), 8).empty());
  CHECK(messages_for(tensors(0, 4, 3, 8), 8) ==
        Messages{"`w`: tensors `a` and `b` overlap by 1 bytes"});
  CHECK(messages_for(tensors(0, 8, 2, 4), 8) ==
        Messages{"`w`: tensors `a` and `b` overlap by 6 bytes"});
  CHECK(messages_for(tensors(1, 4, 6, 8), 9) ==
        Messages{"`w`: 1 bytes before tensor `a` belong to nothing",
                 "`w`: 2 bytes before tensor `b` belong to nothing",
                 "`w`: the last 1 bytes belong to no tensor"});
}

TEST_CASE("files that are no safetensors files say so") {
  const auto message = [](std::string_view bytes) {
    return parse_safetensors(bytes, "w").failure().messages.at(0);
  };
  CHECK(message("abc") == "`w` is not a safetensors file: it has 3 bytes");
  CHECK(
      message("12345678abc").starts_with("`w` is not a safetensors file: its header would have "));
  CHECK(message(std::string("\x20\0\0\0\0\0\0\0{}", 10)) ==
        "`w` is truncated: the header has 32 bytes, 2 are there");
  CHECK(message(file("[]", "")) == "`w`: the header is a list, not an object");
  CHECK(message(file("{\"a\":", "")).starts_with("`w`: the header cannot be read: "));
  CHECK(message(file(R"({"a":{},"\u0061":{}})", "")) ==
        "`w`: the header cannot be read: the key `a` is there twice");
  CHECK(message(file(std::string(1'000'000, '['), "")) ==
        "`w`: the header cannot be read: brackets are nested deeper than 64");
}

TEST_CASE("damaged files never crash, and every prefix is refused") {
  constexpr unsigned kSeed = 21;
  std::mt19937 random(kSeed);
  const std::string whole = format_safetensors(some_arrays());
  for (size_t size = 0; size < whole.size(); ++size)
    CHECK(!parse_safetensors(std::string_view(whole).substr(0, size), "w").ok());
  for (int i = 0; i < 20'000; ++i) (void)parse_safetensors(mutate(whole, random), "w");
}

}  // namespace
}  // namespace tdc::io
