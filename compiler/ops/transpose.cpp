#include <fmt/format.h>

#include <algorithm>

#include "diag/diagnostic.h"
#include "ops/elementwise.h"
#include "ops/rules.h"
#include "ops/strides.h"

namespace tdc::ops {
namespace {

/// For each output axis, the input axis that it shows.
std::vector<size_t> permutation(const ir::Attributes& attributes, size_t rank) {
  const std::vector<int64_t>& axes = attributes.integers("axes");
  const size_t leading = rank - axes.size();
  std::vector<size_t> result;
  for (size_t axis = 0; axis < leading; ++axis) result.push_back(axis);
  for (const int64_t axis : axes) result.push_back(leading + static_cast<size_t>(axis));
  return result;
}

ir::Dims permute(const ir::Dims& dims, const ir::Attributes& attributes) {
  ir::Dims result;
  for (const size_t axis : permutation(attributes, dims.size())) result.push_back(dims[axis]);
  return result;
}

/// The last axes in another order (result-4).
TypeResult infer(const Call& call) {
  std::vector<int64_t> axes = call.attributes.integers("axes");
  const auto count = static_cast<int64_t>(axes.size());
  if (call.input(0).rank() < count)
    return TypeProblem{
        .message = make_message(diag::op_axes, "transpose", fmt::format("at least {} axes", count),
                                ir::to_text(call.input(0).dims)),
        .operand = 0,
        .attribute = {}};
  std::sort(axes.begin(), axes.end());
  for (int64_t axis = 0; axis < count; ++axis)
    if (axes[static_cast<size_t>(axis)] != axis)
      return TypeProblem{.message = make_message(diag::transpose_axes, count - 1),
                         .operand = -1,
                         .attribute = "axes"};
  return std::vector<ir::TensorType>{{.dims = permute(call.input(0).dims, call.attributes)}};
}

void evaluate(const Evaluation& e) {
  const Tensor& x = e.input(0);
  Tensor& y = e.output(0);
  const ir::Dims x_strides = permute(ir::dense_strides(x.type.dims), e.attributes);
  ir::Dims index(y.type.dims.size(), 0);
  for (double& element : y.data) {
    int64_t at = 0;
    for (size_t axis = 0; axis < index.size(); ++axis) at += index[axis] * x_strides[axis];
    element = x.data[static_cast<size_t>(at)];
    for (size_t axis = index.size(); axis-- > 0;) {
      if (++index[axis] < y.type.dims[axis]) break;
      index[axis] = 0;
    }
  }
}

std::optional<Shift> shift(const Call& call, const ShiftOperands& operands) {
  const Shift& of_x = *operands[0].shift;
  Shift result = {.is_of_sample = of_x.is_of_sample, .varies = {}};
  for (const size_t axis : permutation(call.attributes, call.output(0).dims.size()))
    result.varies.push_back(of_x.varies[axis]);
  return result;
}

}  // namespace

extern const OpFamily transpose_family;
const OpFamily transpose_family = {
    .ops = {
        {.name = "transpose",
         .summary = "the last axes in another order; by default the last two swapped",
         .signature = "x:[..] -> y:[..]",
         .attributes = {{"axes", AttributeKind::integers, std::vector<int64_t>{1, 0},
                         "which of the last axes, counted from 0, stands where"}},
         .infer_types = infer,
         .batch =
             [](const BatchContext& context) {
               return context.builder.emit_all("transpose", context.inputs, context.attributes);
             },
         .gradient =
             [](GradientContext& g) {
               const std::vector<int64_t>& axes = g.attributes().integers("axes");
               std::vector<int64_t> inverse(axes.size());
               for (size_t i = 0; i < axes.size(); ++i)
                 inverse[static_cast<size_t>(axes[i])] = static_cast<int64_t>(i);
               g.set(0, g.emit("transpose", {g.cotangent()}, {{"axes", inverse}}));
             },
         .shift = shift,
         .evaluate = evaluate,
         .work = Work::none,
         .space =
             [](const Call& call) {
               const ir::Dims& y = call.output(0).dims;
               SpaceBuilder builder;
               const std::vector<size_t> axes = add_axes(builder, y);
               Access from = whole_access(call.input(0).dims);
               const std::vector<size_t> shown = permutation(call.attributes, y.size());
               for (size_t i = 0; i < y.size(); ++i)
                 from.dims[shown[i]] = SpaceBuilder::along(axes[i]);
               return builder.input(from).output(broadcast_access(y, y, axes)).finish();
             },
         .is_permutation = true,
         .kernel = KernelDef{.name = "td_copy_f32",
                             .file = "copy.c",
                             .fields = elementwise_fields({"a"}),
                             .bind =
                                 [](const KernelCall& call, KernelScalars& scalars) {
                                   KernelCall permuted = call;
                                   permuted.inputs = {OperandLayout{
                                       permute(call.input(0).extent, call.attributes),
                                       permute(call.input(0).stride, call.attributes)}};
                                   bind_elementwise(permuted, scalars);
                                 }},
         .samples =
             [] {
               const auto sample = [](ir::Dims dims, std::vector<int64_t> axes) {
                 return Sample{.inputs = {ir::TensorType{.dims = std::move(dims)}},
                               .attributes = {{"axes", std::move(axes)}}};
               };
               return std::vector<Sample>{sample({3, 5}, {1, 0}), sample({2, 3, 5}, {1, 0}),
                                          sample({2, 3, 4, 5}, {1, 0, 2}),
                                          sample({2, 3, 5}, {2, 0, 1})};
             }},
    }};

}  // namespace tdc::ops
