#include <cmath>

#include "ops/elementwise.h"
#include "ops/rules.h"

namespace tdc::ops {

extern const OpFamily exp_family;
const OpFamily exp_family = {
    .ops = {
        {.name = "exp",
         .summary = "y = e^x",
         .signature = "x:[..] -> y:[..]",
         .batch = batch_elementwise,
         .gradient =
             [](GradientContext& g) { g.set(0, g.emit("mul", {g.cotangent(), g.output()})); },
         .evaluate =
             [](const Evaluation& e) { evaluate_unary(e, [](double x) { return std::exp(x); }); },
         .work = Work::outputs,
         .space = elementwise_space,
         .in_place = {{0, 0}},
         .kernel = KernelDef{.name = "td_exp_f32",
                             .file = "exp.c",
                             .fields = elementwise_fields({"a"}),
                             .bind = bind_elementwise},
         .samples = [] { return same_shape_samples({{-4, 4}}); },
         .kernel_tolerance = 1e-6},
    }};

}  // namespace tdc::ops
