#include "ops/per_sample.h"

#include "ops/rules.h"

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

Space per_sample_space(const Call& call) {
  SpaceBuilder builder;
  const bool per_sample = call.attributes.boolean("per_sample");
  const size_t sample = per_sample ? builder.axis("sample", call.input(0).dims.at(0)) : 0;
  const auto access = [&](const ir::TensorType& type) {
    Access result = whole_access(type.dims);
    if (per_sample) result.dims.at(0) = SpaceBuilder::along(sample);
    return result;
  };
  for (const auto& input : call.inputs)
    builder.input(input ? std::optional(access(*input)) : std::nullopt);
  for (const ir::TensorType& output : call.outputs) builder.output(access(output));
  return builder.finish();
}

}  // namespace tdc::ops
