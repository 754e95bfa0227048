#include <fmt/format.h>

#include "diag/diagnostic.h"
#include "ops/elementwise.h"
#include "ops/rules.h"

namespace tdc::ops {
namespace {

const std::vector<AttributeDef> kAttributes = {
    {"low", AttributeKind::real, std::nullopt, "what smaller elements become"},
    {"high", AttributeKind::real, std::nullopt, "what larger elements become"}};

TypeResult infer(const Call& call) {
  const double low = call.attributes.real("low"), high = call.attributes.real("high");
  if (low > high)
    return TypeProblem{.message = make_message(diag::op_attribute, "low",
                                               fmt::format("a number up to `high`, {}", high),
                                               fmt::format("{}", low)),
                       .operand = -1,
                       .attribute = "low"};
  return std::vector{call.input(0)};
}

}  // namespace

extern const OpFamily clamp_family;
const OpFamily clamp_family = {
    .ops = {
        {.name = "clamp",
         .summary = "x held between low and high; NaN stays NaN",
         .signature = "x:[..] -> y:[..]",
         .attributes = kAttributes,
         .infer_types = infer,
         .batch = batch_elementwise,
         // From the output, so that the input need not be kept.
         .gradient =
             [](GradientContext& g) {
               g.set(0, g.emit("clamp_grad", {g.output(), g.cotangent()}, g.attributes()));
             },
         .evaluate =
             [](const Evaluation& e) {
               const double low = rounded_real(e.attributes, "low");
               const double high = rounded_real(e.attributes, "high");
               evaluate_unary(e, [=](double x) {
                 const double raised = x < low ? low : x;
                 return raised > high ? high : raised;
               });
             },
         .work = Work::outputs,
         .space = elementwise_space,
         .in_place = {{0, 0}},
         .kernel = KernelDef{.name = "td_clamp_f32",
                             .file = "clamp.c",
                             .fields = elementwise_fields({"a"}, kAttributes),
                             .bind = bind_elementwise},
         .samples = [] { return same_shape_samples({{-2, 2}}, {{"low", -0.7}, {"high", 1.1}}); },
         .kernel_tolerance = 0},

        {.name = "clamp_grad",
         .summary = "dx = dy where low < y < high, else 0; y is clamp's output",
         .signature = "y:[..], dy:[..] -> dx:[..]",
         .visibility = Visibility::internal,
         .attributes = kAttributes,
         .batch = batch_elementwise,
         .gradient = NoGradient{"gradients of gradients are not supported"},
         .evaluate =
             [](const Evaluation& e) {
               const double low = rounded_real(e.attributes, "low");
               const double high = rounded_real(e.attributes, "high");
               evaluate_binary(e,
                               [=](double y, double dy) { return y <= low || y >= high ? 0 : dy; });
             },
         .work = Work::outputs,
         .space = elementwise_space,
         .in_place = {{0, 0}, {1, 0}},
         .kernel = KernelDef{.name = "td_clamp_grad_f32",
                             .file = "clamp.c",
                             .fields = elementwise_fields({"a", "b"}, kAttributes),
                             .bind = bind_elementwise},
         .samples =
             [] { return same_shape_samples({{-2, 2}, {-2, 2}}, {{"low", -0.7}, {"high", 1.1}}); },
         .kernel_tolerance = 0},
    }};

}  // namespace tdc::ops
