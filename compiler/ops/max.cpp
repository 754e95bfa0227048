#include <cmath>

#include "ops/elementwise.h"
#include "ops/reduction.h"
#include "ops/rules.h"

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
  const ReductionLoops strides = bind_loops(
      reduced_axes(call.input(0).extent, call.attributes), call.attributes.boolean("keep"),
      {call.output(0), call.input(0)}, call.input(1), scalars);
  scalars.set("dx_stride", strides.kept[0]);
  scalars.set("x_stride", strides.kept[1]);
  scalars.set("dy_stride", strides.kept[2]);
  scalars.set("reduce_dx", strides.reduced[0]);
  scalars.set("reduce_x", strides.reduced[1]);
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
         .spread = spread_in_ranges,
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
