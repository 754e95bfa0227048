#include "diag/diagnostic.h"
#include "ops/elementwise.h"
#include "ops/rules.h"
#include "ops/strides.h"
#include "support/check.h"

namespace tdc::ops {
namespace {

using ir::Dims;
using ir::TensorType;

/// What is left of the axis (result-4).
TypeResult infer(const Call& call) {
  const Dims& x = call.input(0).dims;
  const int64_t begin = call.attributes.integer("begin");
  const int64_t end = call.attributes.integer("end");
  if (auto problem = axis_problem(x, call.attributes.integer("axis"))) return *std::move(problem);
  const int64_t extent = x[axis_of(x, call.attributes)];
  if (begin < 0 || begin >= end || end > extent)
    return TypeProblem{.message = make_message(diag::slice_range, begin, end, extent),
                       .operand = -1,
                       .attribute = end > extent ? "end" : "begin"};
  TensorType y = {.dims = x};
  y.dims[axis_of(x, call.attributes)] = end - begin;
  return std::vector{y};
}

/// Padding undoes the shape of a slice: `before` and `after` new positions around x.
TypeResult infer_pad(const Call& call) {
  TensorType y = call.input(0);
  y.dims[axis_of(y.dims, call.attributes)] +=
      call.attributes.integer("before") + call.attributes.integer("after");
  return std::vector{y};
}

void gradient(GradientContext& g) {
  const Dims& x = g.type(g.input(0)).dims;
  g.set(0, g.emit("pad", {g.cotangent()},
                  {{"axis", g.attributes().integer("axis")},
                   {"before", g.attributes().integer("begin")},
                   {"after", x[axis_of(x, g.attributes())] - g.attributes().integer("end")}}));
}

/// Calls `function(index in the larger tensor, index in the smaller)` for each element of the
/// smaller, which lies `begin` positions into the larger along the axis.
template <typename Function>
void for_each_inside(const Dims& larger, const Dims& smaller, size_t axis, int64_t begin,
                     Function function) {
  const Dims strides = ir::dense_strides(larger);
  const Dims own = ir::dense_strides(smaller);
  for (int64_t i = 0; i < ir::element_count(smaller); ++i) {
    int64_t at = begin * strides[axis];
    for (size_t k = 0; k < smaller.size(); ++k) at += i / own[k] % smaller[k] * strides[k];
    function(static_cast<size_t>(at), static_cast<size_t>(i));
  }
}

/// Position i of y is position i + `shift` of x, where x has it.
Space shifted_space(const Call& call, int64_t shift) {
  const Dims& y = call.output(0).dims;
  const size_t axis = axis_of(y, call.attributes);
  SpaceBuilder builder;
  const std::vector<size_t> axes = add_axes(builder, y);
  Access from = broadcast_access(y, y, axes);
  from.dims[axis].windows = {{.low = shift, .high = shift, .extent = call.input(0).dims[axis]}};
  return builder.input(from).output(broadcast_access(y, y, axes)).finish();
}

void bind_pad(const KernelCall& call, KernelScalars& scalars) {
  const OperandLayout& y = call.output(0);
  const OperandLayout& x = call.input(0);
  TDC_CHECK(y.extent.size() <= static_cast<size_t>(kKernelRank), "{} axes", y.extent.size());
  const size_t axis = axis_of(y.extent, call.attributes);
  scalars.set("rank", static_cast<int64_t>(y.extent.size()));
  scalars.set("extent", y.extent);
  scalars.set("axis", static_cast<int64_t>(axis));
  // Where the piece of y is x: nowhere, if x has nothing there.
  const int64_t begin = call.input_begin(0, axis) - call.unclamped_begin(0, axis);
  scalars.set("begin", x.extent[axis] > 0 ? begin : 0);
  scalars.set("end", x.extent[axis] > 0 ? begin + x.extent[axis] : 0);
  scalars.set("y_stride", y.stride);
  scalars.set("a_stride", x.stride);
}

std::vector<KernelField> pad_fields() {
  return {{.name = "y", .kind = FieldKind::output, .summary = "result; aliases nothing"},
          {.name = "a", .kind = FieldKind::input, .summary = "positions begin to end of y"},
          {.name = "rank", .kind = FieldKind::count, .summary = "axes in use"},
          {.name = "extent", .kind = FieldKind::counts, .summary = "of y"},
          {.name = "axis", .kind = FieldKind::count, .summary = "0 to rank - 1"},
          {.name = "begin", .kind = FieldKind::count, .summary = "along `axis`"},
          {.name = "end", .kind = FieldKind::count, .summary = "along `axis`, not included"},
          {.name = "y_stride", .kind = FieldKind::counts, .summary = "elements"},
          {.name = "a_stride", .kind = FieldKind::counts, .summary = "elements"}};
}

std::vector<Sample> samples(std::string_view first, std::string_view second) {
  const auto sample = [&](Dims dims, int64_t axis, int64_t begin, int64_t end) {
    ir::Attributes attributes = {{"axis", axis}};
    attributes.set(first, begin);
    attributes.set(second, end);
    return Sample{.inputs = {TensorType{.dims = std::move(dims)}},
                  .attributes = std::move(attributes),
                  .domains = {}};
  };
  return {sample({7}, -1, 2, 5), sample({4, 5}, -2, 0, 1), sample({2, 3, 5}, -2, 1, 3),
          sample({2, 3, 5}, -1, 4, 5), sample({3, 2, 4, 5}, -4, 1, 2)};
}

}  // namespace

extern const OpFamily slice_family;
const OpFamily slice_family = {
    .ops = {
        {.name = "slice",
         .summary = "positions begin to end, without end, along one axis",
         .signature = "x:[..] -> y:[..]",
         .attributes = {{"axis", AttributeKind::axis, std::nullopt, "along which is cut"},
                        {"begin", AttributeKind::integer, std::nullopt, "the first position"},
                        {"end", AttributeKind::integer, std::nullopt, "one after the last"}},
         .infer_types = infer,
         .batch = batch_leading,
         .gradient = gradient,
         .shift = shift_of_sum,
         .evaluate =
             [](const Evaluation& e) {
               const Dims& x = e.input(0).type.dims;
               for_each_inside(x, e.output(0).type.dims, axis_of(x, e.attributes),
                               e.attributes.integer("begin"), [&](size_t from, size_t to) {
                                 e.output(0).data[to] = e.input(0).data[from];
                               });
             },
         .work = Work::none,
         .space =
             [](const Call& call) { return shifted_space(call, call.attributes.integer("begin")); },
         .kernel = KernelDef{.name = "td_copy_f32",
                             .file = "copy.c",
                             .fields = elementwise_fields({"a"}),
                             .bind = bind_elementwise},
         .samples = [] { return samples("begin", "end"); }},

        {.name = "pad",
         .summary = "zeros before and after x along one axis",
         .signature = "x:[..] -> y:[..]",
         .visibility = Visibility::internal,
         .attributes = {{"axis", AttributeKind::axis, std::nullopt, "along which it grows"},
                        {"before", AttributeKind::integer, std::nullopt, "zeros before x"},
                        {"after", AttributeKind::integer, std::nullopt, "zeros after x"}},
         .infer_types = infer_pad,
         .batch = batch_leading,
         .gradient = NoGradient{"gradients of gradients are not supported"},
         .evaluate =
             [](const Evaluation& e) {
               const Dims& y = e.output(0).type.dims;
               for_each_inside(y, e.input(0).type.dims, axis_of(y, e.attributes),
                               e.attributes.integer("before"), [&](size_t to, size_t from) {
                                 e.output(0).data[to] = e.input(0).data[from];
                               });
             },
         .work = Work::none,
         .space =
             [](const Call& call) {
               return shifted_space(call, -call.attributes.integer("before"));
             },
         .is_padding = true,
         .kernel =
             KernelDef{
                 .name = "td_pad_f32", .file = "pad.c", .fields = pad_fields(), .bind = bind_pad},
         .samples = [] { return samples("before", "after"); }},
    }};

}  // namespace tdc::ops
