#include <algorithm>

#include "diag/diagnostic.h"
#include "ops/elementwise.h"
#include "ops/rules.h"

namespace tdc::ops {
namespace {

/// Users call it as `zeros`, `ones` and `full` (op-9).
TypeResult infer(const Call& call) {
  const ir::Dims& dims = call.attributes.integers("dims");
  if (std::ranges::any_of(dims, [](int64_t extent) { return extent < 1; }))
    return TypeProblem{.message = make_message(diag::op_attribute, "dims", "extents of at least 1",
                                               ir::to_text(dims)),
                       .operand = -1,
                       .attribute = "dims"};
  return std::vector<ir::TensorType>{{.dims = dims}};
}

}  // namespace

extern const OpFamily constant_family;
const OpFamily constant_family = {
    .ops = {
        {.name = "constant",
         .summary = "every element is `value`",
         .signature = " -> y:[..]",
         .visibility = Visibility::internal,
         .attributes = {{"dims", AttributeKind::integers, std::nullopt, "the shape"},
                        {"value", AttributeKind::real, std::nullopt, "the element, rounded once"}},
         .infer_types = infer,
         .batch = batch_leading,
         .gradient = NoGradient{"a constant has no operand"},
         .evaluate =
             [](const Evaluation& e) {
               std::fill(e.output(0).data.begin(), e.output(0).data.end(),
                         static_cast<double>(static_cast<float>(e.attributes.real("value"))));
             },
         .work = Work::none,
         .space = elementwise_space,
         .kernel =
             KernelDef{
                 .name = "td_fill_f32",
                 .file = "fill.c",
                 .fields =
                     {{.name = "y", .kind = FieldKind::output, .summary = "result"},
                      {.name = "value", .kind = FieldKind::real, .summary = "of every element"},
                      {.name = "rank", .kind = FieldKind::count, .summary = "axes in use"},
                      {.name = "extent", .kind = FieldKind::counts, .summary = "of y"},
                      {.name = "y_stride", .kind = FieldKind::counts, .summary = "elements"}},
                 .bind =
                     [](const KernelCall& call, KernelScalars& scalars) {
                       bind_elementwise_named(call, scalars, {});
                       scalars.set("value", call.attributes.real("value"));
                     }},
         .samples =
             [] {
               return std::vector<Sample>{
                   {.attributes = {{"value", 1.5}, {"dims", ir::Dims{}}}},
                   {.attributes = {{"value", -0.1}, {"dims", ir::Dims{3, 5}}}}};
             }},
    }};

}  // namespace tdc::ops
