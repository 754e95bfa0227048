#include <cmath>

#include "ops/elementwise.h"
#include "ops/rules.h"

namespace tdc::ops {

extern const OpFamily softplus_family;
const OpFamily softplus_family = {
    .ops = {
        {.name = "softplus",
         .summary = "y = ln(1 + e^x)",
         .signature = "x:[..] -> y:[..]",
         .batch = batch_elementwise,
         .gradient =
             [](GradientContext& g) {
               g.set(0, g.emit("softplus_grad", {g.input(0), g.cotangent()}));
             },
         .evaluate =
             [](const Evaluation& e) {
               evaluate_unary(e, [](double x) {
                 return (x > 0 ? x : 0) + std::log1p(std::exp(-std::abs(x)));
               });
             },
         .work = Work::outputs,
         .space = elementwise_space,
         .in_place = {{0, 0}},
         .kernel = KernelDef{.name = "td_softplus_f32",
                             .file = "softplus.c",
                             .fields = elementwise_fields({"a"}),
                             .bind = bind_elementwise},
         .samples = [] { return same_shape_samples({{-4, 4}}); },
         .kernel_tolerance = 1e-6},

        {.name = "softplus_grad",
         .summary = "dx = dy / (1 + e^-x), from softplus's input x",
         .signature = "x:[..], dy:[..] -> dx:[..]",
         .visibility = Visibility::internal,
         .batch = batch_elementwise,
         .gradient = NoGradient{"gradients of gradients are not supported"},
         .evaluate =
             [](const Evaluation& e) {
               evaluate_binary(e, [](double x, double dy) { return dy / (1 + std::exp(-x)); });
             },
         .work = Work::outputs,
         .space = elementwise_space,
         .in_place = {{0, 0}, {1, 0}},
         .kernel = KernelDef{.name = "td_softplus_grad_f32",
                             .file = "softplus.c",
                             .fields = elementwise_fields({"a", "b"}),
                             .bind = bind_elementwise},
         .samples = [] { return same_shape_samples({{-4, 4}, {-2, 2}}); },
         .kernel_tolerance = 1e-6},
    }};

}  // namespace tdc::ops
