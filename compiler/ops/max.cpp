#include "ops/extremum.h"
#include "ops/reduction.h"
#include "ops/rules.h"

namespace tdc::ops {
namespace {

bool is_larger(double element, double best) {
  return element > best;
}

}  // namespace

extern const OpFamily max_family;
const OpFamily max_family = {
    .ops = {
        {.name = "max",
         .summary = "largest element over axes; NaN if any is NaN",
         .signature = "x:[..] -> y:[..]",
         .attributes = reduction_attributes(),
         .infer_types = infer_reduction,
         .batch = batch_reduction,
         .gradient =
             [](GradientContext& g) {
               g.set(0, g.emit("max_grad", {g.input(0), g.cotangent()}, g.attributes()));
             },
         .evaluate = [](const Evaluation& e) { evaluate_extremum(e, is_larger); },
         .work = Work::outputs,
         .space = axes_reduction_space,
         .spread = spread_in_ranges,
         .kernel = KernelDef{.name = "td_max_f32",
                             .file = "max.c",
                             .fields = reduction_fields(),
                             .bind = bind_axes_reduction},
         .samples = reduction_samples},

        {.name = "max_grad",
         .summary = "dy at the first maximum (or the first NaN) of its group, 0 elsewhere",
         .signature = "x:[..], dy:[..] -> dx:[..]",
         .visibility = Visibility::internal,
         .attributes = reduction_attributes(),
         .infer_types = [](const Call& call) -> TypeResult { return std::vector{call.input(0)}; },
         .batch = batch_leading,  // made after batching only
         .gradient = NoGradient{"gradients of gradients are not supported"},
         .evaluate = [](const Evaluation& e) { evaluate_extremum_gradient(e, is_larger); },
         .work = Work::outputs,
         .space = axes_reduction_space,
         .kernel = extremum_gradient_kernel("td_max_grad_f32", "max.c"),
         .samples = extremum_gradient_samples},
    }};

}  // namespace tdc::ops
