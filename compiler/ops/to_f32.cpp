#include "ops/elementwise.h"
#include "ops/rules.h"

namespace tdc::ops {
namespace {

using ir::Dims;
using ir::TensorType;

std::vector<KernelField> fields() {
  std::vector<KernelField> result = elementwise_fields({"a"});
  result[1].dtype = ir::DType::i32;
  return result;
}

}  // namespace

extern const OpFamily to_f32_family;
const OpFamily to_f32_family = {
    .ops = {
        {.name = "to_f32",
         .summary = "class numbers as f32, exact up to 2^24",
         .signature = "x:i32[..] -> y:[..]",
         .batch = batch_leading,
         .gradient = NoGradient{"class numbers jump"},
         .evaluate =
             [](const Evaluation& e) {
               evaluate_unary(e,
                              [](double x) { return static_cast<double>(static_cast<float>(x)); });
             },
         .work = Work::outputs,
         .space = elementwise_space,
         .kernel = KernelDef{.name = "td_to_f32",
                             .file = "to_f32.c",
                             .fields = fields(),
                             .bind = bind_elementwise},
         .samples =
             [] {
               const auto sample = [](Dims dims, Domain domain) {
                 return Sample{.inputs = {TensorType{.dtype = ir::DType::i32, .dims = dims}},
                               .attributes = {},
                               .domains = {domain}};
               };
               return std::vector<Sample>{sample({}, {0, 10}), sample({7}, {-9, 10}),
                                          sample({3, 5}, {0, 1e6}),
                                          sample({2, 3, 7}, {-0x1p31, 0x1p31})};
             },
         .kernel_tolerance = 0},
    }};

}  // namespace tdc::ops
