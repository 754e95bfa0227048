#include "lora/attach_adapters.h"

#include <utility>

#include "graph/rewrite.h"
#include "lora/matrix_uses.h"
#include "ops/builder.h"
#include "support/check.h"

namespace tdc::lora {

ir::Module attach_adapters(ir::Module module, const std::vector<Adapter>& adapters) {
  if (adapters.empty()) return module;
  ir::Graph& graph = module.graphs.front();
  const MatrixUses uses(graph);
  ops::Builder builder(graph);
  graph::Replacements sums(graph);  // for what the matrices alone give
  for (const Adapter& adapter : adapters) {
    TDC_CHECK(!uses.of(adapter.base).empty(), "`{}` is no matrix",
              module.variables[adapter.base].path);
    const ir::ValueId a = builder.read(module, adapter.factor_a);
    const ir::ValueId b = builder.read(module, adapter.factor_b);
    for (const MatrixUse& use : uses.of(adapter.base)) {
      const ir::Node node = graph.nodes[use.node];
      builder.set_phase(node.phase);
      builder.set_origin(node.origin);
      const ir::ValueId y = node.outputs.at(0);
      const ir::NodeId first{static_cast<uint32_t>(graph.nodes.size())};
      ir::ValueId branch = use.low_rank->branch(builder, node, a, b);
      if (adapter.scale != 1) branch = builder.emit("scale", {branch}, {{"factor", adapter.scale}});
      const ir::ValueId sum = builder.emit("add", {y, branch});
      graph::set_turns(graph, first, node.turns);  // in the turn of the use
      sums.add(y, sum);
      std::swap(graph.values[y].name, graph.values[sum].name);
    }
  }
  sums.apply(graph);
  graph::sort_topologically(graph);  // the branches stand behind those that use them
  return module;
}

}  // namespace tdc::lora
