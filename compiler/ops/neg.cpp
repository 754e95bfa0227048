#include "ops/elementwise.h"
#include "ops/rules.h"

namespace tdc::ops {

extern const OpFamily neg_family;
const OpFamily neg_family = {
    .ops = {
        {.name = "neg",
         .summary = "y = -x",
         .signature = "x:[..] -> y:[..]",
         .batch = batch_elementwise,
         .gradient = [](GradientContext& g) { g.set(0, g.emit("neg", {g.cotangent()})); },
         .shift = shift_of_sum,
         .evaluate = [](const Evaluation& e) { evaluate_unary(e, [](double x) { return -x; }); },
         .work = Work::outputs,
         .space = elementwise_space,
         .in_place = {{0, 0}},
         .kernel = KernelDef{.name = "td_neg_f32",
                             .file = "neg.c",
                             .fields = elementwise_fields({"a"}),
                             .bind = bind_elementwise},
         .samples = [] { return same_shape_samples({{-2, 2}}); },
         .kernel_tolerance = 0},
    }};

}  // namespace tdc::ops
