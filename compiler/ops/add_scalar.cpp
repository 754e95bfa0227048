#include "ops/elementwise.h"
#include "ops/rules.h"

namespace tdc::ops {
namespace {

std::vector<KernelField> fields() {
  std::vector<KernelField> result = elementwise_fields({"a"});
  result.insert(result.begin() + 2,
                {.name = "offset", .kind = FieldKind::real, .summary = "added to every element"});
  return result;
}

}  // namespace

extern const OpFamily add_scalar_family;
const OpFamily add_scalar_family = {
    .ops = {
        {.name = "add_scalar",
         .summary = "y = x + offset, the offset rounded once",
         .signature = "x:[..] -> y:[..]",
         .visibility = Visibility::internal,
         .attributes = {{"offset", AttributeKind::real, std::nullopt, "added to every element"}},
         .batch = batch_elementwise,
         .gradient = [](GradientContext& g) { g.set(0, g.cotangent()); },
         .evaluate =
             [](const Evaluation& e) {
               const auto offset =
                   static_cast<double>(static_cast<float>(e.attributes.real("offset")));
               evaluate_unary(e, [offset](double x) { return x + offset; });
             },
         .work = Work::outputs,
         .space = elementwise_space,
         .in_place = {{0, 0}},
         .kernel = KernelDef{.name = "td_add_scalar_f32",
                             .file = "add_scalar.c",
                             .fields = fields(),
                             .bind =
                                 [](const KernelCall& call, KernelScalars& scalars) {
                                   bind_elementwise(call, scalars);
                                   scalars.set("offset", call.attributes.real("offset"));
                                 }},
         .samples =
             [] {
               std::vector<Sample> samples = same_shape_samples({{}});
               for (Sample& sample : samples) sample.attributes = {{"offset", 0.3}};
               return samples;
             }},
    }};

}  // namespace tdc::ops
