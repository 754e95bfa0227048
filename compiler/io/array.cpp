#include "io/array.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace tdc::io {
namespace {

/// Calls `action` with the elements of `array` as a span of their own type.
template <typename Action>
auto with_elements(const Array& array, Action action) {
  switch (array.type) {
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
  static constexpr std::string_view kNames[] = {"f32", "f64", "i8",  "u8",  "i16",
                                                "u16", "i32", "u32", "i64", "u64"};
  return kNames[static_cast<size_t>(type)];
}

int64_t element_bytes(ElementType type) {
  static constexpr int64_t kBytes[] = {4, 8, 1, 1, 2, 2, 4, 4, 8, 8};
  return kBytes[static_cast<size_t>(type)];
}

bool is_floating(ElementType type) {
  return type == ElementType::kF32 || type == ElementType::kF64;
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

}  // namespace tdc::io
