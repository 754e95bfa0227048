#include <cmath>

#include "ops/elementwise.h"
#include "ops/rules.h"

namespace tdc::ops {

extern const OpFamily log_family;
const OpFamily log_family = {
    .ops = {
        {.name = "log",
         .summary = "y = ln x; NaN below 0",
         .signature = "x:[..] -> y:[..]",
         .batch = batch_elementwise,
         .gradient =
             [](GradientContext& g) { g.set(0, g.emit("div", {g.cotangent(), g.input(0)})); },
         .evaluate =
             [](const Evaluation& e) { evaluate_unary(e, [](double x) { return std::log(x); }); },
         .work = Work::outputs,
         .space = elementwise_space,
         .in_place = {{0, 0}},
         .kernel = KernelDef{.name = "td_log_f32",
                             .file = "log.c",
                             .fields = elementwise_fields({"a"}),
                             .bind = bind_elementwise},
         .samples = [] { return same_shape_samples({{0.1, 5}}); },
         .kernel_tolerance = 1e-6},
    }};

}  // namespace tdc::ops
