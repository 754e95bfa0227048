#include "ops/elementwise.h"
#include "ops/rules.h"
#include "ops/strides.h"

namespace tdc::ops {

extern const OpFamily sgd_family;
const OpFamily sgd_family = {
    .ops = {
        {.name = "sgd_update",
         .summary = "w - learning_rate * (g * inverse_count)",
         .signature = "w:[..], g:[..], learning_rate:[], inverse_count:[] -> y:[..]",
         .visibility = Visibility::internal,
         .batch = batch_leading,  // made after batching only
         .gradient = NoGradient{"it is the end of a training step"},
         .evaluate =
             [](const Evaluation& e) {
               const double rate = e.input(2).data[0], inverse_count = e.input(3).data[0];
               evaluate_binary(e,
                               [=](double w, double g) { return w - rate * (g * inverse_count); });
             },
         .work = Work::outputs,
         .space = [](const Call& call) { return leading_space(call, {0, 0, -1, -1, 0}); },
         .in_place = {{0, 0}, {1, 0}},
         .kernel =
             KernelDef{
                 .name = "td_sgd_update_f32",
                 .file = "sgd_update.c",
                 .fields =
                     {{.name = "y", .kind = FieldKind::output, .summary = "[count]; may be w"},
                      {.name = "w", .kind = FieldKind::input, .operand = 0, .summary = "[count]"},
                      {.name = "g",
                       .kind = FieldKind::input,
                       .operand = 1,
                       .summary = "[count], summed gradient"},
                      {.name = "lr",
                       .kind = FieldKind::input,
                       .operand = 2,
                       .summary = "learning rate, read at run time"},
                      {.name = "inverse_count",
                       .kind = FieldKind::input,
                       .operand = 3,
                       .summary = "1 / samples in g, read at run time"},
                      {.name = "count", .kind = FieldKind::count, .summary = "elements"}},
                 .bind =
                     [](const KernelCall& call, KernelScalars& scalars) {
                       for (size_t i = 0; i < call.inputs.size(); ++i) check_dense(call.input(i));
                       check_dense(call.output(0));
                       scalars.set("count", ir::element_count(call.output(0).extent));
                     }},
         .samples =
             [] {
               std::vector<Sample> samples = same_shape_samples({{}, {}});
               for (Sample& sample : samples) {
                 sample.inputs.emplace_back(ir::TensorType{});
                 sample.inputs.emplace_back(ir::TensorType{});
                 sample.domains = {{-2, 2}, {-2, 2}, {0.01, 0.5}, {0.1, 1}};
               }
               return samples;
             }},
    }};

}  // namespace tdc::ops
