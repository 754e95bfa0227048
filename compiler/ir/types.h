#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "support/units.h"

namespace tdc::ir {

/// Element types. `i32` carries class labels and indices; gradients exist for `f32` only.
enum class DType : uint8_t { f32, i32 };

/// Extents, outermost first; empty for a scalar. Every extent is at least 1.
using Dims = std::vector<int64_t>;

struct TensorType {
  DType dtype = DType::f32;
  Dims dims;

  [[nodiscard]] int64_t rank() const { return static_cast<int64_t>(dims.size()); }
  friend auto operator<=>(const TensorType&, const TensorType&) = default;
};

/// The number of elements: the product of the extents, 1 for a scalar.
int64_t element_count(const Dims& dims);
inline int64_t element_count(const TensorType& type) {
  return element_count(type.dims);
}

/// Of every dtype.
inline constexpr int64_t kElementBytes = 4;
Bytes byte_size(DType dtype);
/// Bytes of the tensor stored densely.
Bytes byte_size(const TensorType& type);

/// Row-major strides in elements.
Dims dense_strides(const Dims& dims);

std::string_view to_text(DType dtype);
/// `[3, 32, 32]`, `[]` for a scalar.
std::string to_text(const Dims& dims);
/// `f32[3, 32, 32]`, `f32` for a scalar.
std::string to_text(const TensorType& type);

}  // namespace tdc::ir
