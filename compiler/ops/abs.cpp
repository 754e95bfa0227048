#include <cmath>

#include "ops/elementwise.h"
#include "ops/rules.h"

namespace tdc::ops {

extern const OpFamily abs_family;
const OpFamily abs_family = {
    .ops = {
        {.name = "abs",
         .summary = "y = |x|",
         .signature = "x:[..] -> y:[..]",
         .batch = batch_elementwise,
         .gradient =
             [](GradientContext& g) { g.set(0, g.emit("abs_grad", {g.input(0), g.cotangent()})); },
         .evaluate =
             [](const Evaluation& e) { evaluate_unary(e, [](double x) { return std::abs(x); }); },
         .work = Work::outputs,
         .space = elementwise_space,
         .in_place = {{0, 0}},
         .kernel = KernelDef{.name = "td_abs_f32",
                             .file = "abs.c",
                             .fields = elementwise_fields({"a"}),
                             .bind = bind_elementwise},
         .samples = [] { return same_shape_samples({{-2, 2}}); },
         .kernel_tolerance = 0},

        {.name = "abs_grad",
         .summary = "dx = dy where x > 0, -dy where x < 0, 0 at 0",
         .signature = "x:[..], dy:[..] -> dx:[..]",
         .visibility = Visibility::internal,
         .batch = batch_elementwise,
         .gradient = NoGradient{"gradients of gradients are not supported"},
         .evaluate =
             [](const Evaluation& e) {
               evaluate_binary(e, [](double x, double dy) {
                 if (x == 0) return 0.0;
                 return x < 0 ? -dy : dy;
               });
             },
         .work = Work::outputs,
         .space = elementwise_space,
         .in_place = {{0, 0}, {1, 0}},
         .kernel = KernelDef{.name = "td_abs_grad_f32",
                             .file = "abs.c",
                             .fields = elementwise_fields({"a", "b"}),
                             .bind = bind_elementwise},
         .samples = [] { return same_shape_samples({{-2, 2}, {-2, 2}}); },
         .kernel_tolerance = 0},
    }};

}  // namespace tdc::ops
