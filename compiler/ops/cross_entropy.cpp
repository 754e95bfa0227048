#include <algorithm>
#include <cmath>

#include "diag/diagnostic.h"
#include "ops/elementwise.h"
#include "ops/per_sample.h"
#include "ops/rules.h"
#include "ops/strides.h"

// loss = mean over the positions of a sample of log(sum of exp(logits)) - logits[label]. Most nets
// have one position, a row of logits for the whole sample; sequences have several.

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

TypeResult infer(const Call& call) {
  const ir::Dims& logits = call.input(0).dims;
  const ir::Dims& label = call.input(1).dims;
  if (logits.empty() || ir::Dims(logits.begin(), logits.end() - 1) != label)
    return TypeProblem{.message = make_message(diag::label_shape, "cross_entropy",
                                               ir::to_text(logits), ir::to_text(label)),
                       .operand = 1,
                       .attribute = {}};
  return std::vector<ir::TensorType>{{.dims = per_sample_dims(logits, call.attributes)}};
}

/// Labels of one sample.
int64_t positions_of(const ir::Dims& label, const ir::Attributes& attributes) {
  return ir::element_count(label) / ir::element_count(per_sample_dims(label, attributes));
}

void evaluate(const Evaluation& e) {
  const Tensor& logits = e.input(0);
  const int64_t classes = logits.type.dims.back();
  const int64_t positions = positions_of(e.input(1).type.dims, e.attributes);
  for (size_t i = 0; i < e.input(1).data.size(); ++i) {
    const auto row = static_cast<int64_t>(i);
    const Row shares = row_of(logits, row, classes);
    const auto label = static_cast<int64_t>(e.input(1).data[i]);
    const double loss = std::log(shares.sum) + shares.largest -
                        logits.data[static_cast<size_t>(row * classes + label)];
    e.output(0).data[static_cast<size_t>(row / positions)] += loss / static_cast<double>(positions);
  }
}

void evaluate_grad(const Evaluation& e) {
  const int64_t classes = e.input(0).type.dims.back();
  const int64_t positions = positions_of(e.input(1).type.dims, e.attributes);
  for (size_t i = 0; i < e.input(1).data.size(); ++i) {
    const auto row = static_cast<int64_t>(i);
    const Row shares = row_of(e.input(0), row, classes);
    const double dloss = e.input(2).data[static_cast<size_t>(row / positions)];
    for (int64_t c = 0; c < classes; ++c) {
      const double hot = c == static_cast<int64_t>(e.input(1).data[i]) ? 1 : 0;
      e.output(0).data[static_cast<size_t>(row * classes + c)] =
          dloss / static_cast<double>(positions) *
          (shares.shares[static_cast<size_t>(c)] / shares.sum - hot);
    }
  }
}

void bind(const KernelCall& call, KernelScalars& scalars) {
  const StridedAxis rows = dense_rows(call.input(0));
  check_dense(call.input(1));
  const int64_t positions = positions_of(call.input(1).extent, call.attributes);
  scalars.set("samples", rows.extent / positions);
  scalars.set("positions", positions);
  scalars.set("classes", call.input(0).extent.back());
  scalars.set("logits_row", rows.stride);
}

void bind_loss(const KernelCall& call, KernelScalars& scalars) {
  bind(call, scalars);
  check_dense(call.output(0));
}

void bind_grad(const KernelCall& call, KernelScalars& scalars) {
  bind(call, scalars);
  check_dense(call.input(2));
  scalars.set("dlogits_row", dense_rows(call.output(0)).stride);
}

std::vector<Sample> samples(bool is_gradient) {
  std::vector<Sample> result;
  for (const bool per_sample : {false, true}) {
    for (const ir::Dims& rows : {ir::Dims{}, ir::Dims{5}, ir::Dims{2, 19}}) {
      if (per_sample && rows.empty()) continue;
      ir::Dims logits = rows;
      logits.push_back(7);
      Sample sample = {.inputs = {ir::TensorType{.dims = logits},
                                  ir::TensorType{.dtype = ir::DType::i32, .dims = rows}},
                       .attributes = {{"per_sample", per_sample}},
                       .domains = {{-3, 3}, {0, 7}}};
      if (is_gradient) {
        sample.inputs.emplace_back(
            ir::TensorType{.dims = per_sample ? ir::Dims{rows[0]} : ir::Dims{}});
        sample.domains.push_back({-2, 2});
      }
      result.push_back(std::move(sample));
    }
  }
  return result;
}

}  // namespace

