#include "ops/elementwise.h"
#include "ops/reduction.h"
#include "ops/rules.h"

namespace tdc::ops {
namespace {

double count_of(const ir::Dims& dims, const ir::Attributes& attributes) {
  const std::vector<bool> is_reduced = reduced_axes(dims, attributes);
  double count = 1;
  for (size_t axis = 0; axis < dims.size(); ++axis)
    if (is_reduced[axis]) count *= static_cast<double>(dims[axis]);
  return count;
}

}  // namespace

extern const OpFamily mean_family;
const OpFamily mean_family = {
    .ops = {
        {.name = "mean",
         .summary = "mean over axes",
         .signature = "x:[..] -> y:[..]",
         .attributes = reduction_attributes(),
         .infer_types = infer_reduction,
         .batch = batch_reduction,
         .gradient =
             [](GradientContext& g) {
               const ir::Dims dims = g.type(g.input(0)).dims;
               const ir::ValueId share = g.emit("scale", {kept_cotangent(g)},
                                                {{"factor", 1 / count_of(dims, g.attributes())}});
               g.set(0, g.emit("broadcast", {share}, {{"dims", dims}}));
             },
         .shift = shift_of_reduction,
         .evaluate =
             [](const Evaluation& e) {
               const ir::Dims& dims = e.input(0).type.dims;
               const std::vector<size_t> to =
                   reduction_targets(dims, reduced_axes(dims, e.attributes));
               for (size_t i = 0; i < to.size(); ++i) e.output(0).data[to[i]] += e.input(0).data[i];
               for (double& element : e.output(0).data) element /= count_of(dims, e.attributes);
             },
         .work = Work::outputs,
         .space = axes_reduction_space,
         .spread = [](Builder& builder,
                      const ir::Node& node) { return spread_sum(builder, node, true); },
         .kernel = KernelDef{.name = "td_mean_f32",
                             .file = "mean.c",
                             .fields = reduction_fields(),
                             .bind = bind_axes_reduction},
         .samples = reduction_samples},
    }};

}  // namespace tdc::ops
