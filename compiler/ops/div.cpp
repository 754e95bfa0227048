#include "ops/elementwise.h"
#include "ops/rules.h"

namespace tdc::ops {

extern const OpFamily div_family;
const OpFamily div_family = {
    .ops = {
        {.name = "div",
         .summary = "y = a / b, with broadcasting",
         .signature = "a:[..], b:[..] -> y:[..]",
         .infer_types = infer_broadcast,
         .batch = batch_elementwise,
         .gradient =
             [](GradientContext& g) {
               const ir::ValueId dy = g.cotangent();
               // da = dy / b; db = -da y.
               const ir::ValueId da = g.emit("div", {dy, g.input(1)});
               if (g.needs(0)) g.set(0, g.sum_to_input(da, 0));
               if (g.needs(1))
                 g.set(1, g.sum_to_input(g.emit("neg", {g.emit("mul", {da, g.output()})}), 1));
             },
         .evaluate =
             [](const Evaluation& e) {
               evaluate_binary(e, [](double a, double b) { return a / b; });
             },
         .work = Work::outputs,
         .space = elementwise_space,
         .in_place = {{0, 0}, {1, 0}},
         .kernel = KernelDef{.name = "td_div_f32",
                             .file = "div.c",
                             .fields = elementwise_fields({"a", "b"}),
                             .bind = bind_elementwise},
         .samples = [] { return binary_samples({-2, 2}, {0.5, 2}); }},
    }};

}  // namespace tdc::ops
