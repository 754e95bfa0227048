#include "autodiff/batch.h"

#include <algorithm>

#include "graph/rewrite.h"
#include "ops/registry.h"
#include "ops/rules.h"
#include "support/check.h"

namespace tdc::autodiff {
namespace {

ir::TensorType with_batch(ir::TensorType type, int64_t batch) {
  type.dims.insert(type.dims.begin(), batch);
  return type;
}

}  // namespace

std::vector<bool> depends_on_sample(const ir::Graph& sample) {
  std::vector<bool> inputs(sample.values.size(), false);
  for (const ir::Input& input : sample.inputs) inputs[input.value.index] = true;
  return graph::computed_from(sample, std::move(inputs));
}

ir::Graph batch_graph(const ir::Module& module, const ir::Graph& sample, int64_t batch,
                      bool is_training) {
  ir::Graph result = {.kind = sample.kind, .name = sample.name, .batch = batch};
  ops::Builder builder(result);
  IdVector<ir::ValueId, ir::ValueId> mapped;
  mapped.resize(sample.values.size());

  for (const ir::Input& input : sample.inputs) {
    builder.set_origin(sample.values[input.value].origin);
    mapped[input.value] = builder.add_input(
        input.name, input.kind, with_batch(sample.type(input.value), batch), true, input.classes);
  }
  for (const ir::Read& read : sample.reads)
    mapped[read.value] = builder.read(module, read.variable);

  for (const ir::Node& node : sample.nodes) {
    builder.set_phase(node.phase);
    builder.set_origin(node.origin);
    ir::ValueIds inputs;
    bool is_batched = false;
    for (const ir::ValueId input : node.inputs) {
      inputs.push_back(input.is_valid() ? mapped[input] : input);
      is_batched = is_batched || (input.is_valid() && builder.is_batched(inputs.back()));
    }
    ir::ValueIds outputs;
    const ir::NodeId first = {static_cast<uint32_t>(result.nodes.size())};
    if (is_batched || node.op->is_of_sample) {
      std::vector<ir::TensorType> output_types;
      for (const ir::ValueId output : node.outputs) output_types.push_back(sample.type(output));
      outputs = node.op->batch({.builder = builder,
                                .op = *node.op,
                                .attributes = node.attributes,
                                .inputs = std::move(inputs),
                                .output_types = std::move(output_types),
                                .batch = batch,
                                .is_training = is_training});
    } else {
      outputs = builder.emit_all(node.op->name, std::move(inputs), node.attributes);
    }
    graph::set_turns(result, first, node.turns);
    for (size_t i = 0; i < outputs.size(); ++i) {
      const ir::Value& original = sample.values[node.outputs[i]];
      const bool has_batch = is_batched && !node.op->is_of_batch(i);
      TDC_CHECK(builder.type(outputs[i]) ==
                    (has_batch ? with_batch(original.type, batch) : original.type),
                "batching `{}` gave {} for {}", node.op->name,
                ir::to_text(builder.type(outputs[i])), ir::to_text(original.type));
      mapped[node.outputs[i]] = outputs[i];
      const ir::NodeId producer = result.values[outputs[i]].producer;
      if (!producer.is_valid() || producer < first) continue;  // an operand as it is
      result.values[outputs[i]].name = original.name;
      result.values[outputs[i]].origin = original.origin;
    }
  }

  for (const ir::Output& output : sample.outputs) {
    ir::ValueId value = mapped[output.value];
    if (!builder.is_batched(value)) {
      // The same for every sample, such as a loss of parameters only.
      value = builder.broadcast_to_batch(value, with_batch(builder.type(value), batch).dims);
    }
    result.outputs.push_back({.name = output.name, .kind = output.kind, .value = value});
  }
  if (is_training)
    for (const ir::Write& write : sample.writes) builder.write(write.variable, mapped[write.value]);
  return result;
}

}  // namespace tdc::autodiff
