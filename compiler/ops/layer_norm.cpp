#include <cmath>

#include "ops/elementwise.h"
#include "ops/fields.h"
#include "ops/rules.h"
#include "ops/strides.h"

// y = (x - mean) rstd weight + bias over the last axis, rstd = 1 / sqrt(variance + eps).
//
// All gradients need x, and mean and rstd of each row, which are rebuilt from x rather than kept:
//
//   n       = (x - mean) rstd,  g = dy weight
//   dx      = rstd (g - mean of g - n mean of g n)
//   dweight = sum over the rows of dy n
//   dbias   = sum over the rows of dy

namespace tdc::ops {
namespace {

using ir::Dims;
using ir::TensorType;

struct Row {
  double mean = 0, rstd = 0;
};

Row statistics(const double* x, size_t columns, double eps) {
  Row row;
  for (size_t i = 0; i < columns; ++i) row.mean += x[i] / static_cast<double>(columns);
  double variance = 0;
  for (size_t i = 0; i < columns; ++i)
    variance += (x[i] - row.mean) * (x[i] - row.mean) / static_cast<double>(columns);
  row.rstd = 1 / std::sqrt(variance + eps);
  return row;
}

void evaluate(const Evaluation& e) {
  const Tensor& x = e.input(0);
  const auto columns = static_cast<size_t>(x.type.dims.back());
  for (size_t begin = 0; begin < x.data.size(); begin += columns) {
    const Row row = statistics(&x.data[begin], columns, e.attributes.real("eps"));
    for (size_t i = 0; i < columns; ++i)
      e.output(0).data[begin + i] =
          (x.data[begin + i] - row.mean) * row.rstd * e.input(1).data[i] + e.input(2).data[i];
  }
}

void evaluate_statistics(const Evaluation& e) {
  const Tensor& x = e.input(0);
  const auto columns = static_cast<size_t>(x.type.dims.back());
  for (size_t row = 0; row < e.output(0).data.size(); ++row) {
    const Row numbers = statistics(&x.data[row * columns], columns, e.attributes.real("eps"));
    e.output(0).data[row] = numbers.mean;
    e.output(1).data[row] = numbers.rstd;
  }
}

// Operands of both gradients: dy, x, mean, rstd, then weight or accumulator.

void evaluate_input_grad(const Evaluation& e) {
  const Tensor& dy = e.input(0);
  const Tensor& x = e.input(1);
  const auto columns = static_cast<size_t>(x.type.dims.back());
  const auto count = static_cast<double>(columns);
  for (size_t row = 0; row < e.input(2).data.size(); ++row) {
    const double mean = e.input(2).data[row], rstd = e.input(3).data[row];
    const auto g = [&](size_t i) { return dy.data[row * columns + i] * e.input(4).data[i]; };
    const auto n = [&](size_t i) { return (x.data[row * columns + i] - mean) * rstd; };
    double mean_g = 0, mean_gn = 0;
    for (size_t i = 0; i < columns; ++i) {
      mean_g += g(i) / count;
      mean_gn += g(i) * n(i) / count;
    }
    for (size_t i = 0; i < columns; ++i)
      e.output(0).data[row * columns + i] = rstd * (g(i) - mean_g - n(i) * mean_gn);
  }
}

void evaluate_weight_grad(const Evaluation& e) {
  const Tensor& dy = e.input(0);
  const Tensor& x = e.input(1);
  const auto columns = static_cast<size_t>(x.type.dims.back());
  if (e.inputs[4] != nullptr) e.output(0).data = e.inputs[4]->data;
  for (size_t i = 0; i < x.data.size(); ++i) {
    const double n = (x.data[i] - e.input(2).data[i / columns]) * e.input(3).data[i / columns];
    e.output(0).data[i % columns] += dy.data[i] * n;
  }
}

void gradient(GradientContext& g) {
  const ir::ValueId x = g.input(0), weight = g.input(1), dy = g.cotangent();
  if (g.needs(0) || g.needs(1)) {
    const ir::ValueIds rows = g.emit_all("layer_norm_statistics", {x}, g.attributes());
    if (g.needs(0)) g.set(0, g.emit("layer_norm_grad", {dy, x, rows[0], rows[1], weight}));
    if (g.needs(1)) g.set(1, g.emit_reduced("layer_norm_weight_grad", {dy, x, rows[0], rows[1]}));
  }
  if (g.needs(2)) g.set(2, g.sum_to_input(dy, 2));
}

// ---- kernels -----------------------------------------------------------------------------------

KernelField rows_of(std::string_view name, int operand, std::string_view summary) {
  return {.name = name, .kind = FieldKind::input, .operand = operand, .summary = summary};
}

constexpr std::string_view kRows = "[rows][columns], columns dense";
constexpr std::string_view kPerRow = "[rows]";
constexpr std::string_view kPerColumn = "[columns]";

/// The rows of an operand and, under `stride`, the distance between them.
void bind_row(const OperandLayout& layout, std::string_view stride, KernelScalars& scalars) {
  scalars.set(stride, dense_rows(layout).stride);
}

void bind_extents(const OperandLayout& x, KernelScalars& scalars) {
  scalars.set("rows", merge_leading(x, 1).extent);
  scalars.set("columns", x.extent.back());
}

KernelDef forward_kernel() {
  return {.name = "td_layer_norm_f32",
          .file = "layer_norm.c",
          .fields = {{.name = "y",
                      .kind = FieldKind::output,
                      .summary = "[rows][columns], columns dense; may be x"},
                     rows_of("x", 0, kRows),
                     rows_of("weight", 1, kPerColumn),
                     rows_of("bias", 2, kPerColumn),
                     count_field("rows", "to normalise"),
                     count_field("columns", "of a row"),
                     count_field("y_row", "stride"),
                     count_field("x_row", "stride"),
                     {.name = "epsilon", .kind = FieldKind::real, .summary = "added to variances"}},
          .bind = [](const KernelCall& call, KernelScalars& scalars) {
            bind_extents(call.input(0), scalars);
            bind_row(call.output(0), "y_row", scalars);
            bind_row(call.input(0), "x_row", scalars);
            for (const size_t per_column : {1, 2}) check_dense(call.input(per_column));
            scalars.set("epsilon", call.attributes.real("eps"));
          }};
}

KernelDef statistics_kernel() {
  return {.name = "td_layer_norm_statistics_f32",
          .file = "layer_norm.c",
          .fields = {{.name = "mean", .kind = FieldKind::output, .operand = 0, .summary = kPerRow},
                     {.name = "rstd", .kind = FieldKind::output, .operand = 1, .summary = kPerRow},
                     rows_of("x", 0, kRows),
                     count_field("rows", "to measure"),
                     count_field("columns", "of a row"),
                     count_field("x_row", "stride"),
                     {.name = "epsilon", .kind = FieldKind::real, .summary = "added to variances"}},
          .bind = [](const KernelCall& call, KernelScalars& scalars) {
            bind_extents(call.input(0), scalars);
            bind_row(call.input(0), "x_row", scalars);
            for (const size_t per_row : {0, 1}) check_dense(call.output(per_row));
            scalars.set("epsilon", call.attributes.real("eps"));
          }};
}

KernelDef input_grad_kernel() {
  return {.name = "td_layer_norm_grad_f32",
          .file = "layer_norm.c",
          .fields = {{.name = "dx",
                      .kind = FieldKind::output,
                      .summary = "[rows][columns], columns dense; may be dy"},
                     rows_of("dy", 0, kRows),
                     rows_of("x", 1, kRows),
                     rows_of("mean", 2, kPerRow),
                     rows_of("rstd", 3, kPerRow),
                     rows_of("weight", 4, kPerColumn),
                     count_field("rows", "normalised"),
                     count_field("columns", "of a row"),
                     count_field("dx_row", "stride"),
                     count_field("dy_row", "stride"),
                     count_field("x_row", "stride")},
          .bind = [](const KernelCall& call, KernelScalars& scalars) {
            bind_extents(call.input(0), scalars);
            bind_row(call.output(0), "dx_row", scalars);
            bind_row(call.input(0), "dy_row", scalars);
            bind_row(call.input(1), "x_row", scalars);
            for (const size_t without_stride : {2, 3, 4}) check_dense(call.input(without_stride));
          }};
}

KernelDef weight_grad_kernel() {
  return {.name = "td_layer_norm_weight_grad_f32",
          .file = "layer_norm.c",
          .fields = {{.name = "dweight", .kind = FieldKind::output, .summary = kPerColumn},
                     rows_of("dy", 0, kRows),
                     rows_of("x", 1, kRows),
                     rows_of("mean", 2, kPerRow),
                     rows_of("rstd", 3, kPerRow),
                     count_field("rows", "to sum over"),
                     count_field("columns", "of a row"),
                     count_field("dy_row", "stride"),
                     count_field("x_row", "stride"),
                     {.name = "accumulate",
                      .kind = FieldKind::flag,
                      .summary = "1: the chains start from dweight, not from +0"}},
          .bind = [](const KernelCall& call, KernelScalars& scalars) {
            bind_extents(call.input(0), scalars);
            bind_row(call.input(0), "dy_row", scalars);
            bind_row(call.input(1), "x_row", scalars);
            for (const size_t per_row : {2, 3}) check_dense(call.input(per_row));
            check_dense(call.output(0));
            scalars.set("accumulate", int64_t{call.continues});
          }};
}

// ---- samples -----------------------------------------------------------------------------------

enum class Form : uint8_t { forward, statistics, input_grad, weight_grad };

std::vector<Sample> samples(Form form) {
  std::vector<Sample> result;
  for (const Dims& dims : {Dims{9}, Dims{3, 5}, Dims{2, 3, 17}}) {
    const TensorType x = {.dims = dims};
    const TensorType row = {.dims = Dims(dims.begin(), dims.end() - 1)};
    const TensorType column = {.dims = {dims.back()}};
    const Domain any = {}, positive = {0.3, 2};
    switch (form) {
      case Form::forward:
        result.push_back({.inputs = {x, column, column},
                          .attributes = {{"eps", 1e-5}},
                          .domains = {any, any, any}});
        break;
      case Form::statistics:
        result.push_back({.inputs = {x}, .attributes = {{"eps", 0.1}}, .domains = {any}});
        break;
      case Form::input_grad:
        result.push_back({.inputs = {x, x, row, row, column},
                          .attributes = {},
                          .domains = {any, any, any, positive, any}});
        break;
      case Form::weight_grad:
        result.push_back({.inputs = {x, x, row, row, std::nullopt},
                          .attributes = {},
                          .domains = {any, any, any, positive, any}});
        break;
    }
  }
  return result;
}

std::vector<AttributeDef> attributes() {
  return {{"eps", AttributeKind::real, 1e-5, "added to the variance"}};
}

}  // namespace

extern const OpFamily layer_norm_family;
const OpFamily layer_norm_family = {
    .ops = {
        {.name = "layer_norm",
         .summary = "rows of mean 0 and variance 1, then scaled and shifted by column",
         .signature = "x:[.., n], weight:[n], bias:[n] -> y:[.., n]",
         .attributes = attributes(),
         .batch = batch_leading,
         .gradient = gradient,
         .shift = shift_of_rows,
         .evaluate = evaluate,
         .work = Work::outputs,
         .space = [](const Call& call) { return leading_space(call, {1, -1, -1, 1}); },
         .in_place = {{0, 0}},
         .kernel = forward_kernel(),
         .samples = [] { return samples(Form::forward); },
         .kernel_tolerance = 4e-6},

        {.name = "layer_norm_statistics",
         .summary = "mean and 1 / standard deviation of each row",
         .signature = "x:[.., n] -> mean:[..], rstd:[..]",
         .visibility = Visibility::internal,
         .attributes = attributes(),
         .batch = batch_leading,
         .gradient = NoGradient{"gradients of gradients are not supported"},
         .evaluate = evaluate_statistics,
         .work = Work::outputs,
         .space = [](const Call& call) { return leading_space(call, {1, 0, 0}); },
         .kernel = statistics_kernel(),
         .samples = [] { return samples(Form::statistics); },
         .kernel_tolerance = 4e-6},

        {.name = "layer_norm_grad",
         .summary = "gradient of layer_norm for x, from the rows' statistics",
         .signature = "dy:[.., n], x:[.., n], mean:[..], rstd:[..], weight:[n] -> dx:[.., n]",
         .visibility = Visibility::internal,
         .batch = batch_leading,
         .gradient = NoGradient{"gradients of gradients are not supported"},
         .evaluate = evaluate_input_grad,
         .work = Work::outputs,
         .space = [](const Call& call) { return leading_space(call, {1, 1, 0, 0, -1, 1}); },
         .in_place = {{0, 0}},
         .kernel = input_grad_kernel(),
         .samples = [] { return samples(Form::input_grad); },
         .kernel_tolerance = 4e-6},

        {.name = "layer_norm_weight_grad",
         .summary = "gradient of layer_norm for the weight: sum over rows of dy n, in one chain",
         .signature = "dy:[.., n], x:[.., n], mean:[..], rstd:[..], accumulator?:[n] -> "
                      "dweight:[n]",
         .visibility = Visibility::internal,
         .batch = batch_leading,  // made after batching only
         .gradient = NoGradient{"gradients of gradients are not supported"},
         .evaluate = evaluate_weight_grad,
         .work = Work::outputs,
         .space =
             [](const Call& call) {
               const Dims& x = call.input(1).dims;
               SpaceBuilder builder;
               const size_t column = builder.axis("column", x.back());
               std::vector<size_t> rows =
                   add_axes(builder, Dims(x.begin(), x.end() - 1), AxisKind::chain);
               const Access per_row =
                   broadcast_access(call.input(2).dims, call.input(2).dims, rows);
               const Access per_column = {.dims = {SpaceBuilder::along(column)}};
               rows.push_back(column);
               const Access full = broadcast_access(x, x, rows);
               return builder.input(full)
                   .input(full)
                   .input(per_row)
                   .input(per_row)
                   .input(call.inputs[4] ? std::optional(per_column) : std::nullopt)
                   .output(per_column)
                   .finish();
             },
         .accumulator = 4,
         .kernel = weight_grad_kernel(),
         .samples = [] { return samples(Form::weight_grad); },
         .kernel_tolerance = 4e-6},
    }};

}  // namespace tdc::ops
