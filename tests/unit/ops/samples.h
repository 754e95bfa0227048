#pragma once

#include <cmath>
#include <random>

#include "ops/registry.h"

// Random operands for the samples of op records.

namespace tdc::ops {

/// One operand of the sample: uniform from its domain, whole numbers for `i32`. All elements are
/// exact in fp32, so that kernels and reference evaluation see the same.
inline Tensor draw(const Sample& sample, size_t operand, std::mt19937_64& random) {
  const Domain domain = operand < sample.domains.size() ? sample.domains[operand] : Domain{};
  Tensor tensor(sample.inputs[operand].value());
  for (double& element : tensor.data) {
    const double share = static_cast<double>(random() >> 40) * 0x1p-24;
    const double value = domain.low + (domain.high - domain.low) * share;
    element = tensor.type.dtype == ir::DType::i32 ? std::floor(value)
                                                  : static_cast<double>(static_cast<float>(value));
  }
  return tensor;
}

/// The call that a sample describes, with attributes complete and output types inferred.
inline Call call_of(const OpDef& op, const Sample& sample) {
  Call call = {.inputs = sample.inputs,
               .outputs = {},
               .attributes = complete_attributes(op, sample.attributes)};
  call.outputs = std::get<std::vector<ir::TensorType>>(infer_types(op, call));
  return call;
}

/// Reference evaluation of a call.
inline std::vector<Tensor> evaluate(const OpDef& op, const Call& call,
                                    const std::vector<std::optional<Tensor>>& inputs) {
  std::vector<Tensor> outputs;
  for (const ir::TensorType& type : call.outputs) outputs.emplace_back(type);
  Evaluation evaluation = {.inputs = {}, .outputs = {}, .attributes = call.attributes};
  for (const std::optional<Tensor>& input : inputs)
    evaluation.inputs.push_back(input ? &*input : nullptr);
  for (Tensor& output : outputs) evaluation.outputs.push_back(&output);
  op.evaluate(evaluation);
  return outputs;
}

}  // namespace tdc::ops
