#include <cmath>

#include "ops/elementwise.h"
#include "ops/rules.h"

namespace tdc::ops {

extern const OpFamily silu_family;
const OpFamily silu_family = {
    .ops = {
        {.name = "silu",
         .summary = "y = x / (1 + e^-x), also called swish",
         .signature = "x:[..] -> y:[..]",
         .batch = batch_elementwise,
         .gradient =
             [](GradientContext& g) { g.set(0, g.emit("silu_grad", {g.input(0), g.cotangent()})); },
         .evaluate =
             [](const Evaluation& e) {
               evaluate_unary(e, [](double x) { return x / (1 + std::exp(-x)); });
             },
         .work = Work::outputs,
         .space = elementwise_space,
         .in_place = {{0, 0}},
         .kernel = KernelDef{.name = "td_silu_f32",
                             .file = "silu.c",
                             .fields = elementwise_fields({"a"}),
                             .bind = bind_elementwise},
         .samples = [] { return same_shape_samples({{-4, 4}}); },
         .kernel_tolerance = 1e-6},

        {.name = "silu_grad",
         .summary = "dx = dy s (1 + x (1 - s)), s = 1 / (1 + e^-x), from silu's input x",
         .signature = "x:[..], dy:[..] -> dx:[..]",
         .visibility = Visibility::internal,
         .batch = batch_elementwise,
         .gradient = NoGradient{"gradients of gradients are not supported"},
         .evaluate =
             [](const Evaluation& e) {
               evaluate_binary(e, [](double x, double dy) {
                 const double share = 1 / (1 + std::exp(-x));
                 return dy * share * (1 + x * (1 - share));
               });
             },
         .work = Work::outputs,
         .space = elementwise_space,
         .in_place = {{0, 0}, {1, 0}},
         .kernel = KernelDef{.name = "td_silu_grad_f32",
                             .file = "silu.c",
                             .fields = elementwise_fields({"a", "b"}),
                             .bind = bind_elementwise},
         .samples = [] { return same_shape_samples({{-4, 4}, {-2, 2}}); },
         .kernel_tolerance = 1e-6},
    }};

}  // namespace tdc::ops
