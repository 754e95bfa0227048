#include "graph/rewrite.h"
#include "opt/passes.h"

namespace tdc::opt {

ir::Module remove_dead(ir::Module module) {
  for (ir::Graph& graph : module.graphs) graph::remove_dead(graph);
  return module;
}

}  // namespace tdc::opt
