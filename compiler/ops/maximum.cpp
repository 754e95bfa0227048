#include <cmath>

#include "ops/elementwise.h"
#include "ops/rules.h"

namespace tdc::ops {
namespace {

std::vector<Sample> grad_samples() {
  std::vector<Sample> samples = binary_samples({-2, 2}, {-2, 2});
  for (Sample& sample : samples) {
    const TypeResult dy =
        infer_broadcast({.inputs = sample.inputs, .outputs = {}, .attributes = {}});
    sample.inputs.emplace_back(std::get<std::vector<ir::TensorType>>(dy)[0]);
    sample.domains.emplace_back();
  }
  return samples;
}

}  // namespace

extern const OpFamily maximum_family;
const OpFamily maximum_family = {
    .ops = {
        {.name = "maximum",
         .summary = "the larger of a and b, with broadcasting; NaN if one is NaN",
         .signature = "a:[..], b:[..] -> y:[..]",
         .infer_types = infer_broadcast,
         .batch = batch_elementwise,
         .gradient =
             [](GradientContext& g) {
               const ir::ValueId dy = g.cotangent(), a = g.input(0), b = g.input(1);
               if (g.needs(0)) g.set(0, g.sum_to_input(g.emit("maximum_grad", {a, b, dy}), 0));
               if (g.needs(1)) g.set(1, g.sum_to_input(g.emit("maximum_grad", {b, a, dy}), 1));
             },
         .evaluate =
             [](const Evaluation& e) {
               evaluate_binary(e,
                               [](double a, double b) { return b > a || std::isnan(b) ? b : a; });
             },
         .work = Work::outputs,
         .space = elementwise_space,
         .in_place = {{0, 0}, {1, 0}},
         .kernel = KernelDef{.name = "td_maximum_f32",
                             .file = "maximum.c",
                             .fields = elementwise_fields({"a", "b"}),
                             .bind = bind_elementwise},
         .samples = [] { return binary_samples({-2, 2}, {-2, 2}); },
         .kernel_tolerance = 0},

        {.name = "maximum_grad",
         .summary = "da = dy where a > b, dy / 2 where neither is larger (ties, NaN), else 0",
         .signature = "a:[..], b:[..], dy:[..] -> da:[..]",
         .visibility = Visibility::internal,
         .infer_types = [](const Call& call) -> TypeResult { return std::vector{call.input(2)}; },
         .batch = batch_elementwise,
         .gradient = NoGradient{"gradients of gradients are not supported"},
         .evaluate =
             [](const Evaluation& e) {
               evaluate_ternary(e, [](double a, double b, double dy) {
                 if (a > b) return dy;
                 return a < b ? 0 : dy / 2;
               });
             },
         .work = Work::outputs,
         .space = elementwise_space,
         .in_place = {{0, 0}, {1, 0}, {2, 0}},
         .kernel = KernelDef{.name = "td_maximum_grad_f32",
                             .file = "maximum.c",
                             .fields = elementwise_fields({"a", "b", "c"}),
                             .bind = bind_elementwise},
         .samples = grad_samples,
         .kernel_tolerance = 0},
    }};

}  // namespace tdc::ops
