#include <cmath>

#include "ops/elementwise.h"
#include "ops/rules.h"

namespace tdc::ops {

extern const OpFamily sqrt_family;
const OpFamily sqrt_family = {
    .ops = {
        {.name = "sqrt",
         .summary = "y = square root of x; NaN below 0",
         .signature = "x:[..] -> y:[..]",
         .batch = batch_elementwise,
         .gradient =
             [](GradientContext& g) {
               g.set(0, g.emit("scale", {g.emit("div", {g.cotangent(), g.output()})},
                               {{"factor", 0.5}}));
             },
         .evaluate =
             [](const Evaluation& e) { evaluate_unary(e, [](double x) { return std::sqrt(x); }); },
         .work = Work::outputs,
         .space = elementwise_space,
         .in_place = {{0, 0}},
         .kernel = KernelDef{.name = "td_sqrt_f32",
                             .file = "sqrt.c",
                             .fields = elementwise_fields({"a"}),
                             .bind = bind_elementwise},
         .samples = [] { return same_shape_samples({{0.1, 5}}); },
         .kernel_tolerance = 1e-6},
    }};

}  // namespace tdc::ops
