#include "ir/interpret.h"

#include "ops/op.h"
#include "support/check.h"

namespace tdc::ir {

InterpreterResults interpret(const Graph& graph, const InterpreterInputs& inputs) {
  InterpreterResults results;
  results.values.resize(graph.values.size());
  const auto set = [&](ValueId value, const ops::Tensor& tensor, const std::string& name) {
    TDC_CHECK(tensor.type == graph.type(value), "`{}` is {}, not {}", name, to_text(tensor.type),
              to_text(graph.type(value)));
    results.values[value] = tensor;
  };
  for (const Input& input : graph.inputs) {
    const auto found = inputs.arguments.find(input.name);
    TDC_CHECK(found != inputs.arguments.end(), "no argument `{}`", input.name);
    set(input.value, found->second, input.name);
  }
  for (const Read& read : graph.reads) {
    const auto found = inputs.variables.find(read.variable);
    TDC_CHECK(found != inputs.variables.end(), "no variable {}", read.variable.index);
    set(read.value, found->second, graph.values[read.value].name);
  }
  for (const Node& node : graph.nodes) {
    ops::Evaluation evaluation = {.inputs = {}, .outputs = {}, .attributes = node.attributes};
    for (const ValueId input : node.inputs)
      evaluation.inputs.push_back(input.is_valid() ? &results.values[input] : nullptr);
    for (const ValueId output : node.outputs) {
      results.values[output] = ops::Tensor(graph.type(output));
      evaluation.outputs.push_back(&results.values[output]);
    }
    node.op->evaluate(evaluation);
  }
  for (const Output& output : graph.outputs)
    results.outputs.emplace(output.name, results.values[output.value]);
  for (const Write& write : graph.writes)
    results.written.emplace(write.variable, results.values[write.value]);
  return results;
}

}  // namespace tdc::ir
