#include "check/lora.h"

#include <algorithm>
#include <cmath>

#include "ir/rewrite.h"
#include "ops/registry.h"
#include "support/check.h"

namespace tdc::check {
namespace {

ir::ValueId read_of(const ir::Graph& graph, ir::VariableId variable) {
  for (const ir::Read& read : graph.reads)
    if (read.variable == variable) return read.value;
  return {};
}

/// Whether a matrix-like operand is stored [out, in]. Asks the record about a matrix whose sides
/// differ, because those of a square one do not tell. Kernels, which have more axes, are [out, ..].
bool is_stored_out_in(const ops::LowRank& low_rank, ops::Call call) {
  if (call.input(low_rank.operand).rank() > 2) return true;
  call.inputs.at(low_rank.operand) = ir::TensorType{.dims = {2, 3}};
  return low_rank.dims(call).value() == std::pair<int64_t, int64_t>(3, 2);
}

/// A node that reads the matrix, and how it does.
struct Use {
  ir::NodeId node;
  const ops::LowRank* low_rank = nullptr;
};

/// How `node` reads `value` as a matrix that can take an adapter; null if it does not.
const ops::LowRank* low_rank_of(const ir::Graph& graph, const ir::Node& node, ir::ValueId value) {
  for (const ops::LowRank& low_rank : node.op->low_rank)
    if (node.inputs.at(low_rank.operand) == value && low_rank.dims(ops::call_of(graph, node)))
      return &low_rank;
  return nullptr;
}

/// The nodes that use a value as a matrix that can take an adapter; none if there are other uses,
/// which an adapter would not reach, or if they disagree about which side is `in`.
std::vector<Use> adaptable_uses(const ir::Graph& graph, ir::ValueId value) {
  std::vector<Use> uses;
  if (!value.is_valid()) return uses;
  for (const ir::Output& output : graph.outputs)
    if (output.value == value) return {};
  // Folded transposes stand around unused.
  const IdVector<ir::NodeId, char> is_live = ir::live_nodes(graph);
  std::optional<bool> is_out_in;
  for (const ir::NodeId id : graph.nodes.ids()) {
    const ir::Node& node = graph.nodes[id];
    const auto reads = std::count(node.inputs.begin(), node.inputs.end(), value);
    if (is_live[id] == 0 || reads == 0) continue;
    const ops::LowRank* low_rank = low_rank_of(graph, node, value);
    if (reads > 1 || low_rank == nullptr) return {};
    const bool stored = is_stored_out_in(*low_rank, ops::call_of(graph, node));
    if (is_out_in.value_or(stored) != stored) return {};
    is_out_in = stored;
    uses.push_back({id, low_rank});
  }
  return uses;
}

}  // namespace

std::optional<ir::VariableId> adaptable_parameter(const ir::Module& module,
                                                  const CallRecord& call) {
  const ir::Graph& graph = module.graphs.front();
  std::optional<ir::VariableId> found;
  for (const ir::VariableId parameter : call.parameters) {
    if (adaptable_uses(graph, read_of(graph, parameter)).empty()) continue;
    if (found) return std::nullopt;
    found = parameter;
  }
  return found;
}

std::optional<Adapter> attach_adapter(ir::Module& module, const std::string& path,
                                      ir::VariableId base, const AdapterOptions& options) {
  ir::Graph& graph = module.graphs.front();
  const std::vector<Use> uses = adaptable_uses(graph, read_of(graph, base));
  TDC_CHECK(!uses.empty(), "`{}` has no matrix", path);
  const ops::LowRank& low_rank = *uses[0].low_rank;
  const ops::Call call = ops::call_of(graph, graph.nodes[uses[0].node]);
  const auto [in, out] = low_rank.dims(call).value();
  if (options.rank > std::min(in, out)) return std::nullopt;

  Adapter adapter = {.base = base,
                     .scale = options.alpha / static_cast<double>(options.rank),
                     .is_base_out_in = is_stored_out_in(low_rank, call)};
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
  ir::Builder builder(graph);
  const ir::ValueId a = builder.read(module, adapter.factor_a);
  const ir::ValueId b = builder.read(module, adapter.factor_b);
  for (const Use& use : uses) {
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
  ir::sort_topologically(graph);
  return adapter;
}

}  // namespace tdc::check
