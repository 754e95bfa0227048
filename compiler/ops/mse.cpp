#include "diag/diagnostic.h"
#include "ops/elementwise.h"
#include "ops/lanes.h"
#include "ops/per_sample.h"
#include "ops/rules.h"
#include "ops/strides.h"

namespace tdc::ops {
namespace {

using ir::Dims;

/// Equal shapes (result-5).
TypeResult infer(const Call& call) {
  if (call.input(0) != call.input(1))
    return TypeProblem{.message = make_message(diag::mse_shapes, ir::to_text(call.input(0).dims),
                                               ir::to_text(call.input(1).dims)),
                       .operand = 1,
                       .attribute = {}};
  return std::vector<ir::TensorType>{
      {.dims = per_sample_dims(call.input(0).dims, call.attributes)}};
}

void gradient(GradientContext& g) {
  const ir::ValueId difference =
      g.emit("mse_grad", {g.input(0), g.input(1), g.cotangent()}, g.attributes());
  const auto set = [&](size_t index, ir::ValueId value) {
    g.set(index, g.sum_to_input(value, index));
  };
  if (g.needs(0)) set(0, difference);
  if (g.needs(1)) set(1, g.emit("neg", {difference}));
}

/// Elements of one sample.
size_t columns_of(const Tensor& x, const ir::Attributes& attributes) {
  const size_t rows = attributes.boolean("per_sample") ? static_cast<size_t>(x.type.dims[0]) : 1;
  return x.data.size() / rows;
}

void evaluate(const Evaluation& e) {
  const Tensor& x = e.input(0);
  const size_t columns = columns_of(x, e.attributes);
  for (size_t i = 0; i < x.data.size(); ++i) {
    const double difference = x.data[i] - e.input(1).data[i];
    e.output(0).data[i / columns] += difference * difference / static_cast<double>(columns);
  }
}

void evaluate_grad(const Evaluation& e) {
  const Tensor& x = e.input(0);
  const size_t columns = columns_of(x, e.attributes);
  for (size_t i = 0; i < x.data.size(); ++i)
    e.output(0).data[i] = 2 * e.input(2).data[i / columns] * (x.data[i] - e.input(1).data[i]) /
                          static_cast<double>(columns);
}

std::optional<ir::ValueId> spread(Builder& builder, const ir::Node& node) {
  Dims rows = builder.type(node.outputs[0]).dims;
  const int64_t samples = ir::element_count(rows);
  const int64_t elements = ir::element_count(builder.type(node.inputs[0]).dims) / samples;
  if (!is_worth_parts(samples, elements)) return std::nullopt;
  rows.push_back(elements);
  const ir::ValueId prediction = reshaped(builder, node.inputs[0], rows);
  const ir::ValueId target = reshaped(builder, node.inputs[1], rows);
  return sum_in_lanes(builder, "squared_difference_lanes", {prediction, target}, {-1}, elements);
}

/// Rows and their stride: samples, or one row that is everything.
StridedAxis rows_of(const OperandLayout& layout, const ir::Attributes& attributes) {
  const size_t rank = layout.extent.size();
  const size_t trailing = attributes.boolean("per_sample") ? rank - 1 : rank;
  check_dense(layout, trailing);
  return merge_leading(layout, trailing);
}

void bind_rows(const KernelCall& call, KernelScalars& scalars) {
  const StridedAxis rows = rows_of(call.input(0), call.attributes);
  scalars.set("rows", rows.extent);
  scalars.set("columns", ir::element_count(call.input(0).extent) / rows.extent);
  scalars.set("x_row", rows.stride);
  scalars.set("target_row", rows_of(call.input(1), call.attributes).stride);
}

void bind_loss(const KernelCall& call, KernelScalars& scalars) {
  bind_rows(call, scalars);
  check_dense(call.output(0));
}

/// An axis for each axis of the prediction.
Space space_of_grad(const Call& call) {
  SpaceBuilder builder;
  const Dims& dims = call.input(0).dims;
  const std::vector<size_t> axes = add_axes(builder, dims);
  const Access elements = broadcast_access(dims, dims, axes);
  Access losses;
  if (call.attributes.boolean("per_sample")) losses.dims.push_back(SpaceBuilder::along(axes.at(0)));
  builder.input(elements).input(elements).input(losses).output(elements);
  return builder.finish();
}

void bind_grad(const KernelCall& call, KernelScalars& scalars) {
  const bool per_sample = call.attributes.boolean("per_sample");
  const OperandLayout& dx = call.output(0);
  LoopNest nest = {.extent = dx.extent,
                   .strides = {dx.stride, call.input(0).stride, call.input(1).stride,
                               Dims(dx.extent.size(), 0)}};
  if (per_sample) nest.strides.back().at(0) = call.input(2).stride.at(0);
  int64_t columns = 1;  // of the whole op, whatever part of it this is
  for (size_t axis = per_sample ? 1 : 0; axis < call.space.axes.size(); ++axis)
    columns *= call.space.axes[axis].extent;
  nest = merge_loops(nest);
  scalars.set("columns", columns);
  scalars.set("rank", static_cast<int64_t>(nest.extent.size()));
  scalars.set("extent", nest.extent);
  scalars.set("dx_stride", nest.strides[0]);
  scalars.set("x_stride", nest.strides[1]);
  scalars.set("target_stride", nest.strides[2]);
  scalars.set("dloss_stride", nest.strides[3]);
}

std::vector<Sample> samples(bool is_gradient) {
  std::vector<Sample> result;
  for (const bool per_sample : {false, true}) {
    for (const Dims& dims : {Dims{}, Dims{7}, Dims{3, 5}, Dims{2, 3, 17}}) {
      if (per_sample && dims.empty()) continue;
      Sample sample = {.inputs = {ir::TensorType{.dims = dims}, ir::TensorType{.dims = dims}},
                       .attributes = {{"per_sample", per_sample}},
                       .domains = {}};
      if (is_gradient)
        sample.inputs.emplace_back(ir::TensorType{.dims = per_sample ? Dims{dims[0]} : Dims{}});
      result.push_back(std::move(sample));
    }
  }
  return result;
}

}  // namespace

extern const OpFamily mse_family;
const OpFamily mse_family = {
    .ops = {
        {.name = "mse",
         .summary = "mean of (prediction - target)^2 over all elements of a sample",
         .signature = "prediction:[..], target:[..] -> y:[..]",
         .attributes = {per_sample_attribute()},
         .infer_types = infer,
         .batch = batch_per_sample,
         .gradient = gradient,
         .evaluate = evaluate,
         .work = Work::outputs,
         .space = per_sample_space,
         .spread = spread,
         .kernel =
             KernelDef{
                 .name = "td_mse_f32",
                 .file = "mse.c",
                 .fields = {{.name = "loss", .kind = FieldKind::output, .summary = "[rows]"},
                            {.name = "x",
                             .kind = FieldKind::input,
                             .operand = 0,
                             .summary = "[rows][columns], columns dense"},
                            {.name = "target",
                             .kind = FieldKind::input,
                             .operand = 1,
                             .summary = "[rows][columns], columns dense"},
                            {.name = "rows", .kind = FieldKind::count, .summary = "losses"},
                            {.name = "columns", .kind = FieldKind::count, .summary = "of a row"},
                            {.name = "x_row", .kind = FieldKind::count, .summary = "stride"},
                            {.name = "target_row", .kind = FieldKind::count, .summary = "stride"}},
                 .bind = bind_loss},
         .samples = [] { return samples(false); }},

        {.name = "mse_grad",
         .summary = "gradient of mse for the prediction; that for the target is its negative",
         .signature = "prediction:[..], target:[..], dloss:[..] -> dx:[..]",
         .visibility = Visibility::internal,
         .attributes = {per_sample_attribute()},
         .infer_types = [](const Call& call) -> TypeResult { return std::vector{call.input(0)}; },
         .batch = batch_per_sample,
         .gradient = NoGradient{"gradients of gradients are not supported"},
         .evaluate = evaluate_grad,
         .work = Work::outputs,
         .space = space_of_grad,
         .in_place = {{0, 0}, {1, 0}},
         .kernel =
             KernelDef{
                 .name = "td_mse_grad_f32",
                 .file = "mse.c",
                 .fields = {{.name = "dx",
                             .kind = FieldKind::output,
                             .summary = "may be x or target exactly"},
                            {.name = "x",
                             .kind = FieldKind::input,
                             .operand = 0,
                             .summary = "prediction"},
                            {.name = "target",
                             .kind = FieldKind::input,
                             .operand = 1,
                             .summary = "of the same shape"},
                            {.name = "dloss",
                             .kind = FieldKind::input,
                             .operand = 2,
                             .summary = "of each loss"},
                            {.name = "columns",
                             .kind = FieldKind::count,
                             .summary = "elements of which a loss is the mean"},
                            {.name = "rank", .kind = FieldKind::count, .summary = "axes in use"},
                            {.name = "extent", .kind = FieldKind::counts, .summary = "of dx"},
                            {.name = "dx_stride", .kind = FieldKind::counts, .summary = "elements"},
                            {.name = "x_stride", .kind = FieldKind::counts, .summary = "elements"},
                            {.name = "target_stride",
                             .kind = FieldKind::counts,
                             .summary = "elements"},
                            {.name = "dloss_stride",
                             .kind = FieldKind::counts,
                             .summary = "elements; 0 along what a loss is the mean of"}},
                 .bind = bind_grad},
         .samples = [] { return samples(true); }},
    }};

}  // namespace tdc::ops
