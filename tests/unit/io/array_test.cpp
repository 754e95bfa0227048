#include "io/array.h"

#include <limits>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "io/npz.h"
#include "io/safetensors.h"

namespace tdc::io {
namespace {

TEST_CASE("arrays turn into float and int32") {
  CHECK(to_f32(make_array<uint8_t>("a", {2}, {0, 255})) == std::vector<float>{0, 255});
  CHECK(to_f32(make_array<double>("a", {2}, {0.1, 1e300})) ==
        std::vector<float>{0.1F, std::numeric_limits<float>::infinity()});
  CHECK(to_i32(make_array<int64_t>("a", {2}, {-5, INT32_MAX})).value() ==
        std::vector<int32_t>{-5, INT32_MAX});
  CHECK(to_i32(make_array<int64_t>("a", {2}, {0, int64_t{INT32_MAX} + 1})).failure() ==
        fail("`a`: element 1 is 2147483648, which 32 bits do not hold"));
  CHECK(to_i32(make_array<float>("a", {1}, {1})).failure() ==
        fail("`a` holds f32 where integers are needed"));
}

TEST_CASE("16-bit floats are widened exactly") {
  const auto widened = [](ElementType type, uint16_t bits) {
    Array array = make_array<uint16_t>("a", {1}, {bits});
    array.type = type;
    const float narrow = to_f32(array)[0];
    if (!std::isnan(narrow)) CHECK(to_f64(array)[0] == static_cast<double>(narrow));
    return to_f32(array)[0];
  };
  // Every finite f16 against the definition in IEEE 754: (-1)^s 2^(e - 15) (1 + f / 1024).
  for (int bits = 0; bits < 0x10000; ++bits) {
    const int exponent = bits / 1024 % 32;
    const double fraction = bits % 1024 / 1024.0;
    if (exponent == 31) continue;
    const double magnitude =
        exponent == 0 ? fraction / 16384 : (1 + fraction) * std::pow(2.0, exponent - 15);
    const auto value = static_cast<double>(widened(ElementType::kF16, static_cast<uint16_t>(bits)));
    if (value != (bits < 0x8000 ? magnitude : -magnitude)) FAIL("f16 ", bits, " gave ", value);
  }
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  CHECK(std::signbit(widened(ElementType::kF16, 0x8000)));
  CHECK(widened(ElementType::kF16, 0x7c00) == kInfinity);
  CHECK(widened(ElementType::kF16, 0xfc00) == -kInfinity);
  CHECK(std::isnan(widened(ElementType::kF16, 0x7c01)));
  CHECK(widened(ElementType::kBF16, 0x3f80) == 1);
  CHECK(widened(ElementType::kBF16, 0xc2f7) == -123.5F);
  CHECK(widened(ElementType::kBF16, 0x0001) == 0x1p-133F);
  CHECK(widened(ElementType::kBF16, 0xff80) == -kInfinity);
  CHECK(std::isnan(widened(ElementType::kBF16, 0x7fc0)));
}

TEST_CASE("arrays and entries are told apart by their whole names") {
  const std::vector<Array> arrays = {make_array<float>("blocks.0.attention.q.weight", {1}, {1}),
                                     make_array<float>("blocks.0.attention.k.weight", {1}, {2})};
  const ArrayIndex index(arrays);
  for (const Array& array : arrays) {
    CHECK(index.find(array.name) == &array);
    CHECK(find_array(arrays, array.name) == &array);
    CHECK(parse_npz(format_npz(arrays), "d").value().arrays == arrays);
    CHECK(parse_safetensors(format_safetensors(arrays), "w").value().arrays == arrays);
  }
  CHECK(index.find("blocks.0.attention") == nullptr);
  const std::vector<UnreadEntry> entries = {
      {.name = "a b", .type = {}, .reason = {}, .digest = {}}};
  CHECK(find_unread(entries, "a b") == &entries[0]);
  CHECK(find_unread(entries, "a") == nullptr);
}

TEST_CASE("sizes that do not fit are noticed") {
  constexpr int64_t kHuge = int64_t{1} << 62;
  CHECK(checked_bytes(ElementType::kF32, std::vector<int64_t>{3, 4}) == 48);
  CHECK(checked_bytes(ElementType::kF64, {}) == 8);
  CHECK(checked_bytes(ElementType::kF32, std::vector<int64_t>{kHuge}) == std::nullopt);
  CHECK(checked_bytes(ElementType::kU8, std::vector<int64_t>{kHuge, 0, kHuge}) == std::nullopt);
  CHECK(checked_bytes(ElementType::kU8, std::vector<int64_t>{kHuge, 0}) == 0);
  CHECK(checked_bytes(ElementType::kU8, std::vector<int64_t>{-1}) == std::nullopt);
}

TEST_CASE("arrays are found by name") {
  const std::vector<Array> arrays = {make_array<float>("a", {1}, {1}),
                                     make_array<float>("b", {1}, {2})};
  CHECK(find_array(arrays, "b") == &arrays[1]);
  CHECK(find_array(arrays, "c") == nullptr);
}

}  // namespace
}  // namespace tdc::io
