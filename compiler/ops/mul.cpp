#include "ops/elementwise.h"
#include "ops/rules.h"

namespace tdc::ops {

extern const OpFamily mul_family;
const OpFamily mul_family = {
    .ops = {
        {.name = "mul",
         .summary = "y = a * b, with broadcasting",
         .signature = "a:[..], b:[..] -> y:[..]",
         .infer_types = infer_broadcast,
         .batch = batch_elementwise,
         .gradient =
             [](GradientContext& g) {
               const ir::ValueId dy = g.cotangent();
               if (g.needs(0)) g.set(0, g.sum_to_input(g.emit("mul", {dy, g.input(1)}), 0));
               if (g.needs(1)) g.set(1, g.sum_to_input(g.emit("mul", {dy, g.input(0)}), 1));
             },
         .shift = shift_of_product,
         .evaluate =
             [](const Evaluation& e) {
               evaluate_binary(e, [](double a, double b) { return a * b; });
             },
         .work = Work::outputs,
         .space = elementwise_space,
         .in_place = {{0, 0}, {1, 0}},
         .kernel = KernelDef{.name = "td_mul_f32",
                             .file = "mul.c",
                             .fields = elementwise_fields({"a", "b"}),
                             .bind = bind_elementwise},
         .samples = [] { return binary_samples({-2, 2}, {-2, 2}); }},
    }};

}  // namespace tdc::ops
