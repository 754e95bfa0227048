#include "ir/builder.h"

#include <algorithm>

#include "ops/registry.h"
#include "support/check.h"

namespace tdc::ir {

ValueId Builder::add_input(std::string name, InputKind kind, TensorType type, bool is_batched,
                           int64_t classes) {
  const ValueId value = graph_.values.push_back(
      {.type = std::move(type), .is_batched = is_batched, .origin = origin_, .name = name});
  graph_.inputs.push_back(
      {.name = std::move(name), .kind = kind, .value = value, .classes = classes});
  return value;
}

ValueId Builder::read(const Module& module, VariableId variable) {
  for (; indexed_reads_ < graph_.reads.size(); ++indexed_reads_)
    reads_.emplace(graph_.reads[indexed_reads_].variable, graph_.reads[indexed_reads_].value);
  if (const auto known = reads_.find(variable); known != reads_.end()) return known->second;
  const Variable& declaration = module.variables[variable];
  const ValueId value = graph_.values.push_back(
      {.type = declaration.type, .origin = declaration.origin, .name = declaration.path});
  graph_.reads.push_back({variable, value});
  return value;
}

NodeId Builder::append(std::string_view op_name, ValueIds inputs, Attributes attributes,
                       bool is_batched) {
  const ops::OpDef& op = ops::op(op_name);
  inputs.resize(ops::signature(op).inputs.size());
  Node node = {.op = &op,
               .attributes = ops::complete_attributes(op, std::move(attributes)),
               .inputs = std::move(inputs),
               .phase = phase_,
               .origin = origin_};
  const ops::TypeResult types = ops::infer_types(op, ops::call_of(graph_, node));
  if (const auto* problem = std::get_if<ops::TypeProblem>(&types))
    TDC_CHECK(false, "{}: {}", op_name, to_text(problem->message));
  const NodeId id = graph_.nodes.push_back({});
  for (const TensorType& type : std::get<std::vector<TensorType>>(types))
    node.outputs.push_back(graph_.values.push_back(
        {.type = type, .producer = id, .is_batched = is_batched, .origin = origin_}));
  graph_.nodes[id] = std::move(node);
  return id;
}

ValueIds Builder::emit_all(std::string_view op, ValueIds inputs, Attributes attributes) {
  const bool batched = std::any_of(inputs.begin(), inputs.end(), [&](ValueId input) {
    return input.is_valid() && graph_.values[input].is_batched;
  });
  const NodeId node = append(op, std::move(inputs), std::move(attributes), batched);
  return graph_.nodes[node].outputs;
}

ValueId Builder::emit(std::string_view op, ValueIds inputs, Attributes attributes) {
  const ValueIds outputs = emit_all(op, std::move(inputs), std::move(attributes));
  TDC_CHECK(outputs.size() == 1, "`{}` has {} outputs", op, outputs.size());
  return outputs[0];
}

ValueId Builder::emit_reduced(std::string_view op, ValueIds inputs, Attributes attributes) {
  TDC_CHECK(ops::op(op).accumulator >= 0, "`{}` cannot continue a sum over the batch", op);
  const NodeId node = append(op, std::move(inputs), std::move(attributes), false);
  return graph_.nodes[node].outputs.at(0);
}

ValueId Builder::broadcast_to_batch(ValueId value, const Dims& dims) {
  const NodeId node = append("broadcast", {value}, {{"dims", dims}}, true);
  return graph_.nodes[node].outputs.at(0);
}

}  // namespace tdc::ir
