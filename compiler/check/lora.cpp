#include "check/lora.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "ir/rewrite.h"
#include "ops/registry.h"
#include "support/check.h"

namespace tdc::check {
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

MatrixUses::MatrixUses(const ir::Graph& graph) {
  std::map<ir::ValueId, ir::VariableId> parameters;
  for (const ir::Read& read : graph.reads) parameters.emplace(read.value, read.variable);
  std::set<ir::VariableId> refused;  // by a use that an adapter would not reach
  for (const ir::Output& output : graph.outputs)
    if (const auto read = parameters.find(output.value); read != parameters.end())
      refused.insert(read->second);
  // Folded transposes stand around unused.
  const IdVector<ir::NodeId, char> is_live = ir::live_nodes(graph);
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
      const MatrixUse use = {id, low_rank, is_stored_out_in(*low_rank, ops::call_of(graph, node))};
      if (!uses.empty() && uses.front().is_out_in != use.is_out_in) refused.insert(read->second);
      uses.push_back(use);
    }
  }
  for (const ir::VariableId parameter : refused) uses_.erase(parameter);
}

std::span<const MatrixUse> MatrixUses::of(ir::VariableId parameter) const {
  const auto found = uses_.find(parameter);
  return found == uses_.end() ? std::span<const MatrixUse>() : found->second;
}

std::optional<ir::VariableId> adaptable_parameter(const MatrixUses& uses, const CallRecord& call) {
  std::optional<ir::VariableId> found;
  for (const ir::VariableId parameter : call.parameters) {
    if (uses.of(parameter).empty()) continue;
    if (found) return std::nullopt;
    found = parameter;
  }
  return found;
}

std::optional<Adapter> attach_adapter(ir::Module& module, ir::Builder& builder,
                                      const std::string& path, ir::VariableId base,
                                      std::span<const MatrixUse> uses,
                                      const AdapterOptions& options) {
  ir::Graph& graph = module.graphs.front();
  TDC_CHECK(!uses.empty(), "`{}` has no matrix", path);
  const ops::Call call = ops::call_of(graph, graph.nodes[uses[0].node]);
  const auto [in, out] = uses[0].low_rank->dims(call).value();
  if (options.rank > std::min(in, out)) return std::nullopt;

  Adapter adapter = {.base = base,
                     .scale = options.alpha / static_cast<double>(options.rank),
                     .is_base_out_in = uses[0].is_out_in};
  const ir::Initializer kaiming = {ir::Initializer::Kind::uniform,
                                   1 / std::sqrt(static_cast<double>(in))};
  adapter.factor_a = module.variables.push_back({.path = path + ".lora_a",
                                                 .type = {.dims = {options.rank, in}},
                                                 .init = options.init_a.value_or(kaiming),
                                                 .is_trained = options.trains_a,
                                                 .origin = options.origin});
  adapter.factor_b = module.variables.push_back({.path = path + ".lora_b",
                                                 .type = {.dims = {out, options.rank}},
                                                 .init = {},
                                                 .is_trained = true,
                                                 .origin = options.origin});
  const ir::ValueId a = builder.read(module, adapter.factor_a);
  const ir::ValueId b = builder.read(module, adapter.factor_b);
  for (const MatrixUse& use : uses) {
    const ir::Node node = graph.nodes[use.node];
    builder.set_phase(node.phase);
    builder.set_origin(node.origin);
    const ir::ValueId y = node.outputs.at(0);
    ir::ValueId branch = use.low_rank->branch(builder, node, a, b);
    if (adapter.scale != 1) branch = builder.emit("scale", {branch}, {{"factor", adapter.scale}});
    const ir::ValueId sum = builder.emit("add", {y, branch});
    ir::replace_uses(graph, y, sum, graph.values[sum].producer);
    std::swap(graph.values[y].name, graph.values[sum].name);
  }
  return adapter;
}

}  // namespace tdc::check
