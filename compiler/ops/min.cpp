#include "ops/extremum.h"
#include "ops/reduction.h"
#include "ops/rules.h"

namespace tdc::ops {
namespace {

bool is_smaller(double element, double best) {
  return element < best;
}

}  // namespace

extern const OpFamily min_family;
const OpFamily min_family = {
    .ops = {
        {.name = "min",
         .summary = "smallest element over axes; NaN if any is NaN",
         .signature = "x:[..] -> y:[..]",
         .attributes = reduction_attributes(),
         .infer_types = infer_reduction,
         .batch = batch_reduction,
         .gradient =
             [](GradientContext& g) {
               g.set(0, g.emit("min_grad", {g.input(0), g.cotangent()}, g.attributes()));
             },
         .evaluate = [](const Evaluation& e) { evaluate_extremum(e, is_smaller); },
         .work = Work::outputs,
         .space = axes_reduction_space,
         .spread = spread_in_ranges,
         .kernel = KernelDef{.name = "td_min_f32",
                             .file = "min.c",
                             .fields = reduction_fields(),
                             .bind = bind_axes_reduction},
         .samples = reduction_samples},

        {.name = "min_grad",
         .summary = "dy at the first minimum (or the first NaN) of its group, 0 elsewhere",
         .signature = "x:[..], dy:[..] -> dx:[..]",
         .visibility = Visibility::internal,
         .attributes = reduction_attributes(),
         .infer_types = [](const Call& call) -> TypeResult { return std::vector{call.input(0)}; },
         .batch = batch_leading,  // made after batching only
         .gradient = NoGradient{"gradients of gradients are not supported"},
         .evaluate = [](const Evaluation& e) { evaluate_extremum_gradient(e, is_smaller); },
         .work = Work::outputs,
         .space = axes_reduction_space,
         .kernel = extremum_gradient_kernel("td_min_grad_f32", "min.c"),
         .samples = extremum_gradient_samples},
    }};

}  // namespace tdc::ops
