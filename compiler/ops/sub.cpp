#include "ops/elementwise.h"
#include "ops/rules.h"

namespace tdc::ops {

extern const OpFamily sub_family;
const OpFamily sub_family = {.ops = {
                                 {.name = "sub",
                                  .summary = "y = a - b, with broadcasting",
                                  .signature = "a:[..], b:[..] -> y:[..]",
                                  .infer_types = infer_broadcast,
                                  .batch = batch_elementwise,
                                  .gradient =
                                      [](GradientContext& g) {
                                        const ir::ValueId dy = g.cotangent();
                                        if (g.needs(0)) g.set(0, g.sum_to_input(dy, 0));
                                        if (g.needs(1))
                                          g.set(1, g.sum_to_input(g.emit("neg", {dy}), 1));
                                      },
                                  .shift = shift_of_sum,
                                  .evaluate =
                                      [](const Evaluation& e) {
                                        evaluate_binary(e,
                                                        [](double a, double b) { return a - b; });
                                      },
                                  .work = Work::outputs,
                                  .space = elementwise_space,
                                  .in_place = {{0, 0}, {1, 0}},
                                  .kernel = KernelDef{.name = "td_sub_f32",
                                                      .file = "sub.c",
                                                      .fields = elementwise_fields({"a", "b"}),
                                                      .bind = bind_elementwise},
                                  .samples = [] { return binary_samples({-2, 2}, {-2, 2}); }},
                             }};

}  // namespace tdc::ops
