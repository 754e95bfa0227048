#include "ops/elementwise.h"
#include "ops/rules.h"

namespace tdc::ops {
namespace {

const std::vector<AttributeDef> kAttributes = {
    {"factor", AttributeKind::real, std::nullopt, "of every element"}};

}  // namespace

extern const OpFamily scale_family;
const OpFamily scale_family = {
    .ops = {
        {.name = "scale",
         .summary = "y = x * factor, the factor rounded once",
         .signature = "x:[..] -> y:[..]",
         .visibility = Visibility::internal,
         .attributes = kAttributes,
         .batch = batch_elementwise,
         .gradient =
             [](GradientContext& g) {
               g.set(0,
                     g.emit("scale", {g.cotangent()}, {{"factor", g.attributes().real("factor")}}));
             },
         .shift = shift_of_sum,
         .evaluate =
             [](const Evaluation& e) {
               const double factor = rounded_real(e.attributes, "factor");
               evaluate_unary(e, [factor](double x) { return x * factor; });
             },
         .work = Work::outputs,
         .space = elementwise_space,
         .in_place = {{0, 0}},
         .kernel = KernelDef{.name = "td_scale_f32",
                             .file = "scale.c",
                             .fields = elementwise_fields({"a"}, kAttributes),
                             .bind = bind_elementwise},
         .samples = [] { return same_shape_samples({{}}, {{"factor", 0.3}}); }},
    }};

}  // namespace tdc::ops
