#include <limits>

#include "diag/diagnostic.h"
#include "ops/elementwise.h"
#include "ops/rules.h"
#include "ops/strides.h"

// Attention masks (op-7). Row i of the scores of one head may look at columns 0 to i; what it may
// not see is minus infinity, which softmax turns into 0.

namespace tdc::ops {
namespace {

using ir::Dims;

TypeResult infer(const Call& call) {
  if (call.input(0).rank() < 2)
    return TypeProblem{.message = make_message(diag::op_axes, "mask", "rows and columns",
                                               ir::to_text(call.input(0).dims)),
                       .operand = 0,
                       .attribute = {}};
  return std::vector<ir::TensorType>{call.input(0)};
}

void evaluate(const Evaluation& e, double hidden) {
  const Tensor& x = e.input(0);
  const auto columns = static_cast<size_t>(x.type.dims.back());
  const auto rows = static_cast<size_t>(x.type.dims[x.type.dims.size() - 2]);
  for (size_t i = 0; i < x.data.size(); ++i) {
    const bool is_hidden = e.attributes.boolean("causal") && i % columns > i / columns % rows;
    e.output(0).data[i] = is_hidden ? hidden : x.data[i];
  }
}

std::vector<KernelField> fields() {
  return {
      {.name = "y", .kind = FieldKind::output, .summary = "[batch][rows][columns]; may be x"},
      {.name = "x", .kind = FieldKind::input, .operand = 0, .summary = "[batch][rows][columns]"},
      {.name = "batch", .kind = FieldKind::count, .summary = "matrices"},
      {.name = "rows", .kind = FieldKind::count, .summary = "of a matrix"},
      {.name = "columns", .kind = FieldKind::count, .summary = "of a row, dense"},
      {.name = "seen",
       .kind = FieldKind::count,
       .summary = "columns that row 0 sees, each further row one more; may be negative"},
      {.name = "y_batch", .kind = FieldKind::count, .summary = "stride"},
      {.name = "y_row", .kind = FieldKind::count, .summary = "stride"},
      {.name = "x_batch", .kind = FieldKind::count, .summary = "stride"},
      {.name = "x_row", .kind = FieldKind::count, .summary = "stride"}};
}

void bind(const KernelCall& call, KernelScalars& scalars) {
  const OperandLayout& x = call.input(0);
  const OperandLayout& y = call.output(0);
  const size_t rank = y.extent.size();
  check_dense(x, 1);
  check_dense(y, 1);
  scalars.set("batch", merge_leading(y, 2).extent);
  scalars.set("rows", y.extent[rank - 2]);
  scalars.set("columns", y.extent[rank - 1]);
  // In the piece, row i sees as many columns of the whole as there are up to its own.
  scalars.set("seen", call.attributes.boolean("causal")
                          ? call.box[rank - 2].begin + 1 - call.box[rank - 1].begin
                          : y.extent[rank - 1]);
  scalars.set("y_batch", merge_leading(y, 2).stride);
  scalars.set("y_row", y.stride[rank - 2]);
  scalars.set("x_batch", merge_leading(x, 2).stride);
  scalars.set("x_row", x.stride[rank - 2]);
}

std::vector<Sample> samples() {
  std::vector<Sample> result;
  for (const ir::Dims& dims :
       {ir::Dims{1, 1}, ir::Dims{4, 7}, ir::Dims{7, 4}, ir::Dims{2, 3, 5, 5}})
    result.push_back({.inputs = {ir::TensorType{.dims = dims}},
                      .attributes = {{"causal", true}},
                      .domains = {}});
  return result;
}

std::vector<AttributeDef> attributes() {
  return {{"causal", AttributeKind::boolean, true,
           "hide columns behind the row's own; false: nothing"}};
}

/// What the two ops share.
OpDef mask_op(std::string_view name, std::string_view kernel) {
  return {.name = name,
          .signature = "x:[..] -> y:[..]",
          .attributes = attributes(),
          .infer_types = infer,
          .batch = batch_leading,
          .work = Work::outputs,
          .space =
              [](const Call& call) {
                const Dims& dims = call.output(0).dims;
                SpaceBuilder builder;
                const std::vector<size_t> axes = add_axes(builder, dims);
                builder.merge({axes.begin(), axes.end() - 2});
                const Access each = broadcast_access(dims, dims, axes);
                return builder.input(each).output(each).finish();
              },
          .in_place = {{0, 0}},
          .is_identity = [](const Call& call) { return !call.attributes.boolean("causal"); },
          .kernel = KernelDef{.name = kernel, .file = "mask.c", .fields = fields(), .bind = bind},
          .samples = samples,
          .kernel_tolerance = 0};
}

OpDef forward() {
  OpDef op = mask_op("mask", "td_mask_f32");
  op.summary = "scores with what a row may not see set to minus infinity";
  op.gradient = [](GradientContext& g) {
    g.set(0, g.emit("mask_grad", {g.cotangent()}, {{"causal", g.attributes().boolean("causal")}}));
  };
  op.shift = shift_of_sum;
  op.evaluate = [](const Evaluation& e) { evaluate(e, -std::numeric_limits<double>::infinity()); };
  return op;
}

OpDef backward() {
  OpDef op = mask_op("mask_grad", "td_mask_grad_f32");
  op.summary = "0 where `mask` hid a score";
  op.visibility = Visibility::internal;
  op.gradient = NoGradient{"gradients of gradients are not supported"};
  op.evaluate = [](const Evaluation& e) { evaluate(e, 0); };
  return op;
}

}  // namespace

extern const OpFamily mask_family;
const OpFamily mask_family = {.ops = {forward(), backward()}};

}  // namespace tdc::ops
