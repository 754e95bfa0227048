#include <algorithm>
#include <cmath>

#include "diag/diagnostic.h"
#include "ops/elementwise.h"
#include "ops/lanes.h"
#include "ops/per_sample.h"
#include "ops/rules.h"
#include "ops/strides.h"

namespace tdc::ops {
namespace {

/// More hits than these are no floats, so their mean would depend on the order.
constexpr int64_t kMostHits = int64_t{1} << 24;

std::optional<TypeProblem> problem(const Call& call) {
  const ir::Dims& logits = call.input(0).dims;
  const ir::Dims& label = call.input(1).dims;
  if (logits.empty() || ir::Dims(logits.begin(), logits.end() - 1) != label)
    return TypeProblem{.message = make_message(diag::label_shape, "accuracy", ir::to_text(logits),
                                               ir::to_text(label)),
                       .operand = 1,
                       .attribute = {}};
  const int64_t k = call.attributes.integer("k");
  if (k < 1 || k > logits.back())
    return TypeProblem{.message = make_message(diag::accuracy_k, k, logits.back()),
                       .operand = -1,
                       .attribute = "k"};
  return std::nullopt;
}

/// The hits of `positions` rows of a sample, as their share.
void evaluate(const Evaluation& e) {
  const auto classes = static_cast<size_t>(e.input(0).type.dims.back());
  const size_t rows = e.input(1).data.size();
  const size_t positions = rows / e.output(0).data.size();
  for (size_t row = 0; row < rows; ++row) {
    const double* logits = e.input(0).data.data() + row * classes;
    const auto label = static_cast<size_t>(e.input(1).data[row]);
    // A row with a NaN has no order, and counting only what is larger would make it a hit.
    if (std::any_of(logits, logits + classes, [](double x) { return std::isnan(x); })) continue;
    int64_t before = 0;
    for (size_t c = 0; c < classes; ++c)
      if (logits[c] > logits[label] || (logits[c] == logits[label] && c < label)) ++before;
    if (before < e.attributes.integer("k"))
      e.output(0).data[row / positions] += 1.0 / static_cast<double>(positions);
  }
}

std::optional<ir::ValueId> spread(Builder& builder, const ir::Node& node) {
  if (ir::element_count(builder.type(node.inputs[1]).dims) > kMostHits) return std::nullopt;
  return spread_rows(builder, node, "accuracy_rows", {{"k", node.attributes.integer("k")}});
}

void bind(const KernelCall& call, KernelScalars& scalars) {
  const StridedAxis rows = dense_rows(call.input(0));
  check_dense(call.input(1));
  check_dense(call.output(0));
  const int64_t samples = ir::element_count(call.output(0).extent);
  scalars.set("samples", samples);
  scalars.set("positions", rows.extent / samples);
  scalars.set("classes", call.input(0).extent.back());
  scalars.set("k", call.attributes.integer("k"));
  scalars.set("logits_row", rows.stride);
}

KernelDef kernel() {
  return {.name = "td_accuracy_f32",
          .file = "accuracy.c",
          .fields =
              {{.name = "y", .kind = FieldKind::output, .summary = "[samples]"},
               {.name = "logits",
                .kind = FieldKind::input,
                .operand = 0,
                .summary = "[samples][positions][classes]"},
               {.name = "label",
                .kind = FieldKind::input,
                .operand = 1,
                .dtype = ir::DType::i32,
                .summary = "[samples][positions]"},
               {.name = "samples", .kind = FieldKind::count, .summary = "results"},
               {.name = "positions", .kind = FieldKind::count, .summary = "labels of a sample"},
               {.name = "classes", .kind = FieldKind::count, .summary = "of a row"},
               {.name = "k", .kind = FieldKind::count, .summary = "how many of the largest count"},
               {.name = "logits_row", .kind = FieldKind::count, .summary = "stride"}},
          .bind = bind};
}

AttributeDef largest_attribute() {
  return {"k", AttributeKind::integer, int64_t{1}, "how many of the largest count"};
}

Sample sample(int64_t k) {
  return {.inputs = {ir::TensorType{.dims = {2, 3, 7}},
                     ir::TensorType{.dtype = ir::DType::i32, .dims = {2, 3}}},
          .attributes = {{"k", k}},
          .domains = {{-3, 3}, {0, 7}}};
}

}  // namespace

extern const OpFamily accuracy_family;
const OpFamily accuracy_family = {
    .ops = {
        {.name = "accuracy",
         .summary = "share of a sample's labels that are among the k largest logits of their row",
         .signature = "logits:[.., c], label:i32[..] -> y:[..]",
         .attributes = {largest_attribute(), per_sample_attribute()},
         .infer_types = [](const Call& call) -> TypeResult {
           if (std::optional<TypeProblem> found = problem(call)) return std::move(*found);
           return std::vector<ir::TensorType>{
               {.dims = per_sample_dims(call.input(0).dims, call.attributes)}};
         },
         .batch = batch_per_sample,
         .gradient = NoGradient{"it counts, and counts do not change smoothly"},
         .evaluate = evaluate,
         .work = Work::outputs,
         .space = per_sample_space,
         .spread = spread,
         .kernel = kernel(),
         .samples =
             [] {
               std::vector<Sample> samples;
               for (const bool per_sample : {false, true})
                 for (const int64_t k : {1, 3}) {
                   samples.push_back(sample(k));
                   samples.back().attributes.set("per_sample", per_sample);
                 }
               return samples;
             }},

        {.name = "accuracy_rows",
         .summary = "1 for each label that is among the k largest logits of its row, else 0",
         .signature = "logits:[.., c], label:i32[..] -> y:[..]",
         .visibility = Visibility::internal,
         .attributes = {largest_attribute()},
         .batch = batch_leading,
         .gradient = NoGradient{"it counts, and counts do not change smoothly"},
         .evaluate = evaluate,
         .work = Work::outputs,
         .space = [](const Call& call) { return leading_space(call, {1, 0, 0}); },
         .kernel = kernel(),
         .samples = [] { return std::vector<Sample>{sample(1), sample(3)}; }},
    }};

}  // namespace tdc::ops
