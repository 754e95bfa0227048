#include "ops/extremum.h"

#include <cmath>

#include "ops/reduction.h"

namespace tdc::ops {
namespace {

/// For each output, the element of x that is its extremum: the first NaN, or the first of equal
/// ones.
std::vector<size_t> first_extrema(const Tensor& x, size_t outputs, const ir::Attributes& attributes,
                                  IsBeyond is_beyond) {
  const std::vector<size_t> to =
      reduction_targets(x.type.dims, reduced_axes(x.type.dims, attributes));
  std::vector<size_t> first(outputs, x.data.size());
  for (size_t i = 0; i < x.data.size(); ++i) {
    size_t& best = first[to[i]];
    if (best == x.data.size() || is_beyond(x.data[i], x.data[best]) ||
        (std::isnan(x.data[i]) && !std::isnan(x.data[best])))
      best = i;
  }
  return first;
}

std::vector<KernelField> grad_fields() {
  return {{.name = "dx", .kind = FieldKind::output, .summary = "shape of x; aliases nothing"},
          {.name = "x", .kind = FieldKind::input, .operand = 0, .summary = "the operand"},
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

}  // namespace

void evaluate_extremum(const Evaluation& evaluation, IsBeyond is_beyond) {
  const Tensor& x = evaluation.input(0);
  Tensor& y = evaluation.output(0);
  const std::vector<size_t> first =
      first_extrema(x, y.data.size(), evaluation.attributes, is_beyond);
  for (size_t i = 0; i < y.data.size(); ++i) y.data[i] = x.data[first[i]];
}

void evaluate_extremum_gradient(const Evaluation& evaluation, IsBeyond is_beyond) {
  const Tensor& dy = evaluation.input(1);
  const std::vector<size_t> first =
      first_extrema(evaluation.input(0), dy.data.size(), evaluation.attributes, is_beyond);
  for (size_t i = 0; i < dy.data.size(); ++i) evaluation.output(0).data[first[i]] = dy.data[i];
}

KernelDef extremum_gradient_kernel(std::string_view name, std::string_view file) {
  return {.name = name, .file = file, .fields = grad_fields(), .bind = bind_grad};
}

std::vector<Sample> extremum_gradient_samples() {
  std::vector<Sample> samples = reduction_samples();
  for (Sample& sample : samples) {
    const TypeResult dy =
        infer_reduction({.inputs = sample.inputs, .outputs = {}, .attributes = sample.attributes});
    sample.inputs.emplace_back(std::get<std::vector<ir::TensorType>>(dy)[0]);
  }
  return samples;
}

}  // namespace tdc::ops
