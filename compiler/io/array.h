#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "support/check.h"
#include "support/result.h"

// Named n-d arrays: what data and weight files hold and what runs are fed with.

namespace tdc::io {

static_assert(std::endian::native == std::endian::little,
              "arrays are kept and written as they lie in memory");

/// `kF16` is IEEE 754's half, `kBF16` the upper 16 bits of an f32; both are read and never written.
enum class ElementType : uint8_t {
  kF16,
  kBF16,
  kF32,
  kF64,
  kI8,
  kU8,
  kI16,
  kU16,
  kI32,
  kU32,
  kI64,
  kU64
};

/// `f32`, `u8`, ...
std::string_view to_text(ElementType type);
int64_t element_bytes(ElementType type);

template <typename T>
constexpr ElementType element_type_of() {
  if constexpr (std::is_same_v<T, float>) return ElementType::kF32;
  if constexpr (std::is_same_v<T, double>) return ElementType::kF64;
  if constexpr (std::is_same_v<T, int8_t>) return ElementType::kI8;
  if constexpr (std::is_same_v<T, uint8_t>) return ElementType::kU8;
  if constexpr (std::is_same_v<T, int16_t>) return ElementType::kI16;
  if constexpr (std::is_same_v<T, uint16_t>) return ElementType::kU16;
  if constexpr (std::is_same_v<T, int32_t>) return ElementType::kI32;
  if constexpr (std::is_same_v<T, uint32_t>) return ElementType::kU32;
  if constexpr (std::is_same_v<T, int64_t>) return ElementType::kI64;
  if constexpr (std::is_same_v<T, uint64_t>) return ElementType::kU64;
}

/// Row-major, little-endian, packed. `dims` are not negative and may be empty (a scalar);
/// `data` holds exactly their product of elements.
struct Array {
  std::string name;
  ElementType type = ElementType::kF32;
  std::vector<int64_t> dims;
  std::vector<std::byte> data;

  [[nodiscard]] int64_t element_count() const {
    return static_cast<int64_t>(data.size()) / element_bytes(type);
  }
  /// The elements as they are stored; asserts that `T` is their type.
  template <typename T>
  [[nodiscard]] std::span<const T> view() const {
    TDC_CHECK(type == element_type_of<T>(), "`{}` holds {}", name, to_text(type));
    return {reinterpret_cast<const T*>(data.data()), data.size() / sizeof(T)};
  }

  friend bool operator==(const Array&, const Array&) = default;
};

/// An array of a copy of `elements`; asserts that there are as many as `dims` say.
template <typename T>
Array make_array(std::string name, std::vector<int64_t> dims, const std::vector<T>& elements) {
  int64_t count = 1;
  for (const int64_t dim : dims) count *= dim;
  TDC_CHECK(count == static_cast<int64_t>(elements.size()), "`{}`: {} elements for {}", name,
            elements.size(), count);
  const std::span<const std::byte> bytes = std::as_bytes(std::span(elements));
  return {.name = std::move(name),
          .type = element_type_of<T>(),
          .dims = std::move(dims),
          .data = {bytes.begin(), bytes.end()}};
}

/// `[3, 32, 32]`.
std::string dims_to_text(std::span<const int64_t> dims);

/// Bytes of an array of these dims; nothing if a dim is negative or the product does not fit.
std::optional<int64_t> checked_bytes(ElementType type, std::span<const int64_t> dims);

/// Turns the bytes of each element round: from one byte order to the other.
void reverse_bytes(Array& array);

/// Whether the elements are floats of 16, 32 or 64 bits.
bool is_floating(ElementType type);

/// The elements as double, which is exact but for integers beyond 2^53.
std::vector<double> to_f64(const Array& array);

/// The elements as float: f16, bf16 and f32 as they are, f64 and integers rounded to nearest.
std::vector<float> to_f32(const Array& array);

/// The elements as int32. Fails for floats, and for a value that int32 does not hold, named with
/// its index.
Result<std::vector<int32_t>> to_i32(const Array& array);

/// What a file holds and cannot be taken for an array of numbers: strings, Python objects, a text
/// among an archive's members. It stands in nobody's way unless it is asked for by name.
struct UnreadEntry {
  std::string name;    ///< as that of an array; of a member that is no array, its whole name
  std::string type;    ///< as the file calls it (`<U1`, `BOOL`); empty if it does not say
  std::string reason;  ///< `holds strings; ..`, as the rest of a sentence about the entry
  std::string digest;  ///< equal for equal contents of one format; for nothing else

  friend bool operator==(const UnreadEntry&, const UnreadEntry&) = default;
};

/// What a data or weight file holds, each part in the order of the file. Names of arrays are
/// distinct.
struct ArrayFile {
  std::vector<Array> arrays;
  std::vector<UnreadEntry> unread;

  friend bool operator==(const ArrayFile&, const ArrayFile&) = default;
};

/// The array called `name`, or null.
const Array* find_array(std::span<const Array> arrays, std::string_view name);

/// The entry called `name`, or null.
const UnreadEntry* find_unread(std::span<const UnreadEntry> entries, std::string_view name);

/// Arrays by name, for many questions. The arrays must live longer; asserts that names are
/// distinct.
class ArrayIndex {
 public:
  explicit ArrayIndex(std::span<const Array> arrays);
  /// The array called `name`, or null.
  [[nodiscard]] const Array* find(std::string_view name) const;

 private:
  std::map<std::string_view, const Array*> by_name_;
};

}  // namespace tdc::io
