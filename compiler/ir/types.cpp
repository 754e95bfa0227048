#include "ir/types.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace tdc::ir {

int64_t element_count(const Dims& dims) {
  int64_t count = 1;
  for (const int64_t extent : dims) count *= extent;
  return count;
}

Bytes byte_size(DType dtype) {
  switch (dtype) {
    case DType::f32:
    case DType::i32:
      return {kElementBytes};
  }
  return {0};
}

Bytes byte_size(const TensorType& type) {
  return {element_count(type) * byte_size(type.dtype).count};
}

Dims dense_strides(const Dims& dims) {
  Dims strides(dims.size(), 1);
  for (size_t axis = dims.size(); axis-- > 1;) strides[axis - 1] = strides[axis] * dims[axis];
  return strides;
}

std::string_view to_text(DType dtype) {
  switch (dtype) {
    case DType::f32:
      return "f32";
    case DType::i32:
      return "i32";
  }
  return "?";
}

std::string to_text(const Dims& dims) {
  return fmt::format("[{}]", fmt::join(dims, ", "));
}

std::string to_text(const TensorType& type) {
  if (type.dims.empty()) return std::string(to_text(type.dtype));
  return fmt::format("{}{}", to_text(type.dtype), to_text(type.dims));
}

}  // namespace tdc::ir
