#include "io/array.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "support/check.h"

namespace tdc::io {
namespace {

/// The number that IEEE 754's binary16 means by these bits.
float from_f16(uint16_t bits) {
  constexpr int kFractionBits = 10;
  constexpr int kExponentBias = 15;
  const int exponent = bits >> kFractionBits & 0x1f;
  const int fraction = bits & 0x3ff;
  float magnitude = 0;
  if (exponent == 0x1f) {
    magnitude = fraction == 0 ? std::numeric_limits<float>::infinity()
                              : std::numeric_limits<float>::quiet_NaN();
  } else if (exponent == 0) {
    magnitude = std::ldexp(static_cast<float>(fraction), 1 - kExponentBias - kFractionBits);
  } else {
    magnitude = std::ldexp(static_cast<float>(fraction + (1 << kFractionBits)),
                           exponent - kExponentBias - kFractionBits);
  }
  return (bits & 0x8000) != 0 ? -magnitude : magnitude;
}

float from_bf16(uint16_t bits) {
  return std::bit_cast<float>(uint32_t{bits} << 16);
}

/// Floats of 16 bits, which no C++ type of ours holds, as f32.
std::vector<float> widened(const Array& array) {
  std::vector<float> result(static_cast<size_t>(array.element_count()));
  for (size_t i = 0; i < result.size(); ++i) {
    uint16_t bits = 0;
    std::memcpy(&bits, array.data.data() + i * sizeof bits, sizeof bits);
    result[i] = array.type == ElementType::kF16 ? from_f16(bits) : from_bf16(bits);
  }
  return result;
}

/// Calls `action` with the elements of `array` as a span of their own type; those of 16-bit floats
/// as f32.
template <typename Action>
auto with_elements(const Array& array, Action action) {
  switch (array.type) {
    case ElementType::kF16:
    case ElementType::kBF16: {
      const std::vector<float> elements = widened(array);
      return action(std::span(elements));
    }
    case ElementType::kF32:
      return action(array.view<float>());
    case ElementType::kF64:
      return action(array.view<double>());
    case ElementType::kI8:
      return action(array.view<int8_t>());
    case ElementType::kU8:
      return action(array.view<uint8_t>());
    case ElementType::kI16:
      return action(array.view<int16_t>());
    case ElementType::kU16:
      return action(array.view<uint16_t>());
    case ElementType::kI32:
      return action(array.view<int32_t>());
    case ElementType::kU32:
      return action(array.view<uint32_t>());
    case ElementType::kI64:
      return action(array.view<int64_t>());
    case ElementType::kU64:
      return action(array.view<uint64_t>());
  }
  TDC_CHECK(false, "unknown element type");
}

template <typename T>
std::vector<T> converted(const Array& array) {
  return with_elements(array, [](auto elements) {
    std::vector<T> result(elements.size());
    std::transform(elements.begin(), elements.end(), result.begin(),
                   [](auto element) { return static_cast<T>(element); });
    return result;
  });
}

}  // namespace

std::string_view to_text(ElementType type) {
  static constexpr std::string_view kNames[] = {"f16", "bf16", "f32", "f64", "i8",  "u8",
                                                "i16", "u16",  "i32", "u32", "i64", "u64"};
  return kNames[static_cast<size_t>(type)];
}

int64_t element_bytes(ElementType type) {
  static constexpr int64_t kBytes[] = {2, 2, 4, 8, 1, 1, 2, 2, 4, 4, 8, 8};
  return kBytes[static_cast<size_t>(type)];
}

void reverse_bytes(Array& array) {
  const auto width = static_cast<std::ptrdiff_t>(element_bytes(array.type));
  for (auto element = array.data.begin(); element != array.data.end(); element += width)
    std::reverse(element, element + width);
}

bool is_floating(ElementType type) {
  return type == ElementType::kF16 || type == ElementType::kBF16 || type == ElementType::kF32 ||
         type == ElementType::kF64;
}

std::string dims_to_text(std::span<const int64_t> dims) {
  return fmt::format("[{}]", fmt::join(dims, ", "));
}

std::optional<int64_t> checked_bytes(ElementType type, std::span<const int64_t> dims) {
  // A zero makes the product zero, but the other dims must be sane all the same.
  int64_t product = element_bytes(type);
  bool is_empty = false;
  for (const int64_t dim : dims) {
    if (dim < 0) return std::nullopt;
    if (dim == 0) {
      is_empty = true;
    } else if (__builtin_mul_overflow(product, dim, &product)) {
      return std::nullopt;
    }
  }
  return is_empty ? 0 : product;
}

std::vector<float> to_f32(const Array& array) {
  return converted<float>(array);
}

std::vector<double> to_f64(const Array& array) {
  return converted<double>(array);
}

Result<std::vector<int32_t>> to_i32(const Array& array) {
  return with_elements(array, [&](auto elements) -> Result<std::vector<int32_t>> {
    using Element = typename decltype(elements)::value_type;
    if constexpr (std::is_floating_point_v<Element>) {
      return fail("`{}` holds {} where integers are needed", array.name, to_text(array.type));
    } else {
      std::vector<int32_t> result;
      result.reserve(elements.size());
      for (size_t i = 0; i < elements.size(); ++i) {
        if (!std::in_range<int32_t>(elements[i]))
          return fail("`{}`: element {} is {}, which 32 bits do not hold", array.name, i,
                      elements[i]);
        result.push_back(static_cast<int32_t>(elements[i]));
      }
      return result;
    }
  });
}

const Array* find_array(std::span<const Array> arrays, std::string_view name) {
  const auto found = std::find_if(arrays.begin(), arrays.end(),
                                  [&](const Array& array) { return array.name == name; });
  return found == arrays.end() ? nullptr : &*found;
}

const UnreadEntry* find_unread(std::span<const UnreadEntry> entries, std::string_view name) {
  const auto found = std::find_if(entries.begin(), entries.end(),
                                  [&](const UnreadEntry& entry) { return entry.name == name; });
  return found == entries.end() ? nullptr : &*found;
}

ArrayIndex::ArrayIndex(std::span<const Array> arrays) {
  for (const Array& array : arrays)
    TDC_CHECK(by_name_.emplace(array.name, &array).second, "two arrays are called `{}`",
              array.name);
}

const Array* ArrayIndex::find(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : found->second;
}

}  // namespace tdc::io
