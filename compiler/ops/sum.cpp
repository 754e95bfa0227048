#include "ops/elementwise.h"
#include "ops/reduction.h"
#include "ops/rules.h"

namespace tdc::ops {

extern const OpFamily sum_family;
const OpFamily sum_family = {
    .ops = {
        {.name = "sum",
         .summary = "sum over axes",
         .signature = "x:[..] -> y:[..]",
         .attributes = reduction_attributes(),
         .infer_types = infer_reduction,
         .batch = batch_reduction,
         .gradient =
             [](GradientContext& g) {
               g.set(0,
                     g.emit("broadcast", {kept_cotangent(g)}, {{"dims", g.type(g.input(0)).dims}}));
             },
         .shift = shift_of_reduction,
         .evaluate =
             [](const Evaluation& e) {
               const ir::Dims& dims = e.input(0).type.dims;
               const std::vector<size_t> to =
                   reduction_targets(dims, reduced_axes(dims, e.attributes));
               for (size_t i = 0; i < to.size(); ++i) e.output(0).data[to[i]] += e.input(0).data[i];
             },
         .work = Work::outputs,
         .space = axes_reduction_space,
         .spread = [](Builder& builder,
                      const ir::Node& node) { return spread_sum(builder, node, false); },
         .kernel = KernelDef{.name = "td_sum_f32",
                             .file = "sum.c",
                             .fields = reduction_fields(),
                             .bind = bind_axes_reduction},
         .samples = reduction_samples},
    }};

}  // namespace tdc::ops
