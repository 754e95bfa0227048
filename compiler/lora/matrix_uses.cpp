#include "lora/matrix_uses.h"

#include <set>
#include <utility>

#include "graph/rewrite.h"
#include "ops/registry.h"

namespace tdc::lora {
namespace {

/// Whether a matrix-like operand is stored [out, in]. Asks the record about a matrix whose sides
/// differ, because those of a square one do not tell. Kernels, which have more axes, are [out, ..].
bool is_stored_out_in(const ops::LowRank& low_rank, ops::Call call) {
  if (call.input(low_rank.operand).rank() > 2) return true;
  call.inputs.at(low_rank.operand) = ir::TensorType{.dims = {2, 3}};
  return low_rank.dims(call).value() == std::pair<int64_t, int64_t>(3, 2);
}

/// How `node` reads `value` as a matrix that can take an adapter; null if it does not.
const ops::LowRank* low_rank_of(const ir::Graph& graph, const ir::Node& node, ir::ValueId value) {
  for (const ops::LowRank& low_rank : node.op->low_rank)
    if (node.inputs.at(low_rank.operand) == value && low_rank.dims(ops::call_of(graph, node)))
      return &low_rank;
  return nullptr;
}

}  // namespace

MatrixUses::MatrixUses(const ir::Graph& written) {
  ir::Graph graph = written;
  for (ir::Node& node : graph.nodes) graph::fold_transposes(graph, node);
  std::map<ir::ValueId, ir::VariableId> parameters;
  for (const ir::Read& read : graph.reads) parameters.emplace(read.value, read.variable);
  std::set<ir::VariableId> refused;  // by a use that an adapter would not reach
  for (const ir::Output& output : graph.outputs)
    if (const auto read = parameters.find(output.value); read != parameters.end())
      refused.insert(read->second);
  // Folded transposes stand around unused.
  const IdVector<ir::NodeId, char> is_live = graph::live_nodes(graph);
  for (const ir::NodeId id : graph.nodes.ids()) {
    if (is_live[id] == 0) continue;
    const ir::Node& node = graph.nodes[id];
    for (const ir::ValueId input : node.inputs) {
      const auto read = parameters.find(input);
      if (read == parameters.end()) continue;
      const ops::LowRank* low_rank = low_rank_of(graph, node, input);
      std::vector<MatrixUse>& uses = uses_[read->second];
      const bool is_again = !uses.empty() && uses.back().node == id;
      if (is_again || low_rank == nullptr) {
        refused.insert(read->second);
        continue;
      }
      const ops::Call call = ops::call_of(graph, node);
      const auto [in, out] = low_rank->dims(call).value();
      const bool is_out_in = is_stored_out_in(*low_rank, call);
      if (!uses.empty() && uses.front().is_out_in != is_out_in) refused.insert(read->second);
      uses.push_back({id, low_rank, in, out, is_out_in});
    }
  }
  for (const ir::VariableId parameter : refused) uses_.erase(parameter);
}

std::span<const MatrixUse> MatrixUses::of(ir::VariableId parameter) const {
  const auto found = uses_.find(parameter);
  return found == uses_.end() ? std::span<const MatrixUse>() : found->second;
}

}  // namespace tdc::lora
