// What a freestanding rv32 program has in place of the C library's memory functions: for every
// alignment and length up to some words, beside those of the library.

#include <dlfcn.h>
#include <doctest/doctest.h>

#include <cstdint>
#include <cstring>
#include <numeric>
#include <vector>

namespace tdc {
namespace {

constexpr size_t kMostBytes = 14, kBytes = 32;

template <typename Function>
Function* rv32_function(const char* name) {
  static void* const library = dlopen(TDC_MEMORY_FUNCTIONS, RTLD_NOW | RTLD_LOCAL);
  REQUIRE_MESSAGE(library != nullptr, dlerror());
  void* const function = dlsym(library, name);
  REQUIRE(function != nullptr);
  return reinterpret_cast<Function*>(function);
}

/// 1, 2, 3 ..
std::vector<uint8_t> numbered() {
  std::vector<uint8_t> bytes(kBytes);
  std::iota(bytes.begin(), bytes.end(), uint8_t{1});
  return bytes;
}

TEST_CASE("rv32: memset sets the bytes it is asked for and no others") {
  const auto set = rv32_function<void*(void*, int, size_t)>("rv32_memset");
  for (size_t to = 0; to < 5; ++to)
    for (size_t count = 0; count <= kMostBytes; ++count) {
      CAPTURE(to);
      CAPTURE(count);
      std::vector<uint8_t> bytes = numbered(), expected = numbered();
      CHECK(set(bytes.data() + to, 0x1fe, count) == bytes.data() + to);  // of the value one byte
      std::memset(expected.data() + to, 0xfe, count);
      CHECK(bytes == expected);
    }
}

TEST_CASE("rv32: memcpy and memmove copy from anywhere to anywhere") {
  using Copy = void*(void*, const void*, size_t);
  const auto copy = rv32_function<Copy>("rv32_memcpy"), move = rv32_function<Copy>("rv32_memmove");
  for (size_t to = 0; to < 5; ++to)
    for (size_t from = 0; from < 5; ++from)
      for (size_t count = 0; count <= kMostBytes; ++count) {
        CAPTURE(to);
        CAPTURE(from);
        CAPTURE(count);
        const std::vector<uint8_t> source = numbered();
        std::vector<uint8_t> bytes(kBytes, 0), expected(kBytes, 0);
        CHECK(copy(bytes.data() + to, source.data() + from, count) == bytes.data() + to);
        std::memcpy(expected.data() + to, source.data() + from, count);
        CHECK(bytes == expected);
        bytes = expected = numbered();  // within itself
        CHECK(move(bytes.data() + to, bytes.data() + from, count) == bytes.data() + to);
        std::memmove(expected.data() + to, expected.data() + from, count);
        CHECK(bytes == expected);
      }
}

TEST_CASE("rv32: memcmp orders by the first byte that differs, without signs") {
  const auto compare = rv32_function<int(const void*, const void*, size_t)>("rv32_memcmp");
  const std::vector<uint8_t> low = {1, 2, 0x7f, 9}, high = {1, 2, 0x80, 3};
  CHECK(compare(low.data(), high.data(), 2) == 0);
  CHECK(compare(low.data(), high.data(), 3) < 0);
  CHECK(compare(high.data(), low.data(), 4) > 0);
}

}  // namespace
}  // namespace tdc
