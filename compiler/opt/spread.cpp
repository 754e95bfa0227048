#include "graph/rewrite.h"
#include "ops/builder.h"
#include "ops/op.h"
#include "opt/passes.h"

namespace tdc::opt {
namespace {

/// New nodes stand where the node stands that they take the place of, and depend on the sample as
/// it does: a mean over the batch is none of a sample, and neither are its parts.
void spread(ir::Graph& graph) {
  const IdVector<ir::NodeId, ir::Node> nodes = std::move(graph.nodes);
  graph.nodes = {};
  graph::Replacements replacements(graph);
  for (ir::Node node : nodes) {
    replacements.apply(node);
    const ir::NodeId id = graph.nodes.push_back(node);
    for (const ir::ValueId output : node.outputs) graph.values[output].producer = id;
    if (node.op->spread == nullptr) continue;
    ops::Builder builder(graph);
    builder.set_phase(node.phase);
    builder.set_origin(node.origin);
    const std::optional<ir::ValueId> result = node.op->spread(builder, node);
    if (!result) continue;
    graph::set_turns(graph, {id.index + 1}, node.turns);
    const bool is_batched = graph.values[node.outputs[0]].is_batched;
    for (ir::NodeId made = {id.index + 1}; made.index < graph.nodes.size(); ++made.index)
      for (const ir::ValueId output : graph.nodes[made].outputs)
        graph.values[output].is_batched = is_batched;
    graph.values[*result].name = graph.values[node.outputs[0]].name;
    replacements.add(node.outputs[0], *result);
  }
  replacements.apply(graph);
}

}  // namespace

ir::Module spread(ir::Module module) {
  for (ir::Graph& graph : module.graphs) spread(graph);
  return module;
}

}  // namespace tdc::opt
