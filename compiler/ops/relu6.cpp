#include <algorithm>

#include "ops/elementwise.h"
#include "ops/rules.h"

namespace tdc::ops {

extern const OpFamily relu6_family;
const OpFamily relu6_family = {
    .ops = {
        {.name = "relu6",
         .summary = "y = x held between 0 and 6; NaN stays NaN",
         .signature = "x:[..] -> y:[..]",
         .batch = batch_elementwise,
         // From the output, so that the input need not be kept.
         .gradient =
             [](GradientContext& g) {
               g.set(0, g.emit("relu6_grad", {g.output(), g.cotangent()}));
             },
         .evaluate =
             [](const Evaluation& e) {
               evaluate_unary(e, [](double x) { return x < 0 ? 0.0 : std::min(x, 6.0); });
             },
         .work = Work::outputs,
         .space = elementwise_space,
         .in_place = {{0, 0}},
         .kernel = KernelDef{.name = "td_relu6_f32",
                             .file = "relu6.c",
                             .fields = elementwise_fields({"a"}),
                             .bind = bind_elementwise},
         .samples = [] { return same_shape_samples({{-2, 8}}); },
         .kernel_tolerance = 0},

        {.name = "relu6_grad",
         .summary = "dx = dy where 0 < y < 6, else 0; y is relu6's output",
         .signature = "y:[..], dy:[..] -> dx:[..]",
         .visibility = Visibility::internal,
         .batch = batch_elementwise,
         .gradient = NoGradient{"gradients of gradients are not supported"},
         .evaluate =
             [](const Evaluation& e) {
               evaluate_binary(e, [](double y, double dy) { return y <= 0 || y >= 6 ? 0 : dy; });
             },
         .work = Work::outputs,
         .space = elementwise_space,
         .in_place = {{0, 0}, {1, 0}},
         .kernel = KernelDef{.name = "td_relu6_grad_f32",
                             .file = "relu6.c",
                             .fields = elementwise_fields({"a", "b"}),
                             .bind = bind_elementwise},
         .samples = [] { return same_shape_samples({{-2, 8}, {-2, 2}}); },
         .kernel_tolerance = 0},
    }};

}  // namespace tdc::ops
