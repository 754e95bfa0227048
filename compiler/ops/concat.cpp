#include <algorithm>

#include "diag/diagnostic.h"
#include "ops/elementwise.h"
#include "ops/rules.h"

namespace tdc::ops {
namespace {

using ir::Dims;
using ir::TensorType;

/// Extents along the axis add up (result-4).
TypeResult infer(const Call& call) {
  TensorType y = call.input(0);
  const int64_t axis = call.attributes.integer("axis");
  if (auto problem = axis_problem(y.dims, axis)) return *std::move(problem);
  const size_t joined = axis_of(y.dims, call.attributes);
  for (size_t i = 1; i < call.inputs.size(); ++i) {
    const Dims& part = call.input(i).dims;
    Dims expected = call.input(0).dims;
    if (part.size() == expected.size()) expected[joined] = part[joined];
    if (part != expected)
      return TypeProblem{
          .message = make_message(diag::concat_shapes, ir::to_text(call.input(0).dims),
                                  ir::to_text(part), axis),
          .operand = static_cast<int>(i),
          .attribute = {}};
    y.dims[joined] += part[joined];
  }
  return std::vector{y};
}

void gradient(GradientContext& g) {
  const int64_t axis = g.attributes().integer("axis");
  int64_t begin = 0;
  for (size_t i = 0; i < g.node().inputs.size(); ++i) {
    const Dims dims = g.type(g.input(i)).dims;
    const int64_t end = begin + dims[axis_of(dims, g.attributes())];
    if (g.needs(i))
      g.set(i, g.emit("slice", {g.cotangent()}, {{"axis", axis}, {"begin", begin}, {"end", end}}));
    begin = end;
  }
}

void evaluate(const Evaluation& e) {
  const Dims& y = e.output(0).type.dims;
  // Everything from the axis inwards is one run of elements in each operand.
  int64_t runs = 1;
  for (size_t i = 0; i < axis_of(y, e.attributes); ++i) runs *= y[i];
  auto to = e.output(0).data.begin();
  for (int64_t run = 0; run < runs; ++run)
    for (const Tensor* part : e.inputs) {
      const auto length = static_cast<ptrdiff_t>(part->data.size()) / runs;
      to = std::copy_n(part->data.begin() + run * length, length, to);
    }
}

Space space(const Call& call) {
  const Dims& y = call.output(0).dims;
  const size_t axis = axis_of(y, call.attributes);
  SpaceBuilder builder;
  const std::vector<size_t> axes = add_axes(builder, y);
  int64_t begin = 0;
  for (const auto& input : call.inputs) {
    Access part = broadcast_access(y, y, axes);
    const int64_t extent = input->dims[axis];
    part.dims[axis].windows = {{.low = -begin, .high = -begin, .extent = extent}};
    builder.input(part);
    begin += extent;
  }
  return builder.output(broadcast_access(y, y, axes)).finish();
}

std::vector<Sample> samples() {
  const auto sample = [](const std::vector<Dims>& parts, int64_t axis) {
    Sample result = {.inputs = {}, .attributes = {{"axis", axis}}, .domains = {}};
    for (const Dims& dims : parts) result.inputs.emplace_back(TensorType{.dims = dims});
    return result;
  };
  return {sample({{3}, {2}}, -1),
          sample({{4, 3}}, -2),
          sample({{3, 5}, {1, 5}, {2, 5}}, -2),
          sample({{2, 3, 5}, {2, 4, 5}}, -2),
          sample({{2, 3, 1}, {2, 3, 4}, {2, 3, 1}, {2, 3, 2}}, -1),
          sample({{2, 1, 3, 5}, {4, 1, 3, 5}, {1, 1, 3, 5}}, -4)};
}

}  // namespace

extern const OpFamily concat_family;
const OpFamily concat_family = {
    .ops = {
        {.name = "concat",
         .summary = "tensors one after another along one axis",
         .signature = "xs*:[..] -> y:[..]",
         .attributes = {{"axis", AttributeKind::axis, std::nullopt, "along which they are joined"}},
         .infer_types = infer,
         .batch = batch_leading,
         .gradient = gradient,
         .evaluate = evaluate,
         .work = Work::none,
         .space = space,
         .kernel = KernelDef{.name = "td_copy_f32",
                             .file = "copy.c",
                             .fields = elementwise_fields({"a"}),
                             .bind = bind_elementwise},
         .samples = samples},
    }};

}  // namespace tdc::ops
