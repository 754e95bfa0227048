#include "graph/rewrite.h"
#include "ops/registry.h"
#include "opt/passes.h"

namespace tdc::opt {
namespace {

bool is_identity(const ir::Graph& graph, const ir::Node& node) {
  if (node.op->is_identity != nullptr) return node.op->is_identity(ops::call_of(graph, node));
  return node.op->is_view && graph.type(node.inputs[0]) == graph.type(node.outputs[0]);
}

}  // namespace

ir::Module remove_identities(ir::Module module) {
  for (ir::Graph& graph : module.graphs) {
    graph::Replacements replacements(graph);
    for (ir::Node& node : graph.nodes) {
      replacements.apply(node);
      if (!is_identity(graph, node)) continue;
      // A value that depends on the sample only by name stays apart from one that does not.
      if (graph.values[node.inputs[0]].is_batched != graph.values[node.outputs[0]].is_batched)
        continue;
      replacements.add(node.outputs[0], node.inputs[0]);
    }
    replacements.apply(graph);
  }
  return module;
}

}  // namespace tdc::opt
