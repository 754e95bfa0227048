#include <cmath>

#include "ops/elementwise.h"
#include "ops/rules.h"

namespace tdc::ops {
namespace {

const std::vector<AttributeDef> kAttributes = {
    {"slope", AttributeKind::real, 0.01, "of what is not above 0"}};

std::vector<Sample> samples(const std::vector<Domain>& domains) {
  std::vector<Sample> result = same_shape_samples(domains, {{"slope", 0.01}});
  result.push_back(result.back());
  result.back().attributes.set("slope", -0.3);
  return result;
}

}  // namespace

extern const OpFamily leaky_relu_family;
const OpFamily leaky_relu_family = {
    .ops = {
        {.name = "leaky_relu",
         .summary = "y = x where x > 0, else slope x",
         .signature = "x:[..] -> y:[..]",
         .attributes = kAttributes,
         .batch = batch_elementwise,
         .gradient =
             [](GradientContext& g) {
               // The output has the sign of the input unless the slope is negative; then it need
               // not be kept.
               const ir::ValueId x = g.attributes().real("slope") < 0 ? g.input(0) : g.output();
               g.set(0, g.emit("leaky_relu_grad", {x, g.cotangent()}, g.attributes()));
             },
         .evaluate =
             [](const Evaluation& e) {
               const double slope = rounded_real(e.attributes, "slope");
               evaluate_unary(e, [=](double x) { return x > 0 ? x : slope * x; });
             },
         .work = Work::outputs,
         .space = elementwise_space,
         .in_place = {{0, 0}},
         .kernel = KernelDef{.name = "td_leaky_relu_f32",
                             .file = "leaky_relu.c",
                             .fields = elementwise_fields({"a"}, kAttributes),
                             .bind = bind_elementwise},
         .samples = [] { return samples({{-2, 2}}); }},

        {.name = "leaky_relu_grad",
         .summary = "dx = dy where x > 0, else slope dy; x may be leaky_relu's output",
         .signature = "x:[..], dy:[..] -> dx:[..]",
         .visibility = Visibility::internal,
         .attributes = kAttributes,
         .batch = batch_elementwise,
         .gradient = NoGradient{"gradients of gradients are not supported"},
         .evaluate =
             [](const Evaluation& e) {
               const double slope = rounded_real(e.attributes, "slope");
               evaluate_binary(e, [=](double x, double dy) { return x > 0 ? dy : slope * dy; });
             },
         .work = Work::outputs,
         .space = elementwise_space,
         .in_place = {{0, 0}, {1, 0}},
         .kernel = KernelDef{.name = "td_leaky_relu_grad_f32",
                             .file = "leaky_relu.c",
                             .fields = elementwise_fields({"a", "b"}, kAttributes),
                             .bind = bind_elementwise},
         .samples = [] { return samples({{-2, 2}, {-2, 2}}); }},
    }};

}  // namespace tdc::ops
