#include <fmt/format.h>

#include <map>
#include <set>

#include "graph/rewrite.h"
#include "ops/op.h"
#include "opt/passes.h"

namespace tdc::opt {
namespace {

/// A text that is equal exactly for nodes that compute the same.
std::string key_of(const ir::Node& node) {
  std::string key = fmt::format("{} {}", node.op->name, ir::to_text(node.phase));
  for (const auto& [name, value] : node.attributes)
    key += fmt::format(" {}={}", name, ir::to_text(value));
  for (const ir::ValueId input : node.inputs) key += fmt::format(" {}", input.index);
  return key;
}

/// Whether making it anew costs less than the copy that sharing would leave: a variable that starts
/// again at a number.
bool is_fill_of_variable(const ir::Node& node, const std::set<ir::ValueId>& written) {
  return node.inputs.empty() && written.contains(node.outputs.at(0));
}

void share_equal(ir::Graph& graph) {
  std::set<ir::ValueId> written;
  for (const ir::Write& write : graph.writes) written.insert(write.value);
  std::map<std::string, ir::NodeId> seen;
  graph::Replacements replacements(graph);
  for (const ir::NodeId id : graph.nodes.ids()) {
    // Inputs are replaced by those of earlier rounds, so equal chains meet.
    ir::Node& node = graph.nodes[id];
    replacements.apply(node);
    if (is_fill_of_variable(node, written)) continue;
    const auto [found, is_new] = seen.emplace(key_of(node), id);
    if (is_new) continue;
    const ir::ValueIds kept = graph.nodes[found->second].outputs;
    const ir::ValueIds dropped = node.outputs;
    std::vector<ir::Turn>& turns = graph.nodes[found->second].turns;
    turns = graph::common_turns(turns, node.turns);
    for (size_t i = 0; i < kept.size(); ++i) {
      replacements.add(dropped[i], kept[i]);
      if (graph.values[kept[i]].name.empty())
        graph.values[kept[i]].name = graph.values[dropped[i]].name;
    }
  }
  replacements.apply(graph);
}

}  // namespace

ir::Module share_equal(ir::Module module) {
  for (ir::Graph& graph : module.graphs) share_equal(graph);
  return module;
}

}  // namespace tdc::opt
