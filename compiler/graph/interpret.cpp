#include "graph/interpret.h"

#include "ops/op.h"
#include "support/check.h"

namespace tdc::graph {

InterpreterResults interpret(const ir::Graph& graph, const InterpreterInputs& inputs) {
  InterpreterResults results;
  results.values.resize(graph.values.size());
  const auto set = [&](ir::ValueId value, const ops::Tensor& tensor, const std::string& name) {
    TDC_CHECK(tensor.type == graph.type(value), "`{}` is {}, not {}", name, to_text(tensor.type),
              to_text(graph.type(value)));
    results.values[value] = tensor;
  };
  for (const ir::Input& input : graph.inputs) {
    const auto found = inputs.arguments.find(input.name);
    TDC_CHECK(found != inputs.arguments.end(), "no argument `{}`", input.name);
    set(input.value, found->second, input.name);
  }
  for (const ir::Read& read : graph.reads) {
    const auto found = inputs.variables.find(read.variable);
    TDC_CHECK(found != inputs.variables.end(), "no variable {}", read.variable.index);
    set(read.value, found->second, graph.values[read.value].name);
  }
  for (const ir::Node& node : graph.nodes) {
    ops::Evaluation evaluation = {.inputs = {}, .outputs = {}, .attributes = node.attributes};
    for (const ir::ValueId input : node.inputs)
      evaluation.inputs.push_back(input.is_valid() ? &results.values[input] : nullptr);
    for (const ir::ValueId output : node.outputs) {
      results.values[output] = ops::Tensor(graph.type(output));
      evaluation.outputs.push_back(&results.values[output]);
    }
    node.op->evaluate(evaluation);
  }
  for (const ir::Output& output : graph.outputs)
    results.outputs.emplace(output.name, results.values[output.value]);
  for (const ir::Write& write : graph.writes)
    results.written.emplace(write.variable, results.values[write.value]);
  return results;
}

}  // namespace tdc::graph
