#include <cmath>

#include "ops/elementwise.h"
#include "ops/rules.h"

namespace tdc::ops {

extern const OpFamily minimum_family;
const OpFamily minimum_family = {
    .ops = {
        {.name = "minimum",
         .summary = "the smaller of a and b, with broadcasting; NaN if one is NaN",
         .signature = "a:[..], b:[..] -> y:[..]",
         .infer_types = infer_broadcast,
         .batch = batch_elementwise,
         .gradient =
             [](GradientContext& g) {
               // `maximum_grad` is dy where the first of its operands is larger.
               const ir::ValueId dy = g.cotangent(), a = g.input(0), b = g.input(1);
               if (g.needs(0)) g.set(0, g.sum_to_input(g.emit("maximum_grad", {b, a, dy}), 0));
               if (g.needs(1)) g.set(1, g.sum_to_input(g.emit("maximum_grad", {a, b, dy}), 1));
             },
         .evaluate =
             [](const Evaluation& e) {
               evaluate_binary(e,
                               [](double a, double b) { return b < a || std::isnan(b) ? b : a; });
             },
         .work = Work::outputs,
         .space = elementwise_space,
         .in_place = {{0, 0}, {1, 0}},
         .kernel = KernelDef{.name = "td_minimum_f32",
                             .file = "minimum.c",
                             .fields = elementwise_fields({"a", "b"}),
                             .bind = bind_elementwise},
         .samples = [] { return binary_samples({-2, 2}, {-2, 2}); },
         .kernel_tolerance = 0},
    }};

}  // namespace tdc::ops
