#include <algorithm>

#include "ops/elementwise.h"
#include "ops/rules.h"

namespace tdc::ops {

extern const OpFamily hardsigmoid_family;
const OpFamily hardsigmoid_family = {
    .ops = {
        {.name = "hardsigmoid",
         .summary = "y = (x + 3) / 6 held between 0 and 1; NaN stays NaN",
         .signature = "x:[..] -> y:[..]",
         .batch = batch_elementwise,
         // From the output, so that the input need not be kept.
         .gradient =
             [](GradientContext& g) {
               g.set(0, g.emit("hardsigmoid_grad", {g.output(), g.cotangent()}));
             },
         .evaluate =
             [](const Evaluation& e) {
               evaluate_unary(e, [](double x) { return std::clamp((x + 3) / 6, 0.0, 1.0); });
             },
         .work = Work::outputs,
         .space = elementwise_space,
         .in_place = {{0, 0}},
         .kernel = KernelDef{.name = "td_hardsigmoid_f32",
                             .file = "hardsigmoid.c",
                             .fields = elementwise_fields({"a"}),
                             .bind = bind_elementwise},
         .samples = [] { return same_shape_samples({{-5, 5}}); }},

        {.name = "hardsigmoid_grad",
         .summary = "dx = dy / 6 where 0 < y < 1, else 0; y is hardsigmoid's output",
         .signature = "y:[..], dy:[..] -> dx:[..]",
         .visibility = Visibility::internal,
         .batch = batch_elementwise,
         .gradient = NoGradient{"gradients of gradients are not supported"},
         .evaluate =
             [](const Evaluation& e) {
               evaluate_binary(e,
                               [](double y, double dy) { return y <= 0 || y >= 1 ? 0 : dy / 6; });
             },
         .work = Work::outputs,
         .space = elementwise_space,
         .in_place = {{0, 0}, {1, 0}},
         .kernel = KernelDef{.name = "td_hardsigmoid_grad_f32",
                             .file = "hardsigmoid.c",
                             .fields = elementwise_fields({"a", "b"}),
                             .bind = bind_elementwise},
         .samples = [] { return same_shape_samples({{-0.4, 1.4}, {-2, 2}}); }},
    }};

}  // namespace tdc::ops
