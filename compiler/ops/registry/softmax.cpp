#include "ops/softmax.h"

#include <fmt/format.h>

#include <initializer_list>

#include "ops/fields.h"
#include "ops/strides.h"

namespace tdc::ops {
namespace {

/// Fields of the extents and, for each operand, of its strides.
void add_row_fields(std::vector<KernelField>& fields,
                    std::initializer_list<std::string_view> strides) {
  fields.insert(fields.end(), {count_field("outer", "rows along the axes before that of the rows"),
                               count_field("count", "of a row"),
                               count_field("inner", "rows along the axes behind it")});
  for (const std::string_view stride : strides) fields.push_back(count_field(stride, "stride"));
}

/// Strides of an operand: of rows along the axes before and behind the rows' own, and of elements.
void bind_row_strides(const OperandLayout& layout, size_t axis, std::string_view outer,
                      std::string_view step, std::string_view inner, KernelScalars& scalars) {
  const size_t behind = layout.extent.size() - axis - 1;
  scalars.set(outer, merge_leading(layout, behind + 1).stride);
  scalars.set(step, layout.extent[axis] == 1 ? 1 : layout.stride[axis]);
  scalars.set(inner, merge_axes(layout, axis + 1, axis + 1 + behind).stride);
}

/// The same for the operand like which all others are.
void bind_row_extents(const OperandLayout& layout, size_t axis, KernelScalars& scalars) {
  scalars.set("outer", merge_axes(layout, 0, axis).extent);
  scalars.set("count", layout.extent[axis]);
  scalars.set("inner", merge_axes(layout, axis + 1, layout.extent.size()).extent);
}

}  // namespace

std::vector<AttributeDef> softmax_attributes() {
  return {{"axis", AttributeKind::axis, int64_t{-1}, "the axis of the sum"}};
}

TypeResult infer_softmax(const Call& call) {
  if (auto problem = axis_problem(call.input(0).dims, call.attributes.integer("axis")))
    return *std::move(problem);
  return std::vector<ir::TensorType>{call.input(0)};
}

std::vector<Sample> softmax_samples(size_t operands, Domain domain) {
  struct Case {
    ir::Dims dims;
    int64_t axis;
  };
  std::vector<Sample> result;
  for (const Case& each :
       {Case{{1}, -1}, Case{{7}, -1}, Case{{3, 5}, -1}, Case{{2, 3, 17}, -1}, Case{{11, 4}, -2},
        Case{{2, 9, 3}, -2}, Case{{2, 3, 2, 5}, -3}, Case{{3, 1, 4}, -2}}) {
    Sample sample = {.inputs = {}, .attributes = {{"axis", each.axis}}, .domains = {}};
    for (size_t i = 0; i < operands; ++i)
      sample.inputs.emplace_back(ir::TensorType{.dims = each.dims});
    sample.domains.resize(operands, domain);
    result.push_back(std::move(sample));
  }
  return result;
}

Space softmax_space(const Call& call) {
  const ir::Dims& dims = call.output(0).dims;
  const size_t axis = axis_of(dims, call.attributes);
  SpaceBuilder builder;
  Access access;
  std::vector<size_t> before, behind;
  for (size_t i = 0; i < dims.size(); ++i) {
    if (i == axis) {
      access.dims.push_back(SpaceBuilder::all(dims[i]));
      continue;
    }
    std::vector<size_t>& axes = i < axis ? before : behind;
    axes.push_back(builder.axis(fmt::format("axis{}", i), dims[i]));
    access.dims.push_back(SpaceBuilder::along(axes.back()));
  }
  builder.merge(before);
  builder.merge(behind);
  for (size_t i = 0; i < call.inputs.size(); ++i) builder.input(access);
  return builder.output(access).finish();
}

KernelDef softmax_kernel(std::string_view name, std::string_view file) {
  std::vector<KernelField> fields = {
      {.name = "y", .kind = FieldKind::output, .summary = "[outer][count][inner]; may be x"},
      {.name = "x", .kind = FieldKind::input, .summary = "[outer][count][inner]"}};
  add_row_fields(fields, {"y_outer", "y_step", "y_inner", "x_outer", "x_step", "x_inner"});
  return {.name = name,
          .file = file,
          .fields = std::move(fields),
          .bind = [](const KernelCall& call, KernelScalars& scalars) {
            const size_t axis = axis_of(call.output(0).extent, call.attributes);
            bind_row_extents(call.output(0), axis, scalars);
            bind_row_strides(call.output(0), axis, "y_outer", "y_step", "y_inner", scalars);
            bind_row_strides(call.input(0), axis, "x_outer", "x_step", "x_inner", scalars);
          }};
}

KernelDef softmax_gradient_kernel(std::string_view name, std::string_view file) {
  std::vector<KernelField> fields = {
      {.name = "dx", .kind = FieldKind::output, .summary = "[outer][count][inner]; may be y or dy"},
      {.name = "y", .kind = FieldKind::input, .operand = 0, .summary = "[outer][count][inner]"},
      {.name = "dy", .kind = FieldKind::input, .operand = 1, .summary = "[outer][count][inner]"}};
  add_row_fields(fields, {"dx_outer", "dx_step", "dx_inner", "y_outer", "y_step", "y_inner",
                          "dy_outer", "dy_step", "dy_inner"});
  return {.name = name,
          .file = file,
          .fields = std::move(fields),
          .bind = [](const KernelCall& call, KernelScalars& scalars) {
            const size_t axis = axis_of(call.output(0).extent, call.attributes);
            bind_row_extents(call.output(0), axis, scalars);
            bind_row_strides(call.output(0), axis, "dx_outer", "dx_step", "dx_inner", scalars);
            bind_row_strides(call.input(0), axis, "y_outer", "y_step", "y_inner", scalars);
            bind_row_strides(call.input(1), axis, "dy_outer", "dy_step", "dy_inner", scalars);
          }};
}

}  // namespace tdc::ops
