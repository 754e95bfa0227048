#include "ir/ir.h"

namespace tdc::ir {

const Graph* Module::find_graph(GraphKind kind) const {
  for (const Graph& graph : graphs)
    if (graph.kind == kind) return &graph;
  return nullptr;
}

std::string_view to_text(GraphKind kind) {
  switch (kind) {
    case GraphKind::sample:
      return "sample";
    case GraphKind::infer:
      return "infer";
    case GraphKind::eval:
      return "eval";
    case GraphKind::train_step:
      return "train_step";
    case GraphKind::apply:
      return "apply";
  }
  return "?";
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
    case VariableKind::state:
      return "state";
    case VariableKind::accumulator:
      return "accumulator";
  }
  return "?";
}

}  // namespace tdc::ir
