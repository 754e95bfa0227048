#include <fmt/format.h>

#include <cstdlib>

#include "diag/diagnostic.h"
#include "ops/elementwise.h"
#include "ops/fields.h"
#include "ops/rules.h"
#include "support/check.h"

namespace tdc::ops {
namespace {

using ir::Dims;
using ir::TensorType;

std::vector<AttributeDef> attributes() {
  return {{"axis", AttributeKind::axis, std::nullopt, "along which it grows"},
          {"before", AttributeKind::integer, std::nullopt, "positions before x"},
          {"after", AttributeKind::integer, std::nullopt, "positions after x"}};
}

/// One side can show all of x but the element at the mirror (op-12).
TypeResult infer(const Call& call) {
  TensorType y = call.input(0);
  const int64_t axis = call.attributes.integer("axis");
  if (auto problem = axis_problem(y.dims, axis)) return *std::move(problem);
  int64_t& extent = y.dims[axis_of(y.dims, call.attributes)];
  const int64_t most = extent - 1;
  for (const std::string_view side : {"before", "after"}) {
    const int64_t count = call.attributes.integer(side);
    if (count < 0 || count > most)
      return TypeProblem{.message = make_message(diag::op_attribute, std::string(side),
                                                 fmt::format("0 to {}, as axis {} has {} positions",
                                                             most, axis, most + 1),
                                                 fmt::format("{}", count)),
                         .operand = -1,
                         .attribute = std::string(side)};
    extent += count;
  }
  return std::vector{y};
}

TypeResult infer_gradient(const Call& call) {
  TensorType dx = call.input(0);
  dx.dims[axis_of(dx.dims, call.attributes)] -=
      call.attributes.integer("before") + call.attributes.integer("after");
  return std::vector{dx};
}

/// Calls `function(index in the padded tensor, index in the other)` for each element of the padded
/// one.
template <typename Function>
void for_each_shown(const Dims& padded, const Dims& inner, const ir::Attributes& attributes,
                    Function function) {
  const size_t axis = axis_of(inner, attributes);
  const int64_t last = inner[axis] - 1;
  const Dims own = ir::dense_strides(padded), strides = ir::dense_strides(inner);
  for (int64_t i = 0; i < ir::element_count(padded); ++i) {
    int64_t from = 0;
    for (size_t k = 0; k < padded.size(); ++k) {
      int64_t at = i / own[k] % padded[k];
      if (k == axis) {
        at = std::abs(at - attributes.integer("before"));
        at = last - std::abs(last - at);
      }
      from += at * strides[k];
    }
    function(static_cast<size_t>(i), static_cast<size_t>(from));
  }
}

/// An axis for each of the output; of the input all positions along the one that is mirrored.
Space space(const Call& call) {
  const Dims& x = call.input(0).dims;
  const Dims& y = call.output(0).dims;
  const size_t axis = axis_of(y, call.attributes);
  SpaceBuilder builder;
  const std::vector<size_t> axes = add_axes(builder, y);
  Access from = broadcast_access(y, y, axes);
  from.dims[axis] = SpaceBuilder::all(x[axis]);
  return builder.input(from).output(broadcast_access(y, y, axes)).finish();
}

KernelDef kernel(std::string_view name, std::string_view output, std::string_view input) {
  return {
      .name = name,
      .file = "reflect_pad.c",
      .fields = {{.name = output, .kind = FieldKind::output, .summary = "result; aliases nothing"},
                 {.name = input, .kind = FieldKind::input, .summary = "operand"},
                 count_field("rank", "axes in use"),
                 {.name = "extent", .kind = FieldKind::counts, .summary = "of the result"},
                 count_field("axis", "that is mirrored, 0 to rank - 1"),
                 count_field("first", "the result's first position along `axis`"),
                 count_field("before", "mirrored positions before x"),
                 count_field("after", "mirrored positions after x"),
                 count_field("last", "of x, along `axis`"),
                 {.name = "output_stride", .kind = FieldKind::counts, .summary = "elements"},
                 {.name = "input_stride", .kind = FieldKind::counts, .summary = "elements"}},
      .bind = [](const KernelCall& call, KernelScalars& scalars) {
        const OperandLayout &result = call.output(0), &operand = call.input(0);
        TDC_CHECK(result.extent.size() <= static_cast<size_t>(kKernelRank), "{} axes",
                  result.extent.size());
        const size_t axis = axis_of(result.extent, call.attributes);
        const int64_t before = call.attributes.integer("before");
        const int64_t after = call.attributes.integer("after");
        // Of the padded tensor and the other one, the operand is whole along the axis.
        const bool is_gradient = call.space.axes[axis].extent < operand.extent[axis];
        const int64_t extent = operand.extent[axis] - (is_gradient ? before + after : 0);
        scalars.set("rank", static_cast<int64_t>(result.extent.size()));
        scalars.set("extent", result.extent);
        scalars.set("axis", static_cast<int64_t>(axis));
        scalars.set("first", call.box.at(axis).begin);
        scalars.set("before", before);
        scalars.set("after", after);
        scalars.set("last", extent - 1);
        scalars.set("output_stride", result.stride);
        scalars.set("input_stride", operand.stride);
      }};
}

std::vector<Sample> samples(bool is_gradient) {
  const auto sample = [&](Dims dims, int64_t axis, int64_t before, int64_t after) {
    if (is_gradient) dims[dims.size() - static_cast<size_t>(-axis)] += before + after;
    return Sample{.inputs = {TensorType{.dims = std::move(dims)}},
                  .attributes = {{"axis", axis}, {"before", before}, {"after", after}},
                  .domains = {}};
  };
  return {sample({7}, -1, 2, 5),       sample({4, 5}, -2, 3, 3), sample({2, 3, 5}, -2, 1, 2),
          sample({2, 3, 5}, -1, 4, 1), sample({2, 9}, -1, 0, 3), sample({3, 2, 4, 5}, -4, 2, 0),
          sample({1, 3}, -2, 0, 0)};
}

}  // namespace

extern const OpFamily reflect_pad_family;
const OpFamily reflect_pad_family = {
    .ops = {
        {.name = "reflect_pad",
         .summary = "x with its mirror images before and after it along one axis; the first and "
                    "the last element are the mirrors and are not repeated",
         .signature = "x:[..] -> y:[..]",
         .attributes = attributes(),
         .infer_types = infer,
         .batch = batch_leading,
         .gradient =
             [](GradientContext& g) {
               g.set(0, g.emit("reflect_pad_grad", {g.cotangent()}, g.attributes()));
             },
         .evaluate =
             [](const Evaluation& e) {
               for_each_shown(e.output(0).type.dims, e.input(0).type.dims, e.attributes,
                              [&](size_t padded, size_t inner) {
                                e.output(0).data[padded] = e.input(0).data[inner];
                              });
             },
         .work = Work::none,
         .space = space,
         .kernel = kernel("td_reflect_pad_f32", "y", "x"),
         .samples = [] { return samples(false); }},

        {.name = "reflect_pad_grad",
         .summary = "for each position of x the sum of dy at the positions that show it",
         .signature = "dy:[..] -> dx:[..]",
         .visibility = Visibility::internal,
         .attributes = attributes(),
         .infer_types = infer_gradient,
         .batch = batch_leading,
         .gradient = NoGradient{"gradients of gradients are not supported"},
         .evaluate =
             [](const Evaluation& e) {
               for_each_shown(e.input(0).type.dims, e.output(0).type.dims, e.attributes,
                              [&](size_t padded, size_t inner) {
                                e.output(0).data[inner] += e.input(0).data[padded];
                              });
             },
         .work = Work::outputs,
         .space = space,
         .kernel = kernel("td_reflect_pad_grad_f32", "dx", "dy"),
         .samples = [] { return samples(true); }},
    }};

}  // namespace tdc::ops
