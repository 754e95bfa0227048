#include <algorithm>

#include "ops/elementwise.h"
#include "ops/rules.h"

namespace tdc::ops {

extern const OpFamily hardswish_family;
const OpFamily hardswish_family = {
    .ops = {
        {.name = "hardswish",
         .summary = "y = x times (x + 3) / 6 held between 0 and 1",
         .signature = "x:[..] -> y:[..]",
         .batch = batch_elementwise,
         .gradient =
             [](GradientContext& g) {
               g.set(0, g.emit("hardswish_grad", {g.input(0), g.cotangent()}));
             },
         .evaluate =
             [](const Evaluation& e) {
               evaluate_unary(e, [](double x) { return x * std::clamp((x + 3) / 6, 0.0, 1.0); });
             },
         .work = Work::outputs,
         .space = elementwise_space,
         .in_place = {{0, 0}},
         .kernel = KernelDef{.name = "td_hardswish_f32",
                             .file = "hardswish.c",
                             .fields = elementwise_fields({"a"}),
                             .bind = bind_elementwise},
         .samples = [] { return same_shape_samples({{-5, 5}}); }},

        {.name = "hardswish_grad",
         .summary = "dx = 0 for x <= -3, dy for x >= 3, dy (x / 3 + 1 / 2) between them",
         .signature = "x:[..], dy:[..] -> dx:[..]",
         .visibility = Visibility::internal,
         .batch = batch_elementwise,
         .gradient = NoGradient{"gradients of gradients are not supported"},
         .evaluate =
             [](const Evaluation& e) {
               evaluate_binary(e, [](double x, double dy) {
                 if (x <= -3) return 0.0;
                 return x >= 3 ? dy : dy * (x / 3 + 0.5);
               });
             },
         .work = Work::outputs,
         .space = elementwise_space,
         .in_place = {{0, 0}, {1, 0}},
         .kernel = KernelDef{.name = "td_hardswish_grad_f32",
                             .file = "hardswish.c",
                             .fields = elementwise_fields({"a", "b"}),
                             .bind = bind_elementwise},
         .samples = [] { return same_shape_samples({{-5, 5}, {-2, 2}}); }},
    }};

}  // namespace tdc::ops
