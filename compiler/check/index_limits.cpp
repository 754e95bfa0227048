#include "check/index_limits.h"

#include <algorithm>
#include <map>
#include <optional>

#include "ops/op.h"
#include "ops/registry.h"

namespace tdc::check {
namespace {

/// The extent of the axis that the node's i32 operand counts along.
std::optional<int64_t> counted_extent(const ir::Graph& sample, const ir::Node& node) {
  const ops::Signature& signature = ops::signature(*node.op);
  for (size_t i = 0; i < node.inputs.size(); ++i) {
    if (!node.inputs[i].is_valid()) continue;
    const std::vector<std::string>& dims = signature.input(i).dims;
    const ir::Dims& actual = sample.type(node.inputs[i]).dims;
    for (size_t axis = 0; axis < dims.size(); ++axis)
      if (is_counted_dim(dims[axis])) return actual.at(actual.size() - dims.size() + axis);
  }
  return std::nullopt;
}

}  // namespace

bool is_counted_dim(const std::string& dim) {
  return dim == "c" || dim == "v";
}

std::optional<int64_t> counted_result(const ops::OpDef& op, const ops::Call& call) {
  if (ops::signature(op).outputs[0].dtype != ir::DType::i32) return std::nullopt;
  const ir::Dims& dims = call.input(0).dims;
  return dims.at(static_cast<size_t>(std::ssize(dims) + call.attributes.integer("axis")));
}

void limit_indices(ir::Graph& sample) {
  std::map<ir::ValueId, int64_t> limits;
  for (const ir::Node& node : sample.nodes)
    for (const ir::ValueId input : node.inputs) {
      if (!input.is_valid() || sample.type(input).dtype != ir::DType::i32) continue;
      const std::optional<int64_t> extent = counted_extent(sample, node);
      if (!extent) continue;
      const auto [known, is_new] = limits.try_emplace(input, *extent);
      if (!is_new) known->second = std::min(known->second, *extent);
    }
  for (ir::Input& input : sample.inputs)
    if (const auto limit = limits.find(input.value); input.classes == 0 && limit != limits.end())
      input.classes = limit->second;
}

}  // namespace tdc::check
