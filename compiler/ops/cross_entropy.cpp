#include <algorithm>
#include <cmath>

#include "ops/elementwise.h"
#include "ops/strides.h"

// loss = log(sum of exp(logits)) - logits[label], for each row of logits. The mean over the rows of
// one sample, where there are several, is a node of its own.

namespace tdc::ops {
namespace {

/// exp(logits - largest) of one row, and their sum.
struct Row {
  std::vector<double> shares;
  double sum = 0;
  double largest = 0;
};

Row row_of(const Tensor& logits, int64_t row, int64_t classes) {
  const auto begin = logits.data.begin() + row * classes;
  Row result;
  result.largest = *std::max_element(begin, begin + classes);
  for (auto at = begin; at != begin + classes; ++at) {
    result.shares.push_back(std::exp(*at - result.largest));
    result.sum += result.shares.back();
  }
  return result;
}

void bind_rows(const KernelCall& call, KernelScalars& scalars, std::string_view gradient) {
  const StridedAxis logits = merge_leading(call.input(0), 1);
  check_dense(call.input(0), 1);
  scalars.set("rows", logits.extent);
  scalars.set("classes", call.input(0).extent.back());
  scalars.set("logits_row", logits.stride);
  if (!gradient.empty()) scalars.set(gradient, merge_leading(call.output(0), 1).stride);
}

std::vector<Sample> samples(bool is_gradient) {
  std::vector<Sample> result;
  for (const ir::Dims& rows : {ir::Dims{}, ir::Dims{5}, ir::Dims{2, 3}}) {
    ir::Dims logits = rows;
    logits.push_back(7);
    Sample sample = {.inputs = {ir::TensorType{.dims = logits},
                                ir::TensorType{.dtype = ir::DType::i32, .dims = rows}},
                     .domains = {{-3, 3}, {0, 7}}};
    if (is_gradient) {
      sample.inputs.emplace_back(ir::TensorType{.dims = rows});
      sample.domains.push_back({-2, 2});
    }
    result.push_back(std::move(sample));
  }
  return result;
}

}  // namespace

extern const OpFamily cross_entropy_family;
const OpFamily cross_entropy_family = {
    .name = "cross_entropy",
    .ops = {
        {.name = "cross_entropy",
         .summary = "-log softmax(logits)[label], for each row",
         .signature = "logits:[.., c], label:i32[..] -> loss:[..]",
         .batch = batch_leading,
         .gradient =
             [](GradientContext& g) {
               g.set(0, g.emit("cross_entropy_grad", {g.input(0), g.input(1), g.cotangent()}));
             },
         .evaluate =
             [](const Evaluation& e) {
               const int64_t classes = e.input(0).type.dims.back();
               for (size_t i = 0; i < e.output(0).data.size(); ++i) {
                 const auto row = static_cast<int64_t>(i);
                 const Row shares = row_of(e.input(0), row, classes);
                 const auto label = static_cast<int64_t>(e.input(1).data[i]);
                 e.output(0).data[i] = std::log(shares.sum) + shares.largest -
                                       e.input(0).data[static_cast<size_t>(row * classes + label)];
               }
             },
         .flop = flop_per_output,
         .tile_axes = [](const Call& call) { return tile_leading(call, {1, 0, 0}); },
         .kernel =
             KernelDef{
                 .name = "td_cross_entropy_f32",
                 .file = "cross_entropy.c",
                 .fields = {{.name = "loss", .kind = FieldKind::output, .summary = "[rows]"},
                            {.name = "logits",
                             .kind = FieldKind::input,
                             .operand = 0,
                             .summary = "[rows][classes]"},
                            {.name = "label",
                             .kind = FieldKind::input,
                             .operand = 1,
                             .dtype = ir::DType::i32,
                             .summary = "[rows]"},
                            {.name = "rows", .kind = FieldKind::count, .summary = "losses"},
                            {.name = "classes", .kind = FieldKind::count, .summary = "of a row"},
                            {.name = "logits_row", .kind = FieldKind::count, .summary = "stride"}},
                 .bind = [](const KernelCall& call,
                            KernelScalars& scalars) { bind_rows(call, scalars, ""); }},
         .samples = [] { return samples(false); },
         .kernel_tolerance = 4e-6},

        {.name = "cross_entropy_grad",
         .summary = "dloss * (softmax(logits) - one_hot(label)), for each row",
         .signature = "logits:[.., c], label:i32[..], dloss:[..] -> dlogits:[.., c]",
         .visibility = Visibility::internal,
         .batch = batch_leading,
         .gradient = NoGradient{"gradients of gradients are not supported"},
         .evaluate =
             [](const Evaluation& e) {
               const int64_t classes = e.input(0).type.dims.back();
               for (size_t i = 0; i < e.input(2).data.size(); ++i) {
                 const auto row = static_cast<int64_t>(i);
                 const Row shares = row_of(e.input(0), row, classes);
                 for (int64_t c = 0; c < classes; ++c) {
                   const double hot = c == static_cast<int64_t>(e.input(1).data[i]) ? 1 : 0;
                   e.output(0).data[static_cast<size_t>(row * classes + c)] =
                       e.input(2).data[i] *
                       (shares.shares[static_cast<size_t>(c)] / shares.sum - hot);
                 }
               }
             },
         .flop = flop_per_output,
         .tile_axes = [](const Call& call) { return tile_leading(call, {1, 0, 0, 1}); },
         .in_place = {{0, 0}},
         .kernel =
             KernelDef{
                 .name = "td_cross_entropy_grad_f32",
                 .file = "cross_entropy.c",
                 .fields = {{.name = "dlogits",
                             .kind = FieldKind::output,
                             .summary = "[rows][classes]; may be logits"},
                            {.name = "logits",
                             .kind = FieldKind::input,
                             .operand = 0,
                             .summary = "[rows][classes]"},
                            {.name = "label",
                             .kind = FieldKind::input,
                             .operand = 1,
                             .dtype = ir::DType::i32,
                             .summary = "[rows]"},
                            {.name = "dloss",
                             .kind = FieldKind::input,
                             .operand = 2,
                             .summary = "[rows]"},
                            {.name = "rows", .kind = FieldKind::count, .summary = "losses"},
                            {.name = "classes", .kind = FieldKind::count, .summary = "of a row"},
                            {.name = "dlogits_row", .kind = FieldKind::count, .summary = "stride"},
                            {.name = "logits_row", .kind = FieldKind::count, .summary = "stride"}},
                 .bind = [](const KernelCall& call,
                            KernelScalars& scalars) { bind_rows(call, scalars, "dlogits_row"); }},
         .samples = [] { return samples(true); },
         .kernel_tolerance = 4e-6},
    }};

}  // namespace tdc::ops
