#include <algorithm>
#include <cmath>

#include "diag/diagnostic.h"
#include "ops/elementwise.h"
#include "ops/rules.h"
#include "ops/strides.h"

namespace tdc::ops {
namespace {

TypeResult infer(const Call& call) {
  if (call.input(0).dims.empty())
    return TypeProblem{.message = make_message(diag::op_axes, "softmax", "at least 1 axis", "[]"),
                       .operand = 0,
                       .attribute = {}};
  if (call.attributes.integer("axis") != -1)
    return TypeProblem{
        .message = make_message(diag::softmax_axis), .operand = -1, .attribute = "axis"};
  return std::vector<ir::TensorType>{call.input(0)};
}

template <typename Function>
void for_each_row(const Tensor& tensor, Function function) {
  const auto columns = static_cast<size_t>(tensor.type.dims.back());
  for (size_t begin = 0; begin < tensor.data.size(); begin += columns) function(begin, columns);
}

std::vector<Sample> samples(size_t operands) {
  std::vector<Sample> result;
  for (const ir::Dims& dims : {ir::Dims{1}, ir::Dims{7}, ir::Dims{3, 5}, ir::Dims{2, 3, 17}}) {
    Sample sample = {.inputs = {}, .attributes = {{"axis", int64_t{-1}}}, .domains = {}};
    for (size_t i = 0; i < operands; ++i) sample.inputs.emplace_back(ir::TensorType{.dims = dims});
    sample.domains.resize(operands, operands == 1 ? Domain{-4, 4} : Domain{0, 1});
    result.push_back(std::move(sample));
  }
  return result;
}

}  // namespace

extern const OpFamily softmax_family;
const OpFamily softmax_family = {
    .ops = {
        {.name = "softmax",
         .summary = "e^x over its sum along the last axis",
         .signature = "x:[..] -> y:[..]",
         .attributes = {{"axis", AttributeKind::axis, int64_t{-1},
                         "the axis of the sum: the last"}},
         .infer_types = infer,
         .batch = batch_leading,
         .gradient =
             [](GradientContext& g) {
               g.set(0, g.emit("softmax_grad", {g.output(), g.cotangent()}));
             },
         .evaluate =
             [](const Evaluation& e) {
               for_each_row(e.input(0), [&](size_t begin, size_t columns) {
                 const double* x = e.input(0).data.data() + begin;
                 double* y = e.output(0).data.data() + begin;
                 const double largest = *std::max_element(x, x + columns);
                 double sum = 0;
                 for (size_t i = 0; i < columns; ++i) sum += y[i] = std::exp(x[i] - largest);
                 for (size_t i = 0; i < columns; ++i) y[i] /= sum;
               });
             },
         .work = Work::outputs,
         .space = [](const Call& call) { return leading_space(call, {1, 1}); },
         .in_place = {{0, 0}},
         .kernel =
             KernelDef{.name = "td_softmax_f32",
                       .file = "softmax.c",
                       .fields = {{.name = "y",
                                   .kind = FieldKind::output,
                                   .summary = "[rows][columns]; may be x"},
                                  {.name = "x",
                                   .kind = FieldKind::input,
                                   .operand = 0,
                                   .summary = "[rows][columns]"},
                                  {.name = "rows", .kind = FieldKind::count, .summary = "of x"},
                                  {.name = "columns",
                                   .kind = FieldKind::count,
                                   .summary = "of a row, dense"},
                                  {.name = "y_row", .kind = FieldKind::count, .summary = "stride"},
                                  {.name = "x_row", .kind = FieldKind::count, .summary = "stride"}},
                       .bind =
                           [](const KernelCall& call, KernelScalars& scalars) {
                             scalars.set("rows", dense_rows(call.output(0)).extent);
                             scalars.set("columns", call.output(0).extent.back());
                             scalars.set("y_row", dense_rows(call.output(0)).stride);
                             scalars.set("x_row", dense_rows(call.input(0)).stride);
                           }},
         .samples = [] { return samples(1); },
         .kernel_tolerance = 2e-6},

        {.name = "softmax_grad",
         .summary = "dx = y (dy - sum of y dy along the last axis), from softmax's output y",
         .signature = "y:[..], dy:[..] -> dx:[..]",
         .visibility = Visibility::internal,
         .attributes = {{"axis", AttributeKind::axis, int64_t{-1},
                         "the axis of the sum: the last"}},
         .infer_types = infer,
         .batch = batch_leading,
         .gradient = NoGradient{"gradients of gradients are not supported"},
         .evaluate =
             [](const Evaluation& e) {
               for_each_row(e.input(0), [&](size_t begin, size_t columns) {
                 const double* y = e.input(0).data.data() + begin;
                 const double* dy = e.input(1).data.data() + begin;
                 double sum = 0;
                 for (size_t i = 0; i < columns; ++i) sum += y[i] * dy[i];
                 for (size_t i = 0; i < columns; ++i)
                   e.output(0).data[begin + i] = y[i] * (dy[i] - sum);
               });
             },
         .work = Work::outputs,
         .space = [](const Call& call) { return leading_space(call, {1, 1, 1}); },
         .in_place = {{0, 0}, {1, 0}},
         .kernel =
             KernelDef{
                 .name = "td_softmax_grad_f32",
                 .file = "softmax.c",
                 .fields =
                     {{.name = "dx",
                       .kind = FieldKind::output,
                       .summary = "[rows][columns]; may be y or dy"},
                      {.name = "y",
                       .kind = FieldKind::input,
                       .operand = 0,
                       .summary = "[rows][columns]"},
                      {.name = "dy",
                       .kind = FieldKind::input,
                       .operand = 1,
                       .summary = "[rows][columns]"},
                      {.name = "rows", .kind = FieldKind::count, .summary = "of y"},
                      {.name = "columns", .kind = FieldKind::count, .summary = "of a row, dense"},
                      {.name = "dx_row", .kind = FieldKind::count, .summary = "stride"},
                      {.name = "y_row", .kind = FieldKind::count, .summary = "stride"},
                      {.name = "dy_row", .kind = FieldKind::count, .summary = "stride"}},
                 .bind =
                     [](const KernelCall& call, KernelScalars& scalars) {
                       scalars.set("rows", dense_rows(call.output(0)).extent);
                       scalars.set("columns", call.output(0).extent.back());
                       scalars.set("dx_row", dense_rows(call.output(0)).stride);
                       scalars.set("y_row", dense_rows(call.input(0)).stride);
                       scalars.set("dy_row", dense_rows(call.input(1)).stride);
                     }},
         .samples = [] { return samples(2); },
         .kernel_tolerance = 2e-6},
    }};

}  // namespace tdc::ops
