#include <fmt/format.h>

#include "diag/diagnostic.h"
#include "ops/fields.h"
#include "ops/rules.h"
#include "ops/strides.h"

// Rows of x, and for each of them one index, or several along an axis of their own (op-13).

namespace tdc::ops {
namespace {

using ir::Dims;
using ir::TensorType;

bool are_several(const Dims& x, const Dims& index) {
  return index.size() == x.size();
}

TypeResult infer(const Call& call) {
  const Dims& x = call.input(0).dims;
  const Dims& index = call.input(1).dims;
  const auto problem = [](int operand, const std::string& wanted, const Dims& actual) {
    return TypeProblem{
        .message = make_message(diag::op_axes, "gather", wanted, ir::to_text(actual)),
        .operand = operand,
        .attribute = {}};
  };
  if (x.empty()) return problem(0, "at least 1 axis for `x`", x);
  const Dims rows(x.begin(), x.end() - 1);
  const bool is_one = index == rows;
  if (!is_one && !(are_several(x, index) && Dims(index.begin(), index.end() - 1) == rows))
    return problem(1,
                   fmt::format("an `index` of shape {}, perhaps with one more axis, for {}",
                               ir::to_text(rows), ir::to_text(x)),
                   index);
  return std::vector<TensorType>{{.dims = index}};
}

void gradient(GradientContext& g) {
  const Dims x = g.type(g.input(0)).dims;
  const bool several = are_several(x, g.type(g.input(1)).dims);
  g.set(0, g.emit("gather_grad", {g.input(1), g.cotangent()},
                  {{"classes", x.back()}, {"several", several}}));
}

TypeResult infer_gradient(const Call& call) {
  Dims dims = call.input(0).dims;
  if (call.attributes.boolean("several")) dims.pop_back();
  dims.push_back(call.attributes.integer("classes"));
  return std::vector<TensorType>{{.dims = dims}};
}

/// Calls `function(place in the index, place in x)` for each element that is taken.
template <typename Function>
void for_each_taken(const Dims& x, const Tensor& index, Function function) {
  const auto classes = static_cast<size_t>(x.back());
  const size_t each =
      are_several(x, index.type.dims) ? static_cast<size_t>(index.type.dims.back()) : 1;
  for (size_t i = 0; i < index.data.size(); ++i)
    function(i, i / each * classes + static_cast<size_t>(index.data[i]));
}

/// Rows are never cut.
struct Accesses {
  SpaceBuilder builder;
  Access x, index;
};

Accesses accesses(const Dims& x, const Dims& index) {
  Accesses result;
  const std::vector<size_t> rows = add_axes(result.builder, Dims(x.begin(), x.end() - 1));
  result.builder.merge(rows);
  for (const size_t row : rows) result.index.dims.push_back(SpaceBuilder::along(row));
  result.x = result.index;
  result.x.dims.push_back(SpaceBuilder::all(x.back()));
  if (are_several(x, index)) result.index.dims.push_back(SpaceBuilder::all(index.back()));
  return result;
}

Space space(const Call& call) {
  Accesses of = accesses(call.input(0).dims, call.input(1).dims);
  of.x.is_indexed = true;
  return of.builder.input(of.x).input(of.index).output(of.index).finish();
}

Space gradient_space(const Call& call) {
  Accesses of = accesses(call.output(0).dims, call.input(0).dims);
  return of.builder.input(of.index).input(of.index).output(of.x).finish();
}

/// Rows of the index, or of what has its shape: `trailing` axes, none or one, are not theirs.
StridedAxis rows_of(const OperandLayout& layout, size_t trailing) {
  return trailing == 1 ? dense_rows(layout) : merge_axes(layout, 0, layout.extent.size());
}

/// `wide` is x or its gradient, `narrow` y or its gradient; fields are named after them.
void bind_rows(const OperandLayout& wide, std::string_view wide_row, const OperandLayout& narrow,
               std::string_view narrow_row, const OperandLayout& index, KernelScalars& scalars) {
  const size_t trailing = are_several(wide.extent, index.extent) ? 1 : 0;
  const StridedAxis rows = dense_rows(wide);
  scalars.set("rows", rows.extent);
  scalars.set("each", trailing == 1 ? index.extent.back() : 1);
  scalars.set("classes", wide.extent.back());
  scalars.set(wide_row, rows.stride);
  scalars.set(narrow_row, rows_of(narrow, trailing).stride);
  scalars.set("index_row", rows_of(index, trailing).stride);
}

std::vector<KernelField> fields(KernelField result, KernelField operand, size_t index) {
  return {std::move(result),
          std::move(operand),
          {.name = "index",
           .kind = FieldKind::input,
           .operand = static_cast<int>(index),
           .dtype = ir::DType::i32,
           .summary = "[rows][each], each dense"},
          count_field("rows", "of x"),
          count_field("each", "elements taken of a row"),
          count_field("classes", "elements of a row of x")};
}

KernelDef kernel() {
  KernelDef result = {.name = "td_gather_f32",
                      .file = "gather.c",
                      .fields = fields({.name = "y",
                                        .kind = FieldKind::output,
                                        .summary = "[rows][each], each dense; aliases nothing"},
                                       {.name = "x",
                                        .kind = FieldKind::input,
                                        .operand = 0,
                                        .summary = "[rows][classes], classes dense"},
                                       1),
                      .bind = [](const KernelCall& call, KernelScalars& scalars) {
                        bind_rows(call.input(0), "x_row", call.output(0), "y_row", call.input(1),
                                  scalars);
                      }};
  for (const std::string_view row : {"y_row", "x_row", "index_row"})
    result.fields.push_back(count_field(row, "stride"));
  return result;
}

KernelDef gradient_kernel() {
  KernelDef result = {
      .name = "td_gather_grad_f32",
      .file = "gather.c",
      .fields = fields({.name = "dx",
                        .kind = FieldKind::output,
                        .summary = "[rows][classes], classes dense; aliases nothing"},
                       {.name = "dy",
                        .kind = FieldKind::input,
                        .operand = 1,
                        .summary = "[rows][each], each dense"},
                       0),
      .bind = [](const KernelCall& call, KernelScalars& scalars) {
        bind_rows(call.output(0), "dx_row", call.input(1), "dy_row", call.input(0), scalars);
      }};
  for (const std::string_view row : {"dx_row", "dy_row", "index_row"})
    result.fields.push_back(count_field(row, "stride"));
  return result;
}

/// More indices than classes: some elements are taken twice.
std::vector<Sample> samples(bool is_gradient) {
  std::vector<Sample> result;
  const auto add = [&](Dims x, Dims index) {
    const TensorType indices = {.dtype = ir::DType::i32, .dims = index};
    const Domain classes = {0, static_cast<double>(x.back())};
    if (is_gradient)
      result.push_back({.inputs = {indices, TensorType{.dims = index}},
                        .attributes = {{"classes", x.back()}, {"several", are_several(x, index)}},
                        .domains = {classes, {}}});
    else
      result.push_back(
          {.inputs = {TensorType{.dims = x}, indices}, .attributes = {}, .domains = {{}, classes}});
  };
  add({5}, {});
  add({4}, {9});
  add({7, 3}, {7});
  add({3, 5}, {3, 8});
  add({2, 3, 4}, {2, 3});
  add({3, 2, 4}, {3, 2, 6});
  return result;
}

}  // namespace

extern const OpFamily gather_family;
const OpFamily gather_family = {
    .ops = {
        {.name = "gather",
         .summary = "the elements of each row of x that class numbers name: one, or as many as the "
                    "index has along one more axis",
         .signature = "x:[.., c], index:i32[..] -> y:[..]",
         .infer_types = infer,
         .batch = batch_leading,
         .gradient = gradient,
         .evaluate =
             [](const Evaluation& e) {
               for_each_taken(e.input(0).type.dims, e.input(1), [&](size_t to, size_t from) {
                 e.output(0).data[to] = e.input(0).data.at(from);
               });
             },
         .work = Work::none,
         .space = space,
         .kernel = kernel(),
         .samples = [] { return samples(false); }},

        {.name = "gather_grad",
         .summary =
             "for each element of x the sum of dy over the indices that name it; one chain of "
             "additions",
         .signature = "index:i32[..], dy:[..] -> dx:[.., c]",
         .visibility = Visibility::internal,
         .attributes = {{"classes", AttributeKind::integer, std::nullopt, "elements of a row"},
                        {"several", AttributeKind::boolean, std::nullopt,
                         "the last axis of the index is not one of x"}},
         .infer_types = infer_gradient,
         .batch = batch_leading,  // made after batching only
         .gradient = NoGradient{"gradients of gradients are not supported"},
         .evaluate =
             [](const Evaluation& e) {
               for_each_taken(e.output(0).type.dims, e.input(0), [&](size_t from, size_t to) {
                 e.output(0).data.at(to) += e.input(1).data[from];
               });
             },
         .work = Work::outputs,
         .space = gradient_space,
         .kernel = gradient_kernel(),
         .samples = [] { return samples(true); }},
    }};

}  // namespace tdc::ops
