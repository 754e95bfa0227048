#include "ir/rewrite.h"
#include "opt/passes.h"

namespace tdc::opt {

ir::Module remove_dead(ir::Module module) {
  for (ir::Graph& graph : module.graphs) ir::remove_dead(graph);
  return module;
}

}  // namespace tdc::opt
