#include "ir/text.h"

#include <fmt/format.h>

#include "ops/op.h"

namespace tdc::ir {
namespace {

std::string value_text(const Graph& graph, ValueId id) {
  const Value& value = graph.values[id];
  return fmt::format("%{}{}: {}", id.index, value.is_batched ? "*" : "", to_text(value.type));
}

std::string initializer_text(const Initializer& init) {
  switch (init.kind) {
    case Initializer::Kind::constant:
      return fmt::format("constant({})", init.scale);
    case Initializer::Kind::uniform:
      return fmt::format("uniform({})", init.scale);
    case Initializer::Kind::normal:
      return fmt::format("normal({})", init.scale);
  }
  return "?";
}

std::string_view input_kind_text(InputKind kind) {
  switch (kind) {
    case InputKind::sample:
      return "sample";
    case InputKind::target:
      return "target";
    case InputKind::learning_rate:
      return "learning rate";
    case InputKind::inverse_count:
      return "inverse count";
  }
  return "?";
}

std::string_view output_kind_text(OutputKind kind) {
  switch (kind) {
    case OutputKind::result:
      return "result";
    case OutputKind::loss:
      return "loss";
    case OutputKind::metric:
      return "metric";
  }
  return "?";
}

}  // namespace

std::string to_text(const Module& module, const Graph& graph) {
  std::string text = fmt::format("graph {}", graph.name);
  if (graph.batch > 0) text += fmt::format(" batch {}", graph.batch);
  text += " {\n";
  for (const Input& input : graph.inputs) {
    text += fmt::format("  {} = input {} ; {}", value_text(graph, input.value), input.name,
                        input_kind_text(input.kind));
    if (input.classes > 0) text += fmt::format(", class({})", input.classes);
    text += "\n";
  }
  for (const Read& read : graph.reads)
    text += fmt::format("  {} = read {}\n", value_text(graph, read.value),
                        module.variables[read.variable].path);
  for (const Node& node : graph.nodes) {
    text += " ";
    for (size_t i = 0; i < node.outputs.size(); ++i)
      text += fmt::format("{} {}", i == 0 ? "" : ",", value_text(graph, node.outputs[i]));
    text += fmt::format(" = {}", node.op->name);
    for (const ValueId input : node.inputs)
      text += input.is_valid() ? fmt::format(" %{}", input.index) : " _";
    for (const auto& [name, value] : node.attributes)
      text += fmt::format(" {}={}", name, to_text(value));
    text += fmt::format(" ; {}", to_text(node.phase));
    const std::string& name = graph.values[node.outputs.at(0)].name;
    if (!name.empty()) text += fmt::format(", {}", name);
    for (const Turn& turn : node.turns)
      text +=
          fmt::format(", turn {} of repeat {} at {}", turn.turn, turn.repeat.index, turn.position);
    if (node.clone_of) text += fmt::format(", again node {}", node.clone_of->index);
    text += "\n";
  }
  for (const Write& write : graph.writes)
    text +=
        fmt::format("  write {} %{}\n", module.variables[write.variable].path, write.value.index);
  for (const Output& output : graph.outputs)
    text += fmt::format("  output {} %{} ; {}\n", output.name, output.value.index,
                        output_kind_text(output.kind));
  return text + "}\n";
}

std::string to_text(const Module& module) {
  std::string text;
  for (const Variable& variable : module.variables)
    text += fmt::format("{} {}: {} = {}{}\n", to_text(variable.kind), variable.path,
                        to_text(variable.type), initializer_text(variable.init),
                        variable.is_trained ? " ; trained" : "");
  for (const Graph& graph : module.graphs) text += "\n" + to_text(module, graph);
  return text;
}

}  // namespace tdc::ir
