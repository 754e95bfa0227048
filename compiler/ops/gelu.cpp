#include <cmath>
#include <numbers>

#include "ops/elementwise.h"
#include "ops/rules.h"

namespace tdc::ops {

extern const OpFamily gelu_family;
const OpFamily gelu_family = {
    .ops = {
        {.name = "gelu",
         .summary = "y = x Phi(x), Phi the normal distribution (the exact form, with erf)",
         .signature = "x:[..] -> y:[..]",
         .batch = batch_elementwise,
         .gradient =
             [](GradientContext& g) { g.set(0, g.emit("gelu_grad", {g.input(0), g.cotangent()})); },
         .evaluate =
             [](const Evaluation& e) {
               evaluate_unary(e, [](double x) { return 0.5 * x * std::erfc(-x / std::sqrt(2.0)); });
             },
         .work = Work::outputs,
         .space = elementwise_space,
         .in_place = {{0, 0}},
         .kernel = KernelDef{.name = "td_gelu_f32",
                             .file = "gelu.c",
                             .fields = elementwise_fields({"a"}),
                             .bind = bind_elementwise},
         .samples = [] { return same_shape_samples({{-3, 3}}); },
         // Below 0 the two terms of 1 + erf cancel.
         .kernel_tolerance = 4e-6},

        {.name = "gelu_grad",
         .summary = "dx = dy (Phi(x) + x phi(x)), from gelu's input x",
         .signature = "x:[..], dy:[..] -> dx:[..]",
         .visibility = Visibility::internal,
         .batch = batch_elementwise,
         .gradient = NoGradient{"gradients of gradients are not supported"},
         .evaluate =
             [](const Evaluation& e) {
               evaluate_binary(e, [](double x, double dy) {
                 return dy * (0.5 * std::erfc(-x / std::sqrt(2.0)) +
                              x * std::exp(-0.5 * x * x) / std::sqrt(2 * std::numbers::pi));
               });
             },
         .work = Work::outputs,
         .space = elementwise_space,
         .in_place = {{0, 0}, {1, 0}},
         .kernel = KernelDef{.name = "td_gelu_grad_f32",
                             .file = "gelu.c",
                             .fields = elementwise_fields({"a", "b"}),
                             .bind = bind_elementwise},
         .samples = [] { return same_shape_samples({{-3, 3}, {-2, 2}}); },
         .kernel_tolerance = 1e-6},
    }};

}  // namespace tdc::ops
