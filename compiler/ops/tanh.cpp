#include <cmath>

#include "ops/elementwise.h"
#include "ops/rules.h"

namespace tdc::ops {

extern const OpFamily tanh_family;
const OpFamily tanh_family = {
    .ops = {
        {.name = "tanh",
         .summary = "y = hyperbolic tangent of x",
         .signature = "x:[..] -> y:[..]",
         .batch = batch_elementwise,
         .gradient =
             [](GradientContext& g) { g.set(0, g.emit("tanh_grad", {g.output(), g.cotangent()})); },
         .evaluate =
             [](const Evaluation& e) { evaluate_unary(e, [](double x) { return std::tanh(x); }); },
         .work = Work::outputs,
         .space = elementwise_space,
         .in_place = {{0, 0}},
         .kernel = KernelDef{.name = "td_tanh_f32",
                             .file = "tanh.c",
                             .fields = elementwise_fields({"a"}),
                             .bind = bind_elementwise},
         .samples = [] { return same_shape_samples({{-3, 3}}); },
         .kernel_tolerance = 1e-6},

        {.name = "tanh_grad",
         .summary = "dx = dy (1 - y^2), from tanh's output y",
         .signature = "y:[..], dy:[..] -> dx:[..]",
         .visibility = Visibility::internal,
         .batch = batch_elementwise,
         .gradient = NoGradient{"gradients of gradients are not supported"},
         .evaluate =
             [](const Evaluation& e) {
               evaluate_binary(e, [](double y, double dy) { return dy * (1 - y * y); });
             },
         .work = Work::outputs,
         .space = elementwise_space,
         .in_place = {{0, 0}, {1, 0}},
         .kernel = KernelDef{.name = "td_tanh_grad_f32",
                             .file = "tanh.c",
                             .fields = elementwise_fields({"a", "b"}),
                             .bind = bind_elementwise},
         .samples = [] { return same_shape_samples({{-1, 1}, {-2, 2}}); },
         .kernel_tolerance = 1e-6},
    }};

}  // namespace tdc::ops
