#include "ir/ir.h"

namespace tdc::ir {

const Graph* Module::find_graph(std::string_view name) const {
  for (const Graph& graph : graphs)
    if (graph.name == name) return &graph;
  return nullptr;
}

std::string_view to_text(Phase phase) {
  switch (phase) {
    case Phase::forward:
      return "forward";
    case Phase::loss:
      return "loss";
    case Phase::backward:
      return "backward";
    case Phase::update:
      return "update";
  }
  return "?";
}

std::string_view to_text(VariableKind kind) {
  switch (kind) {
    case VariableKind::parameter:
      return "parameter";
    case VariableKind::accumulator:
      return "accumulator";
  }
  return "?";
}

}  // namespace tdc::ir
