#include <cmath>

#include "ops/elementwise.h"
#include "ops/rules.h"

namespace tdc::ops {
namespace {

const std::vector<AttributeDef> kAttributes = {
    {"alpha", AttributeKind::real, 1.0, "y falls to its negative"}};

}  // namespace

extern const OpFamily elu_family;
const OpFamily elu_family = {
    .ops = {
        {.name = "elu",
         .summary = "y = x where x > 0, else alpha (e^x - 1)",
         .signature = "x:[..] -> y:[..]",
         .attributes = kAttributes,
         .batch = batch_elementwise,
         .gradient =
             [](GradientContext& g) {
               g.set(0, g.emit("elu_grad", {g.input(0), g.cotangent()}, g.attributes()));
             },
         .evaluate =
             [](const Evaluation& e) {
               const double alpha = rounded_real(e.attributes, "alpha");
               evaluate_unary(e, [=](double x) { return x > 0 ? x : alpha * std::expm1(x); });
             },
         .work = Work::outputs,
         .space = elementwise_space,
         .in_place = {{0, 0}},
         .kernel = KernelDef{.name = "td_elu_f32",
                             .file = "elu.c",
                             .fields = elementwise_fields({"a"}, kAttributes),
                             .bind = bind_elementwise},
         .samples = [] { return same_shape_samples({{-4, 4}}, {{"alpha", 0.7}}); },
         .kernel_tolerance = 1e-6},

        {.name = "elu_grad",
         .summary = "dx = dy where x > 0, else dy alpha e^x, from elu's input x",
         .signature = "x:[..], dy:[..] -> dx:[..]",
         .visibility = Visibility::internal,
         .attributes = kAttributes,
         .batch = batch_elementwise,
         .gradient = NoGradient{"gradients of gradients are not supported"},
         .evaluate =
             [](const Evaluation& e) {
               const double alpha = rounded_real(e.attributes, "alpha");
               evaluate_binary(
                   e, [=](double x, double dy) { return x > 0 ? dy : dy * (alpha * std::exp(x)); });
             },
         .work = Work::outputs,
         .space = elementwise_space,
         .in_place = {{0, 0}, {1, 0}},
         .kernel = KernelDef{.name = "td_elu_grad_f32",
                             .file = "elu.c",
                             .fields = elementwise_fields({"a", "b"}, kAttributes),
                             .bind = bind_elementwise},
         .samples = [] { return same_shape_samples({{-4, 4}, {-2, 2}}, {{"alpha", 0.7}}); },
         .kernel_tolerance = 1e-6},
    }};

}  // namespace tdc::ops