extern const OpFamily cross_entropy_family;
const OpFamily cross_entropy_family = {
    .ops = {
        {.name = "cross_entropy",
         .summary = "mean of -log softmax(logits)[label] over the labels of a sample",
         .signature = "logits:[.., c], label:i32[..] -> y:[..]",
         .attributes = {per_sample_attribute()},
         .infer_types = infer,
         .batch = batch_per_sample,
         .gradient =
             [](GradientContext& g) {
               g.set(0, g.emit("cross_entropy_grad", {g.input(0), g.input(1), g.cotangent()},
                               g.attributes()));
             },
         .evaluate = evaluate,
         .work = Work::outputs,
         .space = per_sample_space,
         .kernel =
             KernelDef{
                 .name = "td_cross_entropy_f32",
                 .file = "cross_entropy.c",
                 .fields = {{.name = "loss", .kind = FieldKind::output, .summary = "[samples]"},
                            {.name = "logits",
                             .kind = FieldKind::input,
                             .operand = 0,
                             .summary = "[samples][positions][classes]"},
                            {.name = "label",
                             .kind = FieldKind::input,
                             .operand = 1,
                             .dtype = ir::DType::i32,
                             .summary = "[samples][positions]"},
                            {.name = "samples", .kind = FieldKind::count, .summary = "losses"},
                            {.name = "positions",
                             .kind = FieldKind::count,
                             .summary = "rows of a sample"},
                            {.name = "classes", .kind = FieldKind::count, .summary = "of a row"},
                            {.name = "logits_row", .kind = FieldKind::count, .summary = "stride"}},
                 .bind = bind_loss},
         .samples = [] { return samples(false); },
         .kernel_tolerance = 4e-6},

        {.name = "cross_entropy_grad",
         .summary = "dloss (softmax(logits) - one_hot(label)) / labels of a sample",
         .signature = "logits:[.., c], label:i32[..], dloss:[..] -> dlogits:[.., c]",
         .visibility = Visibility::internal,
         .attributes = {per_sample_attribute()},
         .infer_types = [](const Call& call) -> TypeResult { return std::vector{call.input(0)}; },
         .batch = batch_per_sample,
         .gradient = NoGradient{"gradients of gradients are not supported"},
         .evaluate = evaluate_grad,
         .work = Work::outputs,
         .space = per_sample_space,
         .in_place = {{0, 0}},
         .kernel =
             KernelDef{
                 .name = "td_cross_entropy_grad_f32",
                 .file = "cross_entropy.c",
                 .fields = {{.name = "dlogits",
                             .kind = FieldKind::output,
                             .summary = "[samples][positions][classes]; may be logits"},
                            {.name = "logits",
                             .kind = FieldKind::input,
                             .operand = 0,
                             .summary = "[samples][positions][classes]"},
                            {.name = "label",
                             .kind = FieldKind::input,
                             .operand = 1,
                             .dtype = ir::DType::i32,
                             .summary = "[samples][positions]"},
                            {.name = "dloss",
                             .kind = FieldKind::input,
                             .operand = 2,
                             .summary = "[samples]"},
                            {.name = "samples", .kind = FieldKind::count, .summary = "losses"},
                            {.name = "positions",
                             .kind = FieldKind::count,
                             .summary = "rows of a sample"},
                            {.name = "classes", .kind = FieldKind::count, .summary = "of a row"},
                            {.name = "dlogits_row", .kind = FieldKind::count, .summary = "stride"},
                            {.name = "logits_row", .kind = FieldKind::count, .summary = "stride"}},
                 .bind = bind_grad},
         .samples = [] { return samples(true); },
         .kernel_tolerance = 4e-6},
    }};

}  // namespace tdc::ops
