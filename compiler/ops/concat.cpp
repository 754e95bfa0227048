#include <algorithm>

#include "diag/diagnostic.h"
#include "ops/elementwise.h"
#include "ops/rules.h"
#include "ops/strides.h"
#include "support/check.h"

namespace tdc::ops {
namespace {

using ir::Dims;
using ir::TensorType;

size_t axis_of(const Dims& dims, const ir::Attributes& attributes) {
  return static_cast<size_t>(static_cast<int64_t>(dims.size()) + attributes.integer("axis"));
}

TypeResult infer(const Call& call) {
  const Dims& a = call.input(0).dims;
  const Dims& b = call.input(1).dims;
  const int64_t axis = call.attributes.integer("axis");
  if (axis >= 0 || axis < -static_cast<int64_t>(a.size()))
    return TypeProblem{.message = make_message(diag::op_axis, ir::to_text(a), axis),
                       .operand = -1,
                       .attribute = "axis"};
  bool fits = a.size() == b.size();
  for (size_t i = 0; fits && i < a.size(); ++i)
    fits = a[i] == b[i] || i == axis_of(a, call.attributes);
  if (!fits)
    return TypeProblem{
        .message = make_message(diag::concat_shapes, ir::to_text(a), ir::to_text(b), axis),
        .operand = 1,
        .attribute = {}};
  TensorType y = {.dims = a};
  y.dims[axis_of(a, call.attributes)] += b[axis_of(a, call.attributes)];
  return std::vector{y};
}

void gradient(GradientContext& g) {
  const int64_t axis = g.attributes().integer("axis");
  int64_t begin = 0;
  for (size_t i = 0; i < 2; ++i) {
    const Dims& dims = g.type(g.input(i)).dims;
    const int64_t end = begin + dims[axis_of(dims, g.attributes())];
    if (g.needs(i))
      g.set(i, g.emit("slice", {g.cotangent()}, {{"axis", axis}, {"begin", begin}, {"end", end}}));
    begin = end;
  }
}

void evaluate(const Evaluation& e) {
  const Tensor& a = e.input(0);
  const Tensor& b = e.input(1);
  const size_t axis = axis_of(a.type.dims, e.attributes);
  // Everything from the axis inwards is one run of elements in each operand.
  int64_t runs = 1;
  for (size_t i = 0; i < axis; ++i) runs *= a.type.dims[i];
  const auto a_run = static_cast<ptrdiff_t>(a.data.size()) / runs;
  const auto b_run = static_cast<ptrdiff_t>(b.data.size()) / runs;
  auto to = e.output(0).data.begin();
  for (int64_t run = 0; run < runs; ++run) {
    to = std::copy_n(a.data.begin() + run * a_run, a_run, to);
    to = std::copy_n(b.data.begin() + run * b_run, b_run, to);
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

void bind(const KernelCall& call, KernelScalars& scalars) {
  const OperandLayout& y = call.output(0);
  const OperandLayout& a = call.input(0);
  TDC_CHECK(y.extent.size() <= static_cast<size_t>(kKernelRank), "{} axes", y.extent.size());
  const size_t axis = axis_of(y.extent, call.attributes);
  scalars.set("rank", static_cast<int64_t>(y.extent.size()));
  scalars.set("extent", y.extent);
  scalars.set("axis", static_cast<int64_t>(axis));
  scalars.set("split", a.extent[axis]);
  scalars.set("y_stride", y.stride);
  scalars.set("a_stride", a.stride);
  scalars.set("b_stride", call.input(1).stride);
}

std::vector<Sample> samples() {
  const auto sample = [](Dims a, Dims b, int64_t axis) {
    return Sample{.inputs = {TensorType{.dims = std::move(a)}, TensorType{.dims = std::move(b)}},
                  .attributes = {{"axis", axis}},
                  .domains = {}};
  };
  return {sample({3}, {2}, -1), sample({3, 5}, {1, 5}, -2), sample({2, 3, 5}, {2, 4, 5}, -2),
          sample({2, 3, 1}, {2, 3, 4}, -1), sample({2, 1, 3, 5}, {4, 1, 3, 5}, -4)};
}

}  // namespace

extern const OpFamily concat_family;
const OpFamily concat_family = {
    .ops = {
        {.name = "concat",
         .summary = "a, then b, along one axis",
         .signature = "a:[..], b:[..] -> y:[..]",
         .attributes = {{"axis", AttributeKind::axis, std::nullopt, "along which they are joined"}},
         .infer_types = infer,
         .batch = batch_leading,
         .gradient = gradient,
         .evaluate = evaluate,
         .work = Work::none,
         .space = space,
         .kernel =
             KernelDef{
                 .name = "td_concat_f32",
                 .file = "concat.c",
                 .fields = {{.name = "y",
                             .kind = FieldKind::output,
                             .summary = "result; aliases nothing"},
                            {.name = "a",
                             .kind = FieldKind::input,
                             .operand = 0,
                             .summary = "y's first `split` positions along `axis`"},
                            {.name = "b",
                             .kind = FieldKind::input,
                             .operand = 1,
                             .summary = "y's others"},
                            {.name = "rank", .kind = FieldKind::count, .summary = "axes in use"},
                            {.name = "extent", .kind = FieldKind::counts, .summary = "of y"},
                            {.name = "axis", .kind = FieldKind::count, .summary = "0 to rank - 1"},
                            {.name = "split", .kind = FieldKind::count, .summary = "a's extent"},
                            {.name = "y_stride", .kind = FieldKind::counts, .summary = "elements"},
                            {.name = "a_stride", .kind = FieldKind::counts, .summary = "elements"},
                            {.name = "b_stride", .kind = FieldKind::counts, .summary = "elements"}},
                 .bind = bind},
         .samples = samples},
    }};

}  // namespace tdc::ops
