#include <cmath>

#include "ops/elementwise.h"
#include "ops/reduction.h"
#include "ops/rules.h"
#include "ops/strides.h"

namespace tdc::ops {
namespace {

/// For each output, the element of x that is its maximum: the first NaN, or the first of the
/// largest.
std::vector<size_t> first_maxima(const Tensor& x, size_t outputs,
                                 const ir::Attributes& attributes) {
  const std::vector<size_t> to =
      reduction_targets(x.type.dims, reduced_axes(x.type.dims, attributes));
  std::vector<size_t> first(outputs, x.data.size());
  for (size_t i = 0; i < x.data.size(); ++i) {
    size_t& best = first[to[i]];
    if (best == x.data.size() || x.data[i] > x.data[best] ||
        (std::isnan(x.data[i]) && !std::isnan(x.data[best])))
      best = i;
  }
  return first;
}

std::vector<KernelField> grad_fields() {
  return {{.name = "dx", .kind = FieldKind::output, .summary = "shape of x; aliases nothing"},
          {.name = "x", .kind = FieldKind::input, .operand = 0, .summary = "max's operand"},
          {.name = "dy", .kind = FieldKind::input, .operand = 1, .summary = "one per kept index"},
          {.name = "rank", .kind = FieldKind::count, .summary = "kept axes in use"},
          {.name = "extent", .kind = FieldKind::counts, .summary = "of kept axes"},
          {.name = "dx_stride", .kind = FieldKind::counts, .summary = "along kept axes"},
          {.name = "x_stride", .kind = FieldKind::counts, .summary = "along kept axes"},
          {.name = "dy_stride", .kind = FieldKind::counts, .summary = "along kept axes"},
          {.name = "reduce_rank", .kind = FieldKind::count, .summary = "reduced axes in use"},
          {.name = "reduce_extent", .kind = FieldKind::counts, .summary = "of reduced axes"},
          {.name = "reduce_dx", .kind = FieldKind::counts, .summary = "of dx along reduced axes"},
          {.name = "reduce_x", .kind = FieldKind::counts, .summary = "of x along reduced axes"}};
}

void bind_grad(const KernelCall& call, KernelScalars& scalars) {
  const OperandLayout& x = call.input(0);
  const OperandLayout& dy = call.input(1);
  const OperandLayout& dx = call.output(0);
  const std::vector<bool> is_reduced = reduced_axes(x.extent, call.attributes);
  LoopNest kept = {.extent = {}, .strides = {{}, {}, {}}};
  LoopNest reduced = {.extent = {}, .strides = {{}, {}}};
  size_t dy_axis = 0;
  for (size_t axis = 0; axis < x.extent.size(); ++axis) {
    LoopNest& nest = is_reduced[axis] ? reduced : kept;
    nest.extent.push_back(x.extent[axis]);
    nest.strides[0].push_back(dx.stride[axis]);
    nest.strides[1].push_back(x.stride[axis]);
    if (!is_reduced[axis])
      kept.strides[2].push_back(dy.stride[dy_axis++]);
    else if (call.attributes.boolean("keep"))
      ++dy_axis;
  }
  kept = merge_loops(kept);
  reduced = merge_loops(reduced);
  scalars.set("rank", static_cast<int64_t>(kept.extent.size()));
  scalars.set("extent", kept.extent);
  scalars.set("dx_stride", kept.strides[0]);
  scalars.set("x_stride", kept.strides[1]);
  scalars.set("dy_stride", kept.strides[2]);
  scalars.set("reduce_rank", static_cast<int64_t>(reduced.extent.size()));
  scalars.set("reduce_extent", reduced.extent);
  scalars.set("reduce_dx", reduced.strides[0]);
  scalars.set("reduce_x", reduced.strides[1]);
}

std::vector<Sample> grad_samples() {
  std::vector<Sample> samples = reduction_samples();
  for (Sample& sample : samples) {
    const TypeResult dy =
        infer_reduction({.inputs = sample.inputs, .outputs = {}, .attributes = sample.attributes});
    sample.inputs.emplace_back(std::get<std::vector<ir::TensorType>>(dy)[0]);
  }
  return samples;
}

}  // namespace

extern const OpFamily max_family;
const OpFamily max_family = {
    .ops = {
        {.name = "max",
         .summary = "largest element over axes; NaN if any is NaN",
         .signature = "x:[..] -> y:[..]",
         .attributes = reduction_attributes(),
         .infer_types = infer_reduction,
         .batch = batch_reduction,
         .gradient =
             [](GradientContext& g) {
               g.set(0, g.emit("max_grad", {g.input(0), g.cotangent()}, g.attributes()));
             },
         .evaluate =
             [](const Evaluation& e) {
               Tensor& y = e.output(0);
               const std::vector<size_t> first =
                   first_maxima(e.input(0), y.data.size(), e.attributes);
               for (size_t i = 0; i < y.data.size(); ++i) y.data[i] = e.input(0).data[first[i]];
             },
         .work = Work::outputs,
         .space = axes_reduction_space,
         .kernel = KernelDef{.name = "td_max_f32",
                             .file = "max.c",
                             .fields = reduction_fields(),
                             .bind = bind_axes_reduction},
         .samples = reduction_samples},

        {.name = "max_grad",
         .summary = "dy at the first maximum (or the first NaN) of its group, 0 elsewhere",
         .signature = "x:[..], dy:[..] -> dx:[..]",
         .visibility = Visibility::internal,
         .attributes = reduction_attributes(),
         .infer_types = [](const Call& call) -> TypeResult { return std::vector{call.input(0)}; },
         .batch = batch_leading,  // made after batching only
         .gradient = NoGradient{"gradients of gradients are not supported"},
         .evaluate =
             [](const Evaluation& e) {
               const Tensor& dy = e.input(1);
               const std::vector<size_t> first =
                   first_maxima(e.input(0), dy.data.size(), e.attributes);
               for (size_t i = 0; i < dy.data.size(); ++i) e.output(0).data[first[i]] = dy.data[i];
             },
         .work = Work::outputs,
         .space = axes_reduction_space,
         .kernel = KernelDef{.name = "td_max_grad_f32",
                             .file = "max.c",
                             .fields = grad_fields(),
                             .bind = bind_grad},
         .samples = grad_samples},
    }};

}  // namespace tdc::ops
