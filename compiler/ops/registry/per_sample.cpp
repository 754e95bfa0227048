#include "ops/per_sample.h"

namespace tdc::ops {

AttributeDef per_sample_attribute() {
  return {"per_sample", AttributeKind::boolean, false, "the leading axis is the batch and stays",
          Visibility::internal};
}

ir::Dims per_sample_dims(const ir::Dims& operand, const ir::Attributes& attributes) {
  return attributes.boolean("per_sample") ? ir::Dims{operand.at(0)} : ir::Dims{};
}

ir::ValueIds batch_per_sample(const BatchContext& context) {
  ir::Attributes attributes = context.attributes;
  attributes.set("per_sample", true);
  return batch_leading({.builder = context.builder,
                        .op = context.op,
                        .attributes = attributes,
                        .inputs = context.inputs,
                        .output_types = context.output_types,
                        .batch = context.batch});
}

std::vector<TileAxis> tile_samples(const Call& call) {
  if (!call.attributes.boolean("per_sample")) return {};
  TileAxis tile;
  for (const auto& input : call.inputs) tile.operand_axes.push_back(input ? 0 : -1);
  tile.operand_axes.resize(call.inputs.size() + call.outputs.size(), 0);
  return {tile};
}

}  // namespace tdc::ops
