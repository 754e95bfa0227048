#include <cmath>

#include "ops/elementwise.h"
#include "ops/rules.h"

namespace tdc::ops {
namespace {

const std::vector<AttributeDef> kAttributes = {
    {"exponent", AttributeKind::real, std::nullopt, "of every element"}};

/// One exponent in all shapes, others in one: 2 and 3 of all numbers, else of positive ones.
std::vector<Sample> samples(std::vector<Domain> domains) {
  domains[0] = {0.2, 3};
  std::vector<Sample> result = same_shape_samples(domains, {{"exponent", 2.5}});
  for (const double exponent : {2.0, 3.0, -1.0, 0.0, 1.0, 0.3}) {
    result.push_back(result.front());
    Sample& sample = result.back();
    for (auto& input : sample.inputs) input->dims = {3, 7};
    sample.attributes.set("exponent", exponent);
    if (exponent >= 2) sample.domains[0] = {-2, 2};
  }
  return result;
}

}  // namespace

extern const OpFamily pow_family;
const OpFamily pow_family = {
    .ops = {
        {.name = "pow",
         .summary = "y = x^exponent; NaN for x < 0 and an exponent that is no whole number",
         .signature = "x:[..] -> y:[..]",
         .attributes = kAttributes,
         .batch = batch_elementwise,
         .gradient =
             [](GradientContext& g) {
               g.set(0, g.emit("pow_grad", {g.input(0), g.cotangent()}, g.attributes()));
             },
         .evaluate =
             [](const Evaluation& e) {
               const double exponent = rounded_real(e.attributes, "exponent");
               evaluate_unary(e, [=](double x) { return std::pow(x, exponent); });
             },
         .work = Work::outputs,
         .space = elementwise_space,
         .in_place = {{0, 0}},
         .is_identity = [](const Call& call) { return call.attributes.real("exponent") == 1; },
         .kernel = KernelDef{.name = "td_pow_f32",
                             .file = "pow.c",
                             .fields = elementwise_fields({"a"}, kAttributes),
                             .bind = bind_elementwise},
         .samples = [] { return samples({{}}); },
         .kernel_tolerance = 1e-6},

        {.name = "pow_grad",
         .summary = "dx = dy exponent x^(exponent - 1); 0 for an exponent of 0",
         .signature = "x:[..], dy:[..] -> dx:[..]",
         .visibility = Visibility::internal,
         .attributes = kAttributes,
         .batch = batch_elementwise,
         .gradient = NoGradient{"gradients of gradients are not supported"},
         .evaluate =
             [](const Evaluation& e) {
               const double exponent = rounded_real(e.attributes, "exponent");
               evaluate_binary(e, [=](double x, double dy) {
                 return exponent == 0 ? 0 : dy * (exponent * std::pow(x, exponent - 1));
               });
             },
         .work = Work::outputs,
         .space = elementwise_space,
         .in_place = {{0, 0}, {1, 0}},
         .kernel = KernelDef{.name = "td_pow_grad_f32",
                             .file = "pow.c",
                             .fields = elementwise_fields({"a", "b"}, kAttributes),
                             .bind = bind_elementwise},
         .samples = [] { return samples({{}, {}}); },
         .kernel_tolerance = 1e-6},
    }};

}  // namespace tdc::ops
