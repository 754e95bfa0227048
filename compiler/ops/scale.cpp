#include "ops/elementwise.h"
#include "ops/rules.h"

namespace tdc::ops {
namespace {

std::vector<KernelField> fields() {
  std::vector<KernelField> result = elementwise_fields({"a"});
  result.insert(result.begin() + 2,
                {.name = "factor", .kind = FieldKind::real, .summary = "of every element"});
  return result;
}

}  // namespace

extern const OpFamily scale_family;
const OpFamily scale_family = {
    .ops = {
        {.name = "scale",
         .summary = "y = x * factor, the factor rounded once",
         .signature = "x:[..] -> y:[..]",
         .visibility = Visibility::internal,
         .attributes = {{"factor", AttributeKind::real, std::nullopt, "of every element"}},
         .batch = batch_elementwise,
         .gradient =
             [](GradientContext& g) {
               g.set(0,
                     g.emit("scale", {g.cotangent()}, {{"factor", g.attributes().real("factor")}}));
             },
         .evaluate =
             [](const Evaluation& e) {
               const auto factor =
                   static_cast<double>(static_cast<float>(e.attributes.real("factor")));
               evaluate_unary(e, [factor](double x) { return x * factor; });
             },
         .work = Work::outputs,
         .space = elementwise_space,
         .in_place = {{0, 0}},
         .kernel = KernelDef{.name = "td_scale_f32",
                             .file = "scale.c",
                             .fields = fields(),
                             .bind =
                                 [](const KernelCall& call, KernelScalars& scalars) {
                                   bind_elementwise(call, scalars);
                                   scalars.set("factor", call.attributes.real("factor"));
                                 }},
         .samples =
             [] {
               std::vector<Sample> samples = same_shape_samples({{}});
               for (Sample& sample : samples) sample.attributes = {{"factor", 0.3}};
               return samples;
             }},
    }};

}  // namespace tdc::ops
