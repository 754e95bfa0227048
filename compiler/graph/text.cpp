#include "graph/text.h"

#include <fmt/format.h>

#include "ops/op.h"

namespace tdc::graph {
namespace {

std::string value_text(const ir::Graph& graph, ir::ValueId id) {
  const ir::Value& value = graph.values[id];
  return fmt::format("%{}{}: {}", id.index, value.is_batched ? "*" : "", to_text(value.type));
}

std::string initializer_text(const ir::Initializer& init) {
  switch (init.kind) {
    case ir::Initializer::Kind::constant:
      return fmt::format("constant({})", init.scale);
    case ir::Initializer::Kind::uniform:
      return fmt::format("uniform({})", init.scale);
    case ir::Initializer::Kind::normal:
      return fmt::format("normal({})", init.scale);
  }
  return "?";
}

std::string_view input_kind_text(ir::InputKind kind) {
  switch (kind) {
    case ir::InputKind::sample:
      return "sample";
    case ir::InputKind::target:
      return "target";
    case ir::InputKind::learning_rate:
      return "learning rate";
    case ir::InputKind::inverse_count:
      return "inverse count";
  }
  return "?";
}

std::string_view output_kind_text(ir::OutputKind kind) {
  switch (kind) {
    case ir::OutputKind::result:
      return "result";
    case ir::OutputKind::loss:
      return "loss";
    case ir::OutputKind::metric:
      return "metric";
    case ir::OutputKind::divisor:
      return "divisor";
  }
  return "?";
}

}  // namespace

std::string to_text(const ir::Module& module, const ir::Graph& graph) {
  std::string text = fmt::format("graph {}", graph.name);
  if (graph.batch > 0) text += fmt::format(" batch {}", graph.batch);
  text += " {\n";
  for (const ir::Input& input : graph.inputs) {
    text += fmt::format("  {} = input {} ; {}", value_text(graph, input.value), input.name,
                        input_kind_text(input.kind));
    if (input.classes > 0) text += fmt::format(", class({})", input.classes);
    text += "\n";
  }
  for (const ir::Read& read : graph.reads)
    text += fmt::format("  {} = read {}\n", value_text(graph, read.value),
                        module.variables[read.variable].path);
  for (const ir::Node& node : graph.nodes) {
    text += " ";
    for (size_t i = 0; i < node.outputs.size(); ++i)
      text += fmt::format("{} {}", i == 0 ? "" : ",", value_text(graph, node.outputs[i]));
    text += fmt::format(" = {}", node.op->name);
    for (const ir::ValueId input : node.inputs)
      text += input.is_valid() ? fmt::format(" %{}", input.index) : " _";
    for (const auto& [name, value] : node.attributes)
      text += fmt::format(" {}={}", name, ir::to_text(value));
    text += fmt::format(" ; {}", to_text(node.phase));
    const std::string& name = graph.values[node.outputs.at(0)].name;
    if (!name.empty()) text += fmt::format(", {}", name);
    for (const ir::Turn& turn : node.turns)
      text +=
          fmt::format(", turn {} of repeat {} at {}", turn.turn, turn.repeat.index, turn.position);
    text += "\n";
  }
  for (const ir::Write& write : graph.writes)
    text +=
        fmt::format("  write {} %{}\n", module.variables[write.variable].path, write.value.index);
  for (const ir::Output& output : graph.outputs)
    text += fmt::format("  output {} %{} ; {}\n", output.name, output.value.index,
                        output_kind_text(output.kind));
  return text + "}\n";
}

std::string to_text(const ir::Module& module) {
  std::string text;
  for (const ir::Variable& variable : module.variables)
    text += fmt::format("{} {}: {} = {}{}\n", to_text(variable.kind), variable.path,
                        to_text(variable.type), initializer_text(variable.init),
                        variable.is_trained ? " ; trained" : "");
  for (const ir::Graph& graph : module.graphs) text += "\n" + to_text(module, graph);
  return text;
}

}  // namespace tdc::graph
