#include <cmath>

#include "ops/elementwise.h"
#include "ops/reduction.h"
#include "ops/rules.h"

namespace tdc::ops {
namespace {

using ir::Dims;
using ir::TensorType;

TypeResult infer(const Call& call) {
  const Dims& x = call.input(0).dims;
  if (auto problem = axis_problem(x, call.attributes.integer("axis"))) return *std::move(problem);
  TensorType y = {.dtype = ir::DType::i32, .dims = x};
  y.dims.erase(y.dims.begin() + static_cast<ptrdiff_t>(axis_of(x, call.attributes)));
  return std::vector{y};
}

std::vector<bool> is_reduced(const Dims& x, const ir::Attributes& attributes) {
  std::vector<bool> result(x.size());
  result[axis_of(x, attributes)] = true;
  return result;
}

void evaluate(const Evaluation& e) {
  const Tensor& x = e.input(0);
  const std::vector<size_t> targets =
      reduction_targets(x.type.dims, is_reduced(x.type.dims, e.attributes));
  // Elements of one result come in ascending order.
  std::vector<double> largest(e.output(0).data.size());
  std::vector<int64_t> seen(largest.size());
  for (size_t i = 0; i < x.data.size(); ++i) {
    const size_t to = targets[i];
    const bool is_first = seen[to] == 0;
    if (is_first || x.data[i] > largest[to] ||
        (std::isnan(x.data[i]) && !std::isnan(largest[to]))) {
      largest[to] = x.data[i];
      e.output(0).data[to] = static_cast<double>(seen[to]);
    }
    ++seen[to];
  }
}

/// An axis for each that is kept; of the other one everything is needed.
Space space(const Call& call) {
  const Dims& y = call.output(0).dims;
  const Dims& x = call.input(0).dims;
  const size_t axis = axis_of(x, call.attributes);
  SpaceBuilder builder;
  const std::vector<size_t> axes = add_axes(builder, y);
  const Access to = broadcast_access(y, y, axes);
  Access from = to;
  from.dims.insert(from.dims.begin() + static_cast<ptrdiff_t>(axis), SpaceBuilder::all(x[axis]));
  return builder.input(from).output(to).finish();
}

std::vector<KernelField> fields() {
  std::vector<KernelField> result = reduction_fields();
  result[0].dtype = ir::DType::i32;
  return result;
}

}  // namespace

extern const OpFamily argmax_family;
const OpFamily argmax_family = {
    .ops = {
        {.name = "argmax",
         .summary = "class number of the largest element along one axis: the first of equal ones, "
                    "or the first NaN",
         .signature = "x:[..] -> y:i32[..]",
         .attributes = {{"axis", AttributeKind::axis, std::nullopt, "which goes"}},
         .infer_types = infer,
         .batch = batch_leading,
         .gradient = NoGradient{"class numbers jump"},
         .evaluate = evaluate,
         .work = Work::outputs,
         .space = space,
         .kernel = KernelDef{.name = "td_argmax_f32",
                             .file = "argmax.c",
                             .fields = fields(),
                             .bind =
                                 [](const KernelCall& call, KernelScalars& scalars) {
                                   bind_reduction(call, scalars,
                                                  is_reduced(call.input(0).extent, call.attributes),
                                                  false);
                                 }},
         .samples =
             [] {
               const auto sample = [](Dims dims, int64_t axis, Domain domain) {
                 return Sample{.inputs = {TensorType{.dims = std::move(dims)}},
                               .attributes = {{"axis", axis}},
                               .domains = {domain}};
               };
               // Floats of the second domain are 0 and its two neighbours: there are many ties.
               const Domain plain = {-2, 2}, ties = {-0x1p-149, 0x1p-149};
               return std::vector<Sample>{
                   sample({7}, -1, plain),       sample({4, 5}, -1, plain),
                   sample({4, 5}, -2, plain),    sample({2, 3, 5}, -2, plain),
                   sample({3, 2, 4}, -3, plain), sample({3, 17}, -1, ties),
                   sample({17, 3}, -2, ties),    sample({5, 1}, -1, plain)};
             },
         .kernel_tolerance = 0},
    }};

}  // namespace tdc::ops
