#include <fmt/format.h>

#include <algorithm>

#include "ops/bind.h"
#include "ops/elementwise.h"
#include "ops/rules.h"
#include "ops/strides.h"

namespace tdc::ops {

namespace {

/// Rows without gaps, as few as can be.
void bind_rows(const KernelCall& call, KernelScalars& scalars) {
  LoopNest nest =
      merge_loops({.extent = call.output(0).extent,
                   .strides = {call.output(0).stride, call.input(0).stride, call.input(1).stride}});
  const auto is_dense = [](const ir::Dims& strides) { return strides.back() == 1; };
  if (!std::ranges::all_of(nest.strides, is_dense)) {  // rows of one element
    nest.extent.push_back(1);
    for (ir::Dims& strides : nest.strides) strides.push_back(1);
  }
  if (nest.extent.size() == 1) {
    nest.extent.insert(nest.extent.begin(), 1);
    for (ir::Dims& strides : nest.strides) strides.insert(strides.begin(), 0);
  }
  if (nest.extent.size() > 2)
    refuse_layout(fmt::format("{} loops over rows", nest.extent.size() - 1));
  scalars.set("rows", nest.extent[0]);
  scalars.set("columns", nest.extent[1]);
  scalars.set("y_row", nest.strides[0][0]);
  scalars.set("w_row", nest.strides[1][0]);
  scalars.set("g_row", nest.strides[2][0]);
}

}  // namespace

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
         .space = [](const Call& call) { return leading_space(call, {0, 0, -1, -1, 0}, 2); },
         .in_place = {{0, 0}, {1, 0}},
         .kernel = KernelDef{.name = "td_sgd_update_f32",
                             .file = "sgd_update.c",
                             .fields = {{.name = "y",
                                         .kind = FieldKind::output,
                                         .summary = "[rows, columns]; may be w"},
                                        {.name = "w",
                                         .kind = FieldKind::input,
                                         .operand = 0,
                                         .summary = "[rows, columns]"},
                                        {.name = "g",
                                         .kind = FieldKind::input,
                                         .operand = 1,
                                         .summary = "[rows, columns], summed gradient"},
                                        {.name = "lr",
                                         .kind = FieldKind::input,
                                         .operand = 2,
                                         .summary = "learning rate, read at run time"},
                                        {.name = "inverse_count",
                                         .kind = FieldKind::input,
                                         .operand = 3,
                                         .summary = "1 / samples in g, read at run time"},
                                        {.name = "rows",
                                         .kind = FieldKind::count,
                                         .summary = "each without gaps"},
                                        {.name = "columns",
                                         .kind = FieldKind::count,
                                         .summary = "elements of a row"},
                                        {.name = "y_row",
                                         .kind = FieldKind::count,
                                         .summary = "elements between rows of y"},
                                        {.name = "w_row",
                                         .kind = FieldKind::count,
                                         .summary = "elements between rows of w"},
                                        {.name = "g_row",
                                         .kind = FieldKind::count,
                                         .summary = "elements between rows of g"}},
                             .bind = bind_rows},
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
