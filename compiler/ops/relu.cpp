#include "ops/elementwise.h"
#include "ops/rules.h"

namespace tdc::ops {

extern const OpFamily relu_family;
const OpFamily relu_family = {
    .ops = {
        {.name = "relu",
         .summary = "y = max(x, 0); NaN stays NaN",
         .signature = "x:[..] -> y:[..]",
         .batch = batch_elementwise,
         // From the output, so that the input need not be kept.
         .gradient =
             [](GradientContext& g) { g.set(0, g.emit("relu_grad", {g.output(), g.cotangent()})); },
         .evaluate =
             [](const Evaluation& e) {
               evaluate_unary(e, [](double x) { return x < 0 ? 0.0 : x; });
             },
         .work = Work::outputs,
         .space = elementwise_space,
         .in_place = {{0, 0}},
         .kernel = KernelDef{.name = "td_relu_f32",
                             .file = "relu.c",
                             .fields = elementwise_fields({"a"}),
                             .bind = bind_elementwise},
         .samples = [] { return same_shape_samples({{-2, 2}}); }},

        {.name = "relu_grad",
         .summary = "dx = dy where y > 0, else 0; y is relu's output",
         .signature = "y:[..], dy:[..] -> dx:[..]",
         .visibility = Visibility::internal,
         .batch = batch_elementwise,
         .gradient = NoGradient{"gradients of gradients are not supported"},
         .evaluate =
             [](const Evaluation& e) {
               evaluate_binary(e, [](double y, double dy) { return y > 0 ? dy : 0.0; });
             },
         .work = Work::outputs,
         .space = elementwise_space,
         .in_place = {{0, 0}, {1, 0}},
         .kernel = KernelDef{.name = "td_relu_grad_f32",
                             .file = "relu.c",
                             .fields = elementwise_fields({"a", "b"}),
                             .bind = bind_elementwise},
         .samples = [] { return same_shape_samples({{-2, 2}, {-2, 2}}); }},
    }};

}  // namespace tdc::ops
