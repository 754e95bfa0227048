#include <cmath>
#include <numbers>

#include "ops/elementwise.h"
#include "ops/rules.h"

namespace tdc::ops {
namespace {

const double kScale = std::sqrt(2 / std::numbers::pi);
constexpr double kCubic = 0.044715;

}  // namespace

extern const OpFamily gelu_tanh_family;
const OpFamily gelu_tanh_family = {
    .ops = {
        {.name = "gelu_tanh",
         .summary =
             "y = x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2, the approximation of gelu",
         .signature = "x:[..] -> y:[..]",
         .batch = batch_elementwise,
         .gradient =
             [](GradientContext& g) {
               g.set(0, g.emit("gelu_tanh_grad", {g.input(0), g.cotangent()}));
             },
         .evaluate =
             [](const Evaluation& e) {
               evaluate_unary(e, [](double x) {
                 return x * (1 + std::tanh(kScale * (x + kCubic * x * x * x))) / 2;
               });
             },
         .work = Work::outputs,
         .space = elementwise_space,
         .in_place = {{0, 0}},
         .kernel = KernelDef{.name = "td_gelu_tanh_f32",
                             .file = "gelu_tanh.c",
                             .fields = elementwise_fields({"a"}),
                             .bind = bind_elementwise},
         .samples = [] { return same_shape_samples({{-3, 3}}); },
         .kernel_tolerance = 1e-6},

        {.name = "gelu_tanh_grad",
         .summary = "dx = dy s + dy x s', s = (1 + tanh(..)) / 2, from gelu_tanh's input x",
         .signature = "x:[..], dy:[..] -> dx:[..]",
         .visibility = Visibility::internal,
         .batch = batch_elementwise,
         .gradient = NoGradient{"gradients of gradients are not supported"},
         .evaluate =
             [](const Evaluation& e) {
               evaluate_binary(e, [](double x, double dy) {
                 const double t = std::tanh(kScale * (x + kCubic * x * x * x));
                 if (std::abs(t) == 1) return dy * (1 + t) / 2;  // x may be infinite
                 return dy *
                        ((1 + t) / 2 + x * (1 - t * t) / 2 * kScale * (1 + 3 * kCubic * x * x));
               });
             },
         .work = Work::outputs,
         .space = elementwise_space,
         .in_place = {{0, 0}, {1, 0}},
         .kernel = KernelDef{.name = "td_gelu_tanh_grad_f32",
                             .file = "gelu_tanh.c",
                             .fields = elementwise_fields({"a", "b"}),
                             .bind = bind_elementwise},
         .samples = [] { return same_shape_samples({{-3, 3}, {-2, 2}}); },
         .kernel_tolerance = 1e-6},
    }};

}  // namespace tdc::ops
