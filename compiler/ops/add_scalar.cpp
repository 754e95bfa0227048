#include "ops/elementwise.h"
#include "ops/rules.h"

namespace tdc::ops {
namespace {

const std::vector<AttributeDef> kAttributes = {
    {"offset", AttributeKind::real, std::nullopt, "added to every element"}};

}  // namespace

extern const OpFamily add_scalar_family;
const OpFamily add_scalar_family = {
    .ops = {
        {.name = "add_scalar",
         .summary = "y = x + offset, the offset rounded once",
         .signature = "x:[..] -> y:[..]",
         .visibility = Visibility::internal,
         .attributes = kAttributes,
         .batch = batch_elementwise,
         .gradient = [](GradientContext& g) { g.set(0, g.cotangent()); },
         .shift = shift_of_sum,
         .evaluate =
             [](const Evaluation& e) {
               const double offset = rounded_real(e.attributes, "offset");
               evaluate_unary(e, [offset](double x) { return x + offset; });
             },
         .work = Work::outputs,
         .space = elementwise_space,
         .in_place = {{0, 0}},
         .kernel = KernelDef{.name = "td_add_scalar_f32",
                             .file = "add_scalar.c",
                             .fields = elementwise_fields({"a"}, kAttributes),
                             .bind = bind_elementwise},
         .samples = [] { return same_shape_samples({{}}, {{"offset", 0.3}}); }},
    }};

}  // namespace tdc::ops
