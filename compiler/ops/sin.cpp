#include <cmath>

#include "ops/elementwise.h"
#include "ops/rules.h"

namespace tdc::ops {

extern const OpFamily sin_family;
const OpFamily sin_family = {
    .ops = {
        {.name = "sin",
         .summary = "y = sine of x, in radians",
         .signature = "x:[..] -> y:[..]",
         .batch = batch_elementwise,
         .gradient =
             [](GradientContext& g) {
               g.set(0, g.emit("mul", {g.cotangent(), g.emit("cos", {g.input(0)})}));
             },
         .evaluate =
             [](const Evaluation& e) { evaluate_unary(e, [](double x) { return std::sin(x); }); },
         .work = Work::outputs,
         .space = elementwise_space,
         .in_place = {{0, 0}},
         .kernel = KernelDef{.name = "td_sin_f32",
                             .file = "sin.c",
                             .fields = elementwise_fields({"a"}),
                             .bind = bind_elementwise},
         .samples = [] { return same_shape_samples({{-9, 9}}); },
         .kernel_tolerance = 1e-6},
    }};

}  // namespace tdc::ops
