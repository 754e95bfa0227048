#include <algorithm>

#include "ops/registry.h"
#include "ops/rules.h"

namespace tdc::ops {
namespace {
ir::Dims with_batch(int64_t batch, const ir::Dims& dims) {
  ir::Dims result = {batch};
  result.insert(result.end(), dims.begin(), dims.end());
  return result;
}
}  // namespace

ir::ValueIds batch_leading(const BatchContext& context) {
  const Signature& operands = signature(context.op);
  ir::ValueIds inputs = context.inputs;
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (!inputs[i].is_valid() || !operands.input(i).has_leading) continue;
    if (context.builder.is_batched(inputs[i])) continue;
    inputs[i] = context.builder.broadcast_to_batch(
        inputs[i], with_batch(context.batch, context.builder.type(inputs[i]).dims));
  }
  return context.builder.emit_all(context.op.name, std::move(inputs), context.attributes);
}

ir::ValueIds batch_elementwise(const BatchContext& context) {
  // Trailing axes are aligned, so a batched operand of lower rank needs extents 1 between its
  // batch and its own axes.
  const auto rank = static_cast<size_t>(context.output_types.at(0).rank());
  ir::ValueIds inputs = context.inputs;
  for (ir::ValueId& input : inputs) {
    if (!input.is_valid() || !context.builder.is_batched(input)) continue;
    const ir::Dims& dims = context.builder.type(input).dims;
    const size_t own_rank = dims.size() - 1;
    if (own_rank == rank) continue;
    ir::Dims widened = {dims[0]};
    widened.resize(1 + rank - own_rank, 1);
    widened.insert(widened.end(), dims.begin() + 1, dims.end());
    input = context.builder.emit("reshape", {input}, {{"dims", widened}});
  }
  return context.builder.emit_all(context.op.name, std::move(inputs), context.attributes);
}

ir::ValueId GradientContext::sum_to_input(ir::ValueId gradient, size_t index) {
  const ir::ValueId target = input(index);
  const ir::Dims& dims = type(target).dims;
  if (is_batched(gradient) && !is_batched(target))
    return emit_reduced("sum_to", {gradient}, {{"dims", dims}});
  if (type(gradient).dims == dims) return gradient;
  return emit("sum_to", {gradient}, {{"dims", dims}});
}

}  // namespace tdc::ops
