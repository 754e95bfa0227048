#include <algorithm>
#include <cmath>
#include <numeric>

#include "diag/diagnostic.h"
#include "ops/elementwise.h"
#include "ops/lanes.h"
#include "ops/per_sample.h"
#include "ops/reduction.h"
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

/// A label for each row of logits (result-5).
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

/// Labels that share one of the losses.
int64_t positions_of(const Tensor& label, const Tensor& losses) {
  return static_cast<int64_t>(label.data.size() / losses.data.size());
}

void evaluate(const Evaluation& e) {
  const Tensor& logits = e.input(0);
  const int64_t classes = logits.type.dims.back();
  const int64_t positions = positions_of(e.input(1), e.output(0));
  for (size_t i = 0; i < e.input(1).data.size(); ++i) {
    const auto row = static_cast<int64_t>(i);
    const Row shares = row_of(logits, row, classes);
    const auto label = static_cast<int64_t>(e.input(1).data[i]);
    const double loss = std::log(shares.sum) + shares.largest -
                        logits.data[static_cast<size_t>(row * classes + label)];
    e.output(0).data[static_cast<size_t>(row / positions)] += loss / static_cast<double>(positions);
  }
}

/// e^(logits - largest) of few rows of many classes is summed in parts that cores share:
///
///     y = cross_entropy(logits, label)   ==>   m = max(logits)   p = exp_difference_lanes(logits,
///     m)
///                                              y = cross_entropy_of_parts(logits, label, m, p)
struct RowParts {
  ir::ValueId largest;  ///< [.., 1]
  ir::ValueId parts;    ///< [.., 8]
};

std::optional<RowParts> parts_of_rows(Builder& builder, ir::ValueId logits) {
  const ir::Dims dims = builder.type(logits).dims;
  if (!is_worth_parts(ir::element_count(dims) / dims.back(), dims.back())) return std::nullopt;
  const std::vector<int64_t> last = {-1};
  std::vector<bool> is_reduced(dims.size(), false);
  is_reduced.back() = true;
  std::optional<ir::ValueId> largest = reduce_ranges(builder, "max", logits, is_reduced);
  if (!largest) largest = builder.emit("max", {logits}, {{"axis", last}});
  ir::Dims kept = dims;
  kept.back() = 1;
  largest = reshaped(builder, *largest, kept);
  return RowParts{
      .largest = *largest,
      .parts = builder.emit("exp_difference_lanes", {logits, *largest}, {{"axis", last}})};
}

std::optional<ir::ValueId> spread(Builder& builder, const ir::Node& node) {
  const std::optional<RowParts> rows = parts_of_rows(builder, node.inputs[0]);
  if (!rows) return spread_rows(builder, node, "cross_entropy_rows", {});
  const ir::ValueId losses = builder.emit(
      "cross_entropy_of_parts", {node.inputs[0], node.inputs[1], rows->largest, rows->parts});
  return mean_of_rows(builder, losses, builder.type(node.outputs[0]).dims);
}

std::optional<ir::ValueId> spread_grad(Builder& builder, const ir::Node& node) {
  const std::optional<RowParts> rows = parts_of_rows(builder, node.inputs[0]);
  if (!rows) return std::nullopt;
  const ir::Dims label = builder.type(node.inputs[1]).dims;
  ir::Dims samples = builder.type(node.inputs[2]).dims;
  const int64_t positions = ir::element_count(label) / ir::element_count(samples);
  samples.resize(label.size(), 1);
  ir::ValueId dloss = reshaped(builder, node.inputs[2], samples);
  if (samples != label) dloss = builder.emit("broadcast", {dloss}, {{"dims", label}});
  return builder.emit("cross_entropy_grad_of_parts",
                      {node.inputs[0], node.inputs[1], rows->largest, rows->parts, dloss},
                      {{"positions", positions}});
}

void evaluate_of_parts(const Evaluation& e) {
  const int64_t classes = e.input(0).type.dims.back();
  for (size_t row = 0; row < e.output(0).data.size(); ++row) {
    const auto* parts = e.input(3).data.data() + row * kLanes;
    const auto label = static_cast<int64_t>(e.input(1).data[row]);
    e.output(0).data[row] =
        std::log(std::accumulate(parts, parts + kLanes, 0.0)) + e.input(2).data[row] -
        e.input(0).data[static_cast<size_t>(static_cast<int64_t>(row) * classes + label)];
  }
}

