#include "ops/elementwise.h"
#include "ops/rules.h"

namespace tdc::ops {

extern const OpFamily add_family;
const OpFamily add_family = {.ops = {
                                 {.name = "add",
                                  .summary = "y = a + b, with broadcasting",
                                  .signature = "a:[..], b:[..] -> y:[..]",
                                  .infer_types = infer_broadcast,
                                  .batch = batch_elementwise,
                                  .gradient =
                                      [](GradientContext& g) {
                                        if (g.needs(0)) g.set(0, g.sum_to_input(g.cotangent(), 0));
                                        if (g.needs(1)) g.set(1, g.sum_to_input(g.cotangent(), 1));
                                      },
                                  .shift = shift_of_sum,
                                  .evaluate =
                                      [](const Evaluation& e) {
                                        evaluate_binary(e,
                                                        [](double a, double b) { return a + b; });
                                      },
                                  .work = Work::outputs,
                                  .space = elementwise_space,
                                  .in_place = {{0, 0}, {1, 0}},
                                  .is_sum = true,
                                  .kernel = KernelDef{.name = "td_add_f32",
                                                      .file = "add.c",
                                                      .fields = elementwise_fields({"a", "b"}),
                                                      .bind = bind_elementwise},
                                  .samples = [] { return binary_samples({}, {}); }},
                             }};

}  // namespace tdc::ops
