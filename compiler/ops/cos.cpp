#include <cmath>

#include "ops/elementwise.h"
#include "ops/rules.h"

namespace tdc::ops {

extern const OpFamily cos_family;
const OpFamily cos_family = {
    .ops = {
        {.name = "cos",
         .summary = "y = cosine of x, in radians",
         .signature = "x:[..] -> y:[..]",
         .batch = batch_elementwise,
         .gradient =
             [](GradientContext& g) {
               g.set(0,
                     g.emit("neg", {g.emit("mul", {g.cotangent(), g.emit("sin", {g.input(0)})})}));
             },
         .evaluate =
             [](const Evaluation& e) { evaluate_unary(e, [](double x) { return std::cos(x); }); },
         .work = Work::outputs,
         .space = elementwise_space,
         .in_place = {{0, 0}},
         .kernel = KernelDef{.name = "td_cos_f32",
                             .file = "cos.c",
                             .fields = elementwise_fields({"a"}),
                             .bind = bind_elementwise},
         .samples = [] { return same_shape_samples({{-9, 9}}); },
         .kernel_tolerance = 1e-6},
    }};

}  // namespace tdc::ops
