#include <algorithm>
#include <array>

#include "ops/registry.h"
#include "opt/passes.h"

namespace tdc::opt {
namespace {

/// What `value` is the transpose of, if a node swaps its last two axes and does nothing else.
std::optional<ir::ValueId> transposed_source(const ir::Graph& graph, ir::ValueId value) {
  const ir::NodeId producer = graph.values[value].producer;
  if (!producer.is_valid()) return std::nullopt;
  const ir::Node& node = graph.nodes[producer];
  if (!node.op->is_permutation) return std::nullopt;
  if (node.attributes.integers("axes") != std::vector<int64_t>{1, 0}) return std::nullopt;
  return node.inputs[0];
}

}  // namespace

ir::Module fold_transpose(ir::Module module) {
  constexpr std::array kFlags = {"transpose_a", "transpose_b"};
  for (ir::Graph& graph : module.graphs) {
    for (ir::Node& node : graph.nodes) {
      for (size_t operand = 0; operand < kFlags.size(); ++operand) {
        if (!node.attributes.has(kFlags[operand])) continue;
        const auto source = transposed_source(graph, node.inputs[operand]);
        if (!source) continue;
        node.inputs[operand] = *source;
        node.attributes.set(kFlags[operand], !node.attributes.boolean(kFlags[operand]));
      }
    }
  }
  return module;
}

}  // namespace tdc::opt
