#include "ops/softmax.h"

#include "diag/diagnostic.h"
#include "ops/elementwise.h"
#include "ops/fields.h"
#include "ops/strides.h"

namespace tdc::ops {

std::vector<AttributeDef> softmax_attributes() {
  return {{"axis", AttributeKind::axis, int64_t{-1}, "the axis of the sum: the last"}};
}

TypeResult infer_softmax(const Call& call, std::string_view op) {
  if (call.input(0).dims.empty())
    return TypeProblem{
        .message = make_message(diag::op_axes, std::string(op), "at least 1 axis", "[]"),
        .operand = 0,
        .attribute = {}};
  if (call.attributes.integer("axis") != -1)
    return TypeProblem{.message = make_message(diag::softmax_axis, std::string(op)),
                       .operand = -1,
                       .attribute = "axis"};
  return std::vector<ir::TensorType>{call.input(0)};
}

std::vector<Sample> softmax_samples(size_t operands, Domain domain) {
  std::vector<Sample> result;
  for (const ir::Dims& dims : {ir::Dims{1}, ir::Dims{7}, ir::Dims{3, 5}, ir::Dims{2, 3, 17}}) {
    Sample sample = {.inputs = {}, .attributes = {{"axis", int64_t{-1}}}, .domains = {}};
    for (size_t i = 0; i < operands; ++i) sample.inputs.emplace_back(ir::TensorType{.dims = dims});
    sample.domains.resize(operands, domain);
    result.push_back(std::move(sample));
  }
  return result;
}

Space softmax_space(const Call& call) {
  return leading_space(call, std::vector<int>(call.inputs.size() + 1, 1));
}

KernelDef softmax_kernel(std::string_view name, std::string_view file) {
  return {
      .name = name,
      .file = file,
      .fields = {{.name = "y", .kind = FieldKind::output, .summary = "[rows][columns]; may be x"},
                 {.name = "x", .kind = FieldKind::input, .summary = "[rows][columns]"},
                 count_field("rows", "of x"),
                 count_field("columns", "of a row, dense"),
                 count_field("y_row", "stride"),
                 count_field("x_row", "stride")},
      .bind = [](const KernelCall& call, KernelScalars& scalars) {
        scalars.set("rows", dense_rows(call.output(0)).extent);
        scalars.set("columns", call.output(0).extent.back());
        scalars.set("y_row", dense_rows(call.output(0)).stride);
        scalars.set("x_row", dense_rows(call.input(0)).stride);
      }};
}

KernelDef softmax_gradient_kernel(std::string_view name, std::string_view file) {
  return {
      .name = name,
      .file = file,
      .fields =
          {{.name = "dx", .kind = FieldKind::output, .summary = "[rows][columns]; may be y or dy"},
           {.name = "y", .kind = FieldKind::input, .operand = 0, .summary = "[rows][columns]"},
           {.name = "dy", .kind = FieldKind::input, .operand = 1, .summary = "[rows][columns]"},
           count_field("rows", "of y"),
           count_field("columns", "of a row, dense"),
           count_field("dx_row", "stride"),
           count_field("y_row", "stride"),
           count_field("dy_row", "stride")},
      .bind = [](const KernelCall& call, KernelScalars& scalars) {
        scalars.set("rows", dense_rows(call.output(0)).extent);
        scalars.set("columns", call.output(0).extent.back());
        scalars.set("dx_row", dense_rows(call.output(0)).stride);
        scalars.set("y_row", dense_rows(call.input(0)).stride);
        scalars.set("dy_row", dense_rows(call.input(1)).stride);
      }};
}

}  // namespace tdc::ops
