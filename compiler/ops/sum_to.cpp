#include <fmt/format.h>

#include <algorithm>

#include "diag/diagnostic.h"
#include "ops/elementwise.h"
#include "ops/reduction.h"
#include "ops/rules.h"

namespace tdc::ops {
namespace {

TypeResult infer(const Call& call) {
  const ir::Dims& dims = call.attributes.integers("dims");
  if (broadcast_dims(dims, call.input(0).dims) != call.input(0).dims)
    return TypeProblem{.message = make_message(diag::broadcast_shapes, ir::to_text(dims),
                                               ir::to_text(call.input(0).dims)),
                       .operand = 0,
                       .attribute = "dims"};
  return std::vector<ir::TensorType>{{.dims = dims}};
}

/// Which axes of x are summed: those that the result lacks, and those where its extent is 1. The
/// latter stay, the former do not, so the kept axes of the result are its last ones.
std::vector<bool> summed_axes(const ir::Dims& x, const ir::Dims& dims) {
  const size_t missing = x.size() - dims.size();
  std::vector<bool> result(x.size(), true);
  for (size_t axis = missing; axis < x.size(); ++axis)
    result[axis] = dims[axis - missing] == 1 && x[axis] != 1;
  return result;
}

/// The result's layout under x's rank.
OperandLayout widened(const OperandLayout& y, size_t rank) {
  OperandLayout result = {.extent = ir::Dims(rank, 1), .stride = ir::Dims(rank, 0)};
  std::copy(y.extent.begin(), y.extent.end(),
            result.extent.end() - static_cast<ptrdiff_t>(y.extent.size()));
  std::copy(y.stride.begin(), y.stride.end(),
            result.stride.end() - static_cast<ptrdiff_t>(y.stride.size()));
  return result;
}

void bind(const KernelCall& call, KernelScalars& scalars) {
  const OperandLayout& x = call.input(0);
  KernelCall kept = call;
  kept.outputs = {widened(call.output(0), x.extent.size())};
  std::vector<bool> is_summed;
  for (const SpaceAxis& axis : call.space.axes) is_summed.push_back(axis.kind == AxisKind::chain);
  bind_reduction(kept, scalars, is_summed, true);
  scalars.set("accumulate", int64_t{call.continues});
}

Space space(const Call& call) {
  const ir::Dims& x = call.input(0).dims;
  const ir::Dims& y = call.output(0).dims;
  const std::vector<bool> is_summed = summed_axes(x, y);
  const size_t missing = x.size() - y.size();
  SpaceBuilder builder;
  Access from, to;
  for (size_t i = 0; i < x.size(); ++i) {
    const AxisKind kind = is_summed[i] ? AxisKind::chain : AxisKind::parallel;
    from.dims.push_back(SpaceBuilder::along(builder.axis(fmt::format("axis{}", i), x[i], kind)));
    if (i >= missing) to.dims.push_back(is_summed[i] ? SpaceBuilder::all(1) : from.dims.back());
  }
  return builder.input(from)
      .input(call.inputs[1] ? std::optional(to) : std::nullopt)
      .output(to)
      .finish();
}

std::vector<KernelField> fields() {
  std::vector<KernelField> result = reduction_fields();
  result.push_back({.name = "accumulate",
                    .kind = FieldKind::flag,
                    .summary = "1: the chains start from y, not from +0"});
  return result;
}

std::vector<Sample> samples() {
  const auto sample = [](ir::Dims from, ir::Dims to) {
    return Sample{.inputs = {ir::TensorType{.dims = std::move(from)}, std::nullopt},
                  .attributes = {{"dims", std::move(to)}}};
  };
  return {sample({7}, {}),        sample({3, 5}, {5}),
          sample({3, 5}, {3, 1}), sample({2, 3, 4, 5}, {3, 1, 5}),
          sample({1, 5}, {5}),    sample({4, 1, 3}, {1, 3})};
}

}  // namespace

extern const OpFamily sum_to_family;
const OpFamily sum_to_family = {
    .ops = {
        {.name = "sum_to",
         .summary = "sums over the axes along which `dims` would be broadcast to x; one chain of "
                    "additions, outermost axis slowest",
         .signature = "x:[..], accumulator?:[..] -> y:[..]",
         .visibility = Visibility::internal,
         .attributes = {{"dims", AttributeKind::integers, std::nullopt, "the result's shape"}},
         .infer_types = infer,
         .batch = batch_leading,  // made after batching only
         .gradient = NoGradient{"gradients of gradients are not supported"},
         .evaluate =
             [](const Evaluation& e) {
               Tensor& y = e.output(0);
               if (e.inputs[1] != nullptr) y.data = e.inputs[1]->data;
               const std::vector<size_t> to = broadcast_indices(y.type.dims, e.input(0).type.dims);
               for (size_t i = 0; i < to.size(); ++i) y.data[to[i]] += e.input(0).data[i];
             },
         .work = Work::outputs,
         .space = space,
         .accumulator = 1,
         .kernel =
             KernelDef{
                 .name = "td_sum_to_f32", .file = "sum_to.c", .fields = fields(), .bind = bind},
         .samples = samples},
    }};

}  // namespace tdc::ops
