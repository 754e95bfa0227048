#include "ops/builder.h"

#include <algorithm>

#include "ops/registry.h"
#include "support/check.h"

namespace tdc::ops {

ir::ValueId Builder::add_input(std::string name, ir::InputKind kind, ir::TensorType type,
                               bool is_batched, int64_t classes) {
  const ir::ValueId value = graph_.values.push_back(
      {.type = std::move(type), .is_batched = is_batched, .origin = origin_, .name = name});
  graph_.inputs.push_back(
      {.name = std::move(name), .kind = kind, .value = value, .classes = classes});
  return value;
}

ir::ValueId Builder::read(const ir::Module& module, ir::VariableId variable) {
  for (; indexed_reads_ < graph_.reads.size(); ++indexed_reads_)
    reads_.emplace(graph_.reads[indexed_reads_].variable, graph_.reads[indexed_reads_].value);
  if (const auto known = reads_.find(variable); known != reads_.end()) return known->second;
  const ir::Variable& declaration = module.variables[variable];
  const ir::ValueId value = graph_.values.push_back(
      {.type = declaration.type, .origin = declaration.origin, .name = declaration.path});
  graph_.reads.push_back({variable, value});
  return value;
}

ir::NodeId Builder::append(std::string_view op_name, ir::ValueIds inputs, ir::Attributes attributes,
                           bool is_batched) {
  const OpDef& op = ops::op(op_name);
  inputs.resize(std::max(inputs.size(), signature(op).inputs.size()));
  ir::Node node = {.op = &op,
                   .attributes = complete_attributes(op, std::move(attributes)),
                   .inputs = std::move(inputs),
                   .phase = phase_,
                   .origin = origin_};
  const TypeResult types = infer_types(op, call_of(graph_, node));
  if (const auto* problem = std::get_if<TypeProblem>(&types))
    TDC_CHECK(false, "{}: {}", op_name, to_text(problem->message));
  const ir::NodeId id = graph_.nodes.push_back({});
  for (const ir::TensorType& type : std::get<std::vector<ir::TensorType>>(types))
    node.outputs.push_back(graph_.values.push_back(
        {.type = type, .producer = id, .is_batched = is_batched, .origin = origin_}));
  graph_.nodes[id] = std::move(node);
  return id;
}

ir::ValueIds Builder::emit_all(std::string_view op, ir::ValueIds inputs,
                               ir::Attributes attributes) {
  const bool batched = std::any_of(inputs.begin(), inputs.end(), [&](ir::ValueId input) {
    return input.is_valid() && graph_.values[input].is_batched;
  });
  const ir::NodeId node = append(op, std::move(inputs), std::move(attributes), batched);
  return graph_.nodes[node].outputs;
}

ir::ValueId Builder::emit(std::string_view op, ir::ValueIds inputs, ir::Attributes attributes) {
  const ir::ValueIds outputs = emit_all(op, std::move(inputs), std::move(attributes));
  TDC_CHECK(outputs.size() == 1, "`{}` has {} outputs", op, outputs.size());
  return outputs[0];
}

ir::ValueId Builder::emit_reduced(std::string_view op, ir::ValueIds inputs,
                                  ir::Attributes attributes) {
  TDC_CHECK(ops::op(op).accumulator >= 0, "`{}` cannot continue a sum over the batch", op);
  const ir::NodeId node = append(op, std::move(inputs), std::move(attributes), false);
  return graph_.nodes[node].outputs.at(0);
}

ir::ValueId Builder::broadcast_to_batch(ir::ValueId value, const ir::Dims& dims) {
  const bool is_real = type(value).dtype == ir::DType::f32;
  const ir::NodeId node =
      append(is_real ? "broadcast" : "broadcast_i32", {value}, {{"dims", dims}}, true);
  return graph_.nodes[node].outputs.at(0);
}

}  // namespace tdc::ops