void evaluate_grad_of_parts(const Evaluation& e) {
  const auto classes = static_cast<size_t>(e.input(0).type.dims.back());
  const auto positions = static_cast<double>(e.attributes.integer("positions"));
  for (size_t i = 0; i < e.output(0).data.size(); ++i) {
    const size_t row = i / classes;
    const auto* parts = e.input(3).data.data() + row * kLanes;
    const double share = std::exp(e.input(0).data[i] - e.input(2).data[row]) /
                         std::accumulate(parts, parts + kLanes, 0.0);
    const double hot = i % classes == static_cast<size_t>(e.input(1).data[row]) ? 1 : 0;
    e.output(0).data[i] = e.input(4).data[row] / positions * (share - hot);
  }
}

void evaluate_grad(const Evaluation& e) {
  const int64_t classes = e.input(0).type.dims.back();
  const int64_t positions = positions_of(e.input(1), e.input(2));
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

void bind(const KernelCall& call, const OperandLayout& losses, KernelScalars& scalars) {
  const StridedAxis rows = dense_rows(call.input(0));
  check_dense(call.input(1));
  check_dense(losses);
  const int64_t samples = ir::element_count(losses.extent);
  scalars.set("samples", samples);
  scalars.set("positions", rows.extent / samples);
  scalars.set("classes", call.input(0).extent.back());
  scalars.set("logits_row", rows.stride);
}

void bind_loss(const KernelCall& call, KernelScalars& scalars) {
  bind(call, call.output(0), scalars);
}

void bind_grad(const KernelCall& call, KernelScalars& scalars) {
  bind(call, call.input(2), scalars);
  scalars.set("dlogits_row", dense_rows(call.output(0)).stride);
}

/// What the kernels over parts of rows have in common.
void bind_parts(const KernelCall& call, KernelScalars& scalars) {
  const StridedAxis rows = dense_rows(call.input(0));
  for (size_t i = 1; i < call.inputs.size(); ++i) check_dense(call.input(i));
  scalars.set("rows", rows.extent);
  scalars.set("classes", call.input(0).extent.back());
  scalars.set("logits_row", rows.stride);
}

std::vector<KernelField> parts_fields(KernelField output) {
  return {
      output,
      {.name = "logits", .kind = FieldKind::input, .operand = 0, .summary = "[rows][classes]"},
      {.name = "label",
       .kind = FieldKind::input,
       .operand = 1,
       .dtype = ir::DType::i32,
       .summary = "[rows]"},
      {.name = "largest", .kind = FieldKind::input, .operand = 2, .summary = "[rows], of logits"},
      {.name = "parts",
       .kind = FieldKind::input,
       .operand = 3,
       .summary = "[rows][8], of the sum of e^(logits - largest)"},
      {.name = "rows", .kind = FieldKind::count, .summary = "of logits"},
      {.name = "classes", .kind = FieldKind::count, .summary = "of a row"},
      {.name = "logits_row", .kind = FieldKind::count, .summary = "stride"}};
}

KernelDef loss_of_parts_kernel() {
  return {.name = "td_cross_entropy_of_parts_f32",
          .file = "cross_entropy.c",
          .fields = parts_fields({.name = "loss", .kind = FieldKind::output, .summary = "[rows]"}),
          .bind = [](const KernelCall& call, KernelScalars& scalars) {
            bind_parts(call, scalars);
            check_dense(call.output(0));
          }};
}

KernelDef grad_of_parts_kernel() {
  std::vector<KernelField> fields = parts_fields(
      {.name = "dlogits", .kind = FieldKind::output, .summary = "[rows][classes]; may be logits"});
  fields.insert(fields.end(),
                {{.name = "dloss", .kind = FieldKind::input, .operand = 4, .summary = "[rows]"},
                 {.name = "positions", .kind = FieldKind::count, .summary = "rows of a sample"},
                 {.name = "dlogits_row", .kind = FieldKind::count, .summary = "stride"}});
  return {.name = "td_cross_entropy_grad_of_parts_f32",
          .file = "cross_entropy.c",
          .fields = fields,
          .bind = [](const KernelCall& call, KernelScalars& scalars) {
            bind_parts(call, scalars);
            scalars.set("positions", call.attributes.integer("positions"));
            scalars.set("dlogits_row", dense_rows(call.output(0)).stride);
          }};
}

KernelDef loss_kernel() {
  return {.name = "td_cross_entropy_f32",
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
                     {.name = "positions", .kind = FieldKind::count, .summary = "rows of a sample"},
                     {.name = "classes", .kind = FieldKind::count, .summary = "of a row"},
                     {.name = "logits_row", .kind = FieldKind::count, .summary = "stride"}},
          .bind = bind_loss};
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

/// Rows with their parts, and their dloss if they are for the gradient.
std::vector<Sample> parts_samples(bool is_gradient) {
  std::vector<Sample> result;
  for (const ir::Dims& rows : {ir::Dims{}, ir::Dims{5}, ir::Dims{2, 3}}) {
    const auto with = [&](int64_t last) {
      ir::TensorType type = {.dims = rows};
      type.dims.push_back(last);
      return type;
    };
    Sample sample = {.inputs = {with(19), ir::TensorType{.dtype = ir::DType::i32, .dims = rows},
                                with(1), with(kLanes)},
                     .attributes = {},
                     .domains = {{-3, 3}, {0, 19}, {-1, 3}, {0.5, 2}}};
    if (is_gradient) {
      sample.inputs.emplace_back(ir::TensorType{.dims = rows});
      sample.domains.push_back({-2, 2});
      sample.attributes = {{"positions", int64_t{3}}};
    }
    result.push_back(std::move(sample));
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
         .shift = shift_of_rows,
         .evaluate = evaluate,
         .work = Work::outputs,
         .space = per_sample_space,
         .spread = spread,
         .kernel = loss_kernel(),
         .samples = [] { return samples(false); },
         .kernel_tolerance = 4e-6},

        {.name = "cross_entropy_rows",
         .summary = "-log softmax(logits)[label] of each label",
         .signature = "logits:[.., c], label:i32[..] -> y:[..]",
         .visibility = Visibility::internal,
         .batch = batch_leading,
         .gradient = NoGradient{"it is made after gradients"},
         .evaluate = evaluate,
         .work = Work::outputs,
         .space = [](const Call& call) { return leading_space(call, {1, 0, 0}); },
         .kernel = loss_kernel(),
         .samples =
             [] {
               std::vector<Sample> rows = samples(false);
               std::erase_if(rows, [](const Sample& sample) {
                 return sample.attributes.boolean("per_sample");
               });
               for (Sample& sample : rows) sample.attributes = {};
               return rows;
             },
         .kernel_tolerance = 4e-6},

        {.name = "cross_entropy_of_parts",
         .summary = "-log softmax(logits)[label] of each label, from the parts of the rows' sums",
         .signature = "logits:[.., c], label:i32[..], largest:[.., 1], parts:[.., 8] -> y:[..]",
         .visibility = Visibility::internal,
         .batch = batch_leading,
         .gradient = NoGradient{"it is made after gradients"},
         .evaluate = evaluate_of_parts,
         .work = Work::outputs,
         .space = [](const Call& call) { return leading_space(call, {1, 0, 1, 1, 0}); },
         .kernel = loss_of_parts_kernel(),
         .samples = [] { return parts_samples(false); },
         .kernel_tolerance = 4e-6},

        {.name = "cross_entropy_grad_of_parts",
         .summary = "dloss (softmax(logits) - one_hot(label)) / labels of a sample, from the parts "
                    "of the rows' sums",
         .signature = "logits:[.., c], label:i32[..], largest:[.., 1], parts:[.., 8], dloss:[..] "
                      "-> dlogits:[.., c]",
         .visibility = Visibility::internal,
         .attributes = {{"positions", AttributeKind::integer, std::nullopt, "labels of a sample"}},
         .batch = batch_leading,
         .gradient = NoGradient{"it is made after gradients"},
         .evaluate = evaluate_grad_of_parts,
         .work = Work::outputs,
         .space = [](const Call& call) { return leading_space(call, {1, 0, 1, 1, 0, 1}); },
         .in_place = {{0, 0}},
         .kernel = grad_of_parts_kernel(),
         .samples = [] { return parts_samples(true); },
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
         .spread = spread_grad,
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
