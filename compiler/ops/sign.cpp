#include <cmath>

#include "ops/elementwise.h"
#include "ops/rules.h"

namespace tdc::ops {

extern const OpFamily sign_family;
const OpFamily sign_family = {
    .ops = {
        {.name = "sign",
         .summary = "y = 1 where x > 0, -1 where x < 0, 0 at 0; NaN stays NaN",
         .signature = "x:[..] -> y:[..]",
         .batch = batch_elementwise,
         .gradient = NoGradient{"`sign` is constant beside 0 and jumps there"},
         .evaluate =
             [](const Evaluation& e) {
               evaluate_unary(e, [](double x) {
                 return std::isnan(x) ? x : static_cast<double>((x > 0) - (x < 0));
               });
             },
         .work = Work::outputs,
         .space = elementwise_space,
         .in_place = {{0, 0}},
         .kernel = KernelDef{.name = "td_sign_f32",
                             .file = "sign.c",
                             .fields = elementwise_fields({"a"}),
                             .bind = bind_elementwise},
         .samples = [] { return same_shape_samples({{-2, 2}}); },
         .kernel_tolerance = 0},
    }};

}  // namespace tdc::ops
