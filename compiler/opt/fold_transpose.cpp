#include "graph/rewrite.h"
#include "opt/passes.h"

namespace tdc::opt {

ir::Module fold_transpose(ir::Module module) {
  for (ir::Graph& graph : module.graphs)
    for (ir::Node& node : graph.nodes) graph::fold_transposes(graph, node);
  return module;
}

}  // namespace tdc::opt
