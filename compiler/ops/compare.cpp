#include "ops/elementwise.h"
#include "ops/rules.h"

namespace tdc::ops {
namespace {

template <bool (*holds)(double, double)>
void evaluate_mask(const Evaluation& evaluation) {
  evaluate_binary(evaluation, [](double a, double b) { return holds(a, b) ? 1.0 : 0.0; });
}

/// A mask jumps between 0 and 1 and is constant beside, so nothing goes through it to the operands.
/// The op is no error on the way of a gradient: in x * (x > 0) the factor x has one.
void no_slope(GradientContext& /*context*/) {}

template <bool (*holds)(double, double)>
OpDef comparison(std::string_view name, std::string_view summary, std::string_view kernel) {
  return {.name = name,
          .summary = summary,
          .signature = "a:[..], b:[..] -> y:[..]",
          .infer_types = infer_broadcast,
          .batch = batch_elementwise,
          .gradient = no_slope,
          .evaluate = evaluate_mask<holds>,
          .work = Work::outputs,
          .space = elementwise_space,
          .in_place = {{0, 0}, {1, 0}},
          .kernel = KernelDef{.name = kernel,
                              .file = "compare.c",
                              .fields = elementwise_fields({"a", "b"}),
                              .bind = bind_elementwise},
          // Floats from here are 0 and its two neighbours, so that many are equal.
          .samples = [] { return binary_samples({-0x1p-149, 0x1p-149}, {-0x1p-149, 0x1p-149}); },
          .kernel_tolerance = 0};
}

bool is_equal(double a, double b) {
  return a == b;
}
bool is_not_equal(double a, double b) {
  return a != b;
}
bool is_less(double a, double b) {
  return a < b;
}
bool is_less_or_equal(double a, double b) {
  return a <= b;
}

}  // namespace

extern const OpFamily compare_family;
const OpFamily compare_family = {
    .ops = {
        comparison<is_equal>("equal", "1 where a = b, else 0, with broadcasting; 0 if one is NaN",
                             "td_equal_f32"),
        comparison<is_not_equal>("not_equal",
                                 "0 where a = b, else 1, with broadcasting; 1 if one is NaN",
                                 "td_not_equal_f32"),
        comparison<is_less>("less", "1 where a < b, else 0, with broadcasting; 0 if one is NaN",
                            "td_less_f32"),
        comparison<is_less_or_equal>("less_equal",
                                     "1 where a <= b, else 0, with broadcasting; 0 if one is NaN",
                                     "td_less_equal_f32"),
    }};

}  // namespace tdc::ops
