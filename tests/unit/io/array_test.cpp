#include "io/array.h"

#include <doctest/doctest.h>

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
