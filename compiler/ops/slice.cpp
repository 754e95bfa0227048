#include <fmt/format.h>

#include <algorithm>

#include "diag/diagnostic.h"
#include "ops/elementwise.h"
#include "ops/rules.h"
#include "ops/strides.h"
#include "support/check.h"

namespace tdc::ops {
namespace {

using ir::Dims;
using ir::TensorType;

int64_t step_of(const ir::Attributes& attributes) {
  return attributes.integer("step");
}

/// From the first to the last of so many positions, both included.
int64_t span(int64_t count, int64_t step) {
  return (count - 1) * step + 1;
}

TypeProblem attribute_problem(std::string_view name, std::string_view wanted, int64_t actual) {
  return {.message = make_message(diag::op_attribute, std::string(name), std::string(wanted),
                                  fmt::format("{}", actual)),
          .operand = -1,
          .attribute = std::string(name)};
}

std::optional<TypeProblem> step_problem(const ir::Attributes& attributes) {
  const int64_t step = step_of(attributes);
  if (step >= 1) return std::nullopt;
  return attribute_problem("step", "an integer above 0", step);
}

/// What is left of the axis (result-4).
TypeResult infer(const Call& call) {
  const Dims& x = call.input(0).dims;
  const int64_t begin = call.attributes.integer("begin");
  const int64_t end = call.attributes.integer("end");
  if (auto problem = axis_problem(x, call.attributes.integer("axis"))) return *std::move(problem);
  if (auto problem = step_problem(call.attributes)) return *std::move(problem);
  const int64_t extent = x[axis_of(x, call.attributes)];
  if (begin < 0 || begin >= end || end > extent)
    return TypeProblem{.message = make_message(diag::slice_range, begin, end, extent),
                       .operand = -1,
                       .attribute = end > extent ? "end" : "begin"};
  TensorType y = {.dims = x};
  y.dims[axis_of(x, call.attributes)] = (end - begin - 1) / step_of(call.attributes) + 1;
  return std::vector{y};
}

/// Padding undoes the shape of a slice; users put numbers round a tensor with it (op-12).
TypeResult infer_pad(const Call& call) {
  TensorType y = call.input(0);
  if (auto problem = axis_problem(y.dims, call.attributes.integer("axis")))
    return *std::move(problem);
  if (auto problem = step_problem(call.attributes)) return *std::move(problem);
  int64_t& extent = y.dims[axis_of(y.dims, call.attributes)];
  extent = span(extent, step_of(call.attributes));
  for (const std::string_view side : {"before", "after"}) {
    const int64_t count = call.attributes.integer(side);
    if (count < 0) return attribute_problem(side, "an integer that is not negative", count);
    extent += count;
  }
  return std::vector{y};
}

void gradient(GradientContext& g) {
  const ir::Attributes& slice = g.attributes();
  const Dims& x = g.type(g.input(0)).dims;
  const Dims& y = g.type(g.output()).dims;
  const int64_t begin = slice.integer("begin"), step = step_of(slice);
  const int64_t end = begin + span(y[axis_of(y, slice)], step);  // behind the last that was taken
  g.set(0, g.emit("pad", {g.cotangent()},
                  {{"axis", slice.integer("axis")},
                   {"before", begin},
                   {"after", x[axis_of(x, slice)] - end},
                   {"step", step}}));
}

void gradient_of_pad(GradientContext& g) {
  const ir::Attributes& pad = g.attributes();
  const Dims& x = g.type(g.input(0)).dims;
  const int64_t begin = pad.integer("before"), step = step_of(pad);
  g.set(0, g.emit("slice", {g.cotangent()},
                  {{"axis", pad.integer("axis")},
                   {"begin", begin},
                   {"end", begin + span(x[axis_of(x, pad)], step)},
                   {"step", step}}));
}

/// Calls `function(index in the larger tensor, index in the smaller)` for each element of the
/// smaller, which lie `step` apart in the larger along the axis, the first of them at `begin`.
template <typename Function>
void for_each_inside(const Dims& larger, const Dims& smaller, size_t axis, int64_t begin,
                     int64_t step, Function function) {
  Dims strides = ir::dense_strides(larger);
  const int64_t first = begin * strides[axis];
  strides[axis] *= step;
  const Dims own = ir::dense_strides(smaller);
  for (int64_t i = 0; i < ir::element_count(smaller); ++i) {
    int64_t at = first;
    for (size_t k = 0; k < smaller.size(); ++k) at += i / own[k] % smaller[k] * strides[k];
    function(static_cast<size_t>(at), static_cast<size_t>(i));
  }
}

void evaluate_pad(const Evaluation& e) {
  const Dims& y = e.output(0).type.dims;
  std::ranges::fill(e.output(0).data, rounded_real(e.attributes, "value"));
  for_each_inside(y, e.input(0).type.dims, axis_of(y, e.attributes), e.attributes.integer("before"),
                  step_of(e.attributes),
                  [&](size_t to, size_t from) { e.output(0).data[to] = e.input(0).data[from]; });
}

/// The axes are those of y; `reach` says which positions of x along the attribute's axis follow
/// from that axis, the first of the two arguments.
Space space_along(const Call& call, Reach (*reach)(size_t axis, const Call& call)) {
  const Dims& y = call.output(0).dims;
  const size_t axis = axis_of(y, call.attributes);
  SpaceBuilder builder;
  const std::vector<size_t> axes = add_axes(builder, y);
  Access from = broadcast_access(y, y, axes);
  from.dims[axis] = reach(axes[axis], call);
  return builder.input(from).output(broadcast_access(y, y, axes)).finish();
}

/// Position i of y is position begin + step i of x.
Reach taken(size_t axis, const Call& call) {
  const Dims& x = call.input(0).dims;
  const int64_t begin = call.attributes.integer("begin");
  return {.terms = {{axis, step_of(call.attributes)}},
          .windows = {{.low = begin, .high = begin, .extent = x[axis_of(x, call.attributes)]}}};
}

/// Position before + step i of y is position i of x, where x has it.
Reach put(size_t axis, const Call& call) {
  const Dims& x = call.input(0).dims;
  const int64_t before = call.attributes.integer("before");
  return {.terms = {{axis, 1}},
          .windows = {{.low = -before,
                       .high = -before,
                       .divisor = step_of(call.attributes),
                       .extent = x[axis_of(x, call.attributes)]}}};
}

void bind_slice(const KernelCall& call, KernelScalars& scalars) {
  KernelCall taken = call;
  OperandLayout& x = *taken.inputs[0];  // from the first to the last position that is taken
  const Dims& y = call.output(0).extent;
  const size_t axis = axis_of(y, call.attributes);
  x.extent = y;
  x.stride[axis] *= step_of(call.attributes);
  bind_elementwise(taken, scalars);
}

void bind_pad(const KernelCall& call, KernelScalars& scalars) {
  const OperandLayout& y = call.output(0);
  const OperandLayout& x = call.input(0);
  TDC_CHECK(y.extent.size() <= static_cast<size_t>(kKernelRank), "{} axes", y.extent.size());
  const size_t axis = axis_of(y.extent, call.attributes);
  const int64_t step = step_of(call.attributes);
  scalars.set("rank", static_cast<int64_t>(y.extent.size()));
  scalars.set("extent", y.extent);
  scalars.set("axis", static_cast<int64_t>(axis));
  // Where the piece of y is x: nowhere, if x has nothing there.
  const bool has_x = x.extent[axis] > 0;
  const int64_t begin = call.attributes.integer("before") + step * call.input_begin(0, axis) -
                        call.box.at(axis).begin;
  scalars.set("begin", has_x ? begin : 0);
  scalars.set("end", has_x ? begin + span(x.extent[axis], step) : 0);
  scalars.set("step", step);
  scalars.set("value", call.attributes.real("value"));
  scalars.set("y_stride", y.stride);
  scalars.set("a_stride", x.stride);
}

std::vector<KernelField> pad_fields() {
  return {
      {.name = "y", .kind = FieldKind::output, .summary = "result; aliases nothing"},
      {.name = "a", .kind = FieldKind::input, .summary = "positions begin, begin + step .. of y"},
      {.name = "rank", .kind = FieldKind::count, .summary = "axes in use"},
      {.name = "extent", .kind = FieldKind::counts, .summary = "of y"},
      {.name = "axis", .kind = FieldKind::count, .summary = "0 to rank - 1"},
      {.name = "begin", .kind = FieldKind::count, .summary = "along `axis`"},
      {.name = "end", .kind = FieldKind::count, .summary = "along `axis`, not included"},
      {.name = "step", .kind = FieldKind::count, .summary = "from one of them to the next"},
      {.name = "value", .kind = FieldKind::real, .summary = "of all other positions"},
      {.name = "y_stride", .kind = FieldKind::counts, .summary = "elements"},
      {.name = "a_stride", .kind = FieldKind::counts, .summary = "elements"}};
}

Sample sample(Dims dims, ir::Attributes attributes) {
  return {.inputs = {TensorType{.dims = std::move(dims)}},
          .attributes = std::move(attributes),
          .domains = {}};
}

std::vector<Sample> slice_samples() {
  const auto slice = [](Dims dims, int64_t axis, int64_t begin, int64_t end, int64_t step) {
    return sample(std::move(dims),
                  {{"axis", axis}, {"begin", begin}, {"end", end}, {"step", step}});
  };
  return {slice({7}, -1, 2, 5, 1),          slice({4, 5}, -2, 0, 1, 1),
          slice({2, 3, 5}, -2, 1, 3, 1),    slice({2, 3, 5}, -1, 4, 5, 1),
          slice({3, 2, 4, 5}, -4, 1, 2, 1), slice({7}, -1, 0, 7, 2),
          slice({2, 11, 3}, -2, 1, 10, 3),  slice({2, 3, 9}, -1, 2, 8, 5),
          slice({9, 4}, -2, 1, 9, 4),       slice({5, 2}, -2, 3, 5, 7)};
}

std::vector<Sample> pad_samples() {
  const auto pad = [](Dims dims, int64_t axis, int64_t before, int64_t after, int64_t step,
                      double value) {
    return sample(
        std::move(dims),
        {{"axis", axis}, {"before", before}, {"after", after}, {"step", step}, {"value", value}});
  };
  return {pad({7}, -1, 2, 5, 1, 0),          pad({4, 5}, -2, 0, 1, 1, 0),
          pad({2, 3, 5}, -2, 1, 3, 1, 0.1),  pad({2, 3, 5}, -1, 4, 5, 1, -2),
          pad({3, 2, 4, 5}, -4, 1, 2, 1, 0), pad({7}, -1, 0, 3, 2, 0),
          pad({2, 4, 3}, -2, 1, 2, 3, 0.1),  pad({2, 3, 2}, -1, 2, 0, 5, 0)};
}

}  // namespace

extern const OpFamily slice_family;
const OpFamily slice_family = {
    .ops = {
        {.name = "slice",
         .summary = "positions begin to end, without end, along one axis: all, or every step-th",
         .signature = "x:[..] -> y:[..]",
         .attributes = {{"axis", AttributeKind::axis, std::nullopt, "along which is cut"},
                        {"begin", AttributeKind::integer, std::nullopt, "the first position"},
                        {"end", AttributeKind::integer, std::nullopt, "one after the last"},
                        {"step", AttributeKind::integer, int64_t{1}, "from one to the next"}},
         .infer_types = infer,
         .batch = batch_leading,
         .gradient = gradient,
         .shift = shift_of_sum,
         .evaluate =
             [](const Evaluation& e) {
               const Dims& x = e.input(0).type.dims;
               for_each_inside(
                   x, e.output(0).type.dims, axis_of(x, e.attributes),
                   e.attributes.integer("begin"), step_of(e.attributes),
                   [&](size_t from, size_t to) { e.output(0).data[to] = e.input(0).data[from]; });
             },
         .work = Work::none,
         .space = [](const Call& call) { return space_along(call, taken); },
         .kernel = KernelDef{.name = "td_copy_f32",
                             .file = "copy.c",
                             .fields = elementwise_fields({"a"}),
                             .bind = bind_slice},
         .samples = slice_samples},

        {.name = "pad",
         .summary = "x with a number before and after it along one axis",
         .signature = "x:[..] -> y:[..]",
         .attributes = {{"axis", AttributeKind::axis, std::nullopt, "along which it grows"},
                        {"before", AttributeKind::integer, std::nullopt, "positions before x"},
                        {"after", AttributeKind::integer, std::nullopt, "positions after x"},
                        {"value", AttributeKind::real, 0.0, "what they hold"},
                        {"step", AttributeKind::integer, int64_t{1},
                         "from one position of x to the next; `value` between them",
                         Visibility::internal}},
         .infer_types = infer_pad,
         .batch = batch_leading,
         .gradient = gradient_of_pad,
         .evaluate = evaluate_pad,
         .work = Work::none,
         .space = [](const Call& call) { return space_along(call, put); },
         .is_padding = true,
         .kernel =
             KernelDef{
                 .name = "td_pad_f32", .file = "pad.c", .fields = pad_fields(), .bind = bind_pad},
         .samples = pad_samples},
    }};

}  // namespace tdc::ops
