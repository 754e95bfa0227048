#include "ops/reduction.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "ops/elementwise.h"
#include "ops/lanes.h"
#include "ops/rules.h"
#include "ops/strides.h"

namespace tdc::ops {

std::vector<KernelField> reduction_fields() {
  return {
      {.name = "y", .kind = FieldKind::output, .summary = "result; aliases nothing"},
      {.name = "x", .kind = FieldKind::input, .operand = 0, .summary = "operand"},
      {.name = "rank", .kind = FieldKind::count, .summary = "kept axes in use"},
      {.name = "extent", .kind = FieldKind::counts, .summary = "of kept axes"},
      {.name = "y_stride", .kind = FieldKind::counts, .summary = "along kept axes"},
      {.name = "x_stride", .kind = FieldKind::counts, .summary = "along kept axes"},
      {.name = "reduce_rank", .kind = FieldKind::count, .summary = "reduced axes in use"},
      {.name = "reduce_extent", .kind = FieldKind::counts, .summary = "of reduced axes"},
      {.name = "reduce_stride", .kind = FieldKind::counts, .summary = "of x along reduced axes"}};
}

ReductionLoops bind_loops(const std::vector<bool>& is_reduced, bool keeps_axes,
                          const std::vector<OperandLayout>& like_x, const OperandLayout& like_y,
                          KernelScalars& scalars) {
  LoopNest kept = {.extent = {}, .strides = std::vector<ir::Dims>(like_x.size() + 1)};
  LoopNest reduced = {.extent = {}, .strides = std::vector<ir::Dims>(like_x.size())};
  size_t y_axis = 0;
  for (size_t axis = 0; axis < is_reduced.size(); ++axis) {
    LoopNest& nest = is_reduced[axis] ? reduced : kept;
    nest.extent.push_back(like_x[0].extent[axis]);
    for (size_t i = 0; i < like_x.size(); ++i) nest.strides[i].push_back(like_x[i].stride[axis]);
    if (!is_reduced[axis])
      kept.strides.back().push_back(like_y.stride.at(y_axis++));
    else if (keeps_axes)
      ++y_axis;
  }
  kept = merge_loops(kept);
  reduced = merge_loops(reduced);
  scalars.set("rank", static_cast<int64_t>(kept.extent.size()));
  scalars.set("extent", kept.extent);
  scalars.set("reduce_rank", static_cast<int64_t>(reduced.extent.size()));
  scalars.set("reduce_extent", reduced.extent);
  return {.kept = std::move(kept.strides), .reduced = std::move(reduced.strides)};
}

void bind_reduction(const KernelCall& call, KernelScalars& scalars,
                    const std::vector<bool>& is_reduced, bool keeps_axes) {
  const ReductionLoops strides =
      bind_loops(is_reduced, keeps_axes, {call.input(0)}, call.output(0), scalars);
  scalars.set("x_stride", strides.kept[0]);
  scalars.set("y_stride", strides.kept[1]);
  scalars.set("reduce_stride", strides.reduced[0]);
}

std::vector<size_t> reduction_targets(const ir::Dims& x, const std::vector<bool>& is_reduced) {
  ir::Dims kept = x;
  for (size_t axis = 0; axis < x.size(); ++axis)
    if (is_reduced[axis]) kept[axis] = 1;
  const ir::Dims strides = ir::dense_strides(kept);
  std::vector<size_t> result(static_cast<size_t>(ir::element_count(x)));
  ir::Dims index(x.size(), 0);
  for (size_t& target : result) {
    int64_t at = 0;
    for (size_t axis = 0; axis < x.size(); ++axis)
      if (!is_reduced[axis]) at += index[axis] * strides[axis];
    target = static_cast<size_t>(at);
    for (size_t axis = x.size(); axis-- > 0;) {
      if (++index[axis] < x[axis]) break;
      index[axis] = 0;
    }
  }
  return result;
}

std::vector<AttributeDef> reduction_attributes() {
  return {{"axis", AttributeKind::axes, std::vector<int64_t>{}, "which axes go; none given: all"},
          {"keep", AttributeKind::boolean, false, "leave extents 1 in their place"}};
}

std::vector<bool> reduced_axes(const ir::Dims& x, const ir::Attributes& attributes) {
  const std::vector<int64_t>& axes = attributes.integers("axis");
  std::vector<bool> result(x.size(), axes.empty());
  for (const int64_t axis : axes)
    result.at(static_cast<size_t>(static_cast<int64_t>(x.size()) + axis)) = true;
  return result;
}

/// Axes that are summed go, or stay as 1 (result-2).
TypeResult infer_reduction(const Call& call) {
  const ir::Dims& x = call.input(0).dims;
  for (const int64_t axis : call.attributes.integers("axis"))
    if (auto problem = axis_problem(x, axis)) return *std::move(problem);
  const std::vector<bool> is_reduced = reduced_axes(x, call.attributes);
  ir::TensorType y;
  for (size_t axis = 0; axis < x.size(); ++axis) {
    if (!is_reduced[axis])
      y.dims.push_back(x[axis]);
    else if (call.attributes.boolean("keep"))
      y.dims.push_back(1);
  }
  return std::vector{y};
}

ir::ValueIds batch_reduction(const BatchContext& context) {
  ir::Attributes attributes = context.attributes;
  if (attributes.integers("axis").empty()) {
    std::vector<int64_t> axes(context.builder.type(context.inputs[0]).dims.size() - 1);
    std::iota(axes.begin(), axes.end(), -static_cast<int64_t>(axes.size()));
    // A sample without axes: nothing is left to reduce, and "all" would mean the batch.
    if (axes.empty()) return {context.inputs[0]};
    attributes.set("axis", axes);
  }
  return context.builder.emit_all(context.op.name, context.inputs, attributes);
}

void bind_axes_reduction(const KernelCall& call, KernelScalars& scalars) {
  bind_reduction(call, scalars, reduced_axes(call.input(0).extent, call.attributes),
                 call.attributes.boolean("keep"));
}

Space axes_reduction_space(const Call& call) {
  const ir::Dims& x = call.input(0).dims;
  const std::vector<bool> is_reduced = reduced_axes(x, call.attributes);
  SpaceBuilder builder;
  Access full, kept;  // an operand like x, and one like y
  for (size_t i = 0; i < x.size(); ++i) {
    if (is_reduced[i]) {
      full.dims.push_back(SpaceBuilder::all(x[i]));
      if (call.attributes.boolean("keep")) kept.dims.push_back(SpaceBuilder::all(1));
    } else {
      full.dims.push_back(SpaceBuilder::along(builder.axis(fmt::format("axis{}", i), x[i])));
      kept.dims.push_back(full.dims.back());
    }
  }
  // Operands are like x or like y; without anything to reduce these are the same.
  const auto access = [&](const ir::TensorType& type) { return type.dims == x ? full : kept; };
  for (const auto& input : call.inputs)
    builder.input(input ? std::optional(access(*input)) : std::nullopt);
  for (const ir::TensorType& output : call.outputs) builder.output(access(output));
  return builder.finish();
}

namespace {

/// A reduction of x with reduced neighbours as one axis.
struct Merged {
  ir::Dims dims;
  std::vector<size_t> axes;           ///< the reduced ones
  int64_t results = 1, elements = 1;  ///< and elements of a result
};

Merged merge_reduced(const ir::Dims& x, const std::vector<bool>& is_reduced) {
  Merged merged;
  for (size_t i = 0; i < x.size(); ++i) {
    (is_reduced[i] ? merged.elements : merged.results) *= x[i];
    if (is_reduced[i] && i > 0 && is_reduced[i - 1]) {
      merged.dims.back() *= x[i];
      continue;
    }
    if (is_reduced[i]) merged.axes.push_back(merged.dims.size());
    merged.dims.push_back(x[i]);
  }
  return merged;
}

/// As attributes count them.
std::vector<int64_t> from_the_end(const std::vector<size_t>& axes, size_t rank) {
  std::vector<int64_t> result;
  for (const size_t axis : axes)
    result.push_back(static_cast<int64_t>(axis) - static_cast<int64_t>(rank));
  return result;
}

}  // namespace

std::optional<ir::ValueId> spread_sum(Builder& builder, const ir::Node& node, bool is_mean) {
  const ir::Dims x = builder.type(node.inputs[0]).dims;
  const ir::Dims y = builder.type(node.outputs[0]).dims;
  const Merged merged = merge_reduced(x, reduced_axes(x, node.attributes));
  if (!is_worth_parts(merged.results, merged.elements)) return std::nullopt;
  const ir::ValueId sums =
      sum_in_lanes(builder, "sum_lanes", {reshaped(builder, node.inputs[0], merged.dims)},
                   from_the_end(merged.axes, merged.dims.size()), is_mean ? merged.elements : 1);
  return reshaped(builder, sums, y);
}

std::optional<ir::ValueId> reduce_ranges(Builder& builder, std::string_view op, ir::ValueId x,
                                         const std::vector<bool>& is_reduced) {
  Merged merged = merge_reduced(builder.type(x).dims, is_reduced);
  if (!is_worth_parts(merged.results, merged.elements)) return std::nullopt;
  const size_t outermost = merged.axes[0];
  const int64_t extent = merged.dims[outermost];
  int64_t ranges = kLanes;
  while (ranges * ranges <= merged.elements && extent % ranges != 0) ++ranges;
  if (ranges * ranges > merged.elements) return std::nullopt;
  merged.dims[outermost] = extent / ranges;
  merged.dims.insert(merged.dims.begin() + static_cast<ptrdiff_t>(outermost), ranges);
  for (size_t& axis : merged.axes) ++axis;
  const auto reduce = [&](ir::ValueId value, const std::vector<size_t>& axes) {
    return builder.emit(op, {value},
                        {{"axis", from_the_end(axes, builder.type(value).dims.size())}});
  };
  return reduce(reduce(reshaped(builder, x, merged.dims), merged.axes), {outermost});
}

std::optional<ir::ValueId> spread_in_ranges(Builder& builder, const ir::Node& node) {
  const ir::Dims y = builder.type(node.outputs[0]).dims;
  const std::optional<ir::ValueId> result =
      reduce_ranges(builder, node.op->name, node.inputs[0],
                    reduced_axes(builder.type(node.inputs[0]).dims, node.attributes));
  if (!result) return std::nullopt;
  return reshaped(builder, *result, y);
}

ir::ValueId kept_cotangent(GradientContext& context) {
  ir::Dims dims = context.type(context.input(0)).dims;
  const std::vector<bool> is_reduced = reduced_axes(dims, context.attributes());
  for (size_t axis = 0; axis < dims.size(); ++axis)
    if (is_reduced[axis]) dims[axis] = 1;
  if (context.type(context.cotangent()).dims == dims) return context.cotangent();
  return context.emit("reshape", {context.cotangent()}, {{"dims", dims}});
}

std::vector<Sample> reduction_samples() {
  const auto sample = [](ir::Dims dims, std::vector<int64_t> axes, bool keep) {
    return Sample{.inputs = {ir::TensorType{.dims = std::move(dims)}},
                  .attributes = {{"axis", std::move(axes)}, {"keep", keep}}};
  };
  return {sample({7}, {}, false), sample({3, 19}, {-1}, false), sample({3, 5, 4}, {-2}, true),
          sample({3, 5, 4}, {-3, -1}, false), sample({2, 3, 5, 7}, {-2, -1}, true)};
}

}  // namespace tdc::ops
