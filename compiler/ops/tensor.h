#pragma once

#include <vector>

#include "ir/types.h"

namespace tdc::ops {

/// A dense row-major tensor in double precision: what reference evaluation works on. Elements of
/// `i32` tensors are whole numbers.
struct Tensor {
  ir::TensorType type;
  std::vector<double> data;

  Tensor() = default;
  explicit Tensor(ir::TensorType tensor_type)
      : type(std::move(tensor_type)), data(static_cast<size_t>(ir::element_count(type)), 0.0) {}
  Tensor(ir::TensorType tensor_type, std::vector<double> elements)
      : type(std::move(tensor_type)), data(std::move(elements)) {}

  friend bool operator==(const Tensor&, const Tensor&) = default;
};

}  // namespace tdc::ops
