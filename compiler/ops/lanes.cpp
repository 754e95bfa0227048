#include "ops/lanes.h"

#include <fmt/format.h>

#include <cmath>

#include "ops/elementwise.h"
#include "ops/reduction.h"
#include "ops/rules.h"
#include "ops/strides.h"

// A sum in eight parts as two ops, so that cores share the parts of one sum: the parts, each of the
// elements whose index has one rest modulo 8 in row-major order of the summed axes, then the fixed
// tree of the eight.
//
//     y = mean(x[8000])       ==>     l[8] = sum_lanes(x)     y = join_lanes(l) divisor=8000

namespace tdc::ops {
namespace {

/// Fewer elements than these take less time than another launch.
constexpr int64_t kFewestElements = 256;

std::vector<AttributeDef> lanes_attributes() {
  return {{"axis", AttributeKind::axes, std::nullopt, "which axes are summed"}};
}

/// The kept axes, then the eight parts.
TypeResult infer_lanes(const Call& call) {
  const ir::Dims& x = call.input(0).dims;
  const std::vector<bool> is_reduced = reduced_axes(x, call.attributes);
  ir::TensorType y;
  for (size_t i = 0; i < x.size(); ++i)
    if (!is_reduced[i]) y.dims.push_back(x[i]);
  y.dims.push_back(kLanes);
  return std::vector{y};
}

/// The kept axes. `has_chain`: where one axis is summed its blocks of eight elements are a chain,
/// through which all eight parts go together; in blocks of several axes they would not begin at
/// part 0.
Space lanes_space(const Call& call, bool has_chain) {
  const ir::Dims& x = call.input(0).dims;
  const std::vector<bool> is_reduced = reduced_axes(x, call.attributes);
  size_t summed = 0;
  for (size_t i = 0; i < x.size(); ++i) summed += is_reduced[i] && x[i] > 1 ? 1 : 0;
  SpaceBuilder builder;
  Access from, to;
  for (size_t i = 0; i < x.size(); ++i) {
    if (!is_reduced[i]) {
      from.dims.push_back(SpaceBuilder::along(builder.axis(fmt::format("axis{}", i), x[i])));
      to.dims.push_back(from.dims.back());
    } else if (has_chain && summed == 1 && x[i] > 1) {
      const int64_t blocks = (x[i] + kLanes - 1) / kLanes;
      from.dims.push_back(SpaceBuilder::along(builder.axis("block", blocks, AxisKind::chain)));
      from.dims.back().windows = {{.scale = kLanes, .low = 0, .high = kLanes - 1, .extent = x[i]}};
    } else {
      from.dims.push_back(SpaceBuilder::all(x[i]));
    }
  }
  to.dims.push_back(SpaceBuilder::all(kLanes));
  for (const std::optional<ir::TensorType>& input : call.inputs) {
    Access access = from;
    for (size_t i = 0; i < x.size(); ++i)
      if (input->dims[i] != x[i]) access.dims[i] = SpaceBuilder::all(1);  // broadcast
    builder.input(access);
  }
  return builder.output(to).finish();
}

/// The elements of the last operand are broadcast to those of the first.
template <typename Term>
void evaluate_lanes(const Evaluation& e, Term term) {
  const Tensor& a = e.input(0);
  const Tensor& b = *e.inputs.back();
  const std::vector<size_t> to =
      reduction_targets(a.type.dims, reduced_axes(a.type.dims, e.attributes));
  const std::vector<size_t> from_b = broadcast_indices(b.type.dims, a.type.dims);
  std::vector<int64_t> taken(e.output(0).data.size() / kLanes);
  for (size_t i = 0; i < to.size(); ++i) {
    const auto lane = static_cast<size_t>(taken[to[i]]++ % kLanes);
    e.output(0).data[to[i] * kLanes + lane] += term(a.data[i], b.data[from_b[i]]);
  }
}

/// Names of the fields of an operand.
struct OperandFields {
  std::string_view data, stride, reduced;
};
constexpr OperandFields kOperands[] = {{"a", "a_stride", "reduce_a"},
                                       {"b", "b_stride", "reduce_b"}};

/// All but `accumulate`.
void bind_whole_lanes(const KernelCall& call, KernelScalars& scalars) {
  check_dense(call.output(0), 1);
  std::vector<OperandLayout> operands;
  for (const std::optional<OperandLayout>& input : call.inputs) {
    operands.push_back(*input);
    for (size_t axis = 0; axis < input->extent.size(); ++axis)
      if (input->extent[axis] == 1) operands.back().stride[axis] = 0;  // broadcast
  }
  const ReductionLoops strides = bind_loops(reduced_axes(call.input(0).extent, call.attributes),
                                            false, operands, call.output(0), scalars);
  for (size_t i = 0; i < operands.size(); ++i) {
    scalars.set(kOperands[i].stride, strides.kept[i]);
    scalars.set(kOperands[i].reduced, strides.reduced[i]);
  }
  scalars.set("y_stride", strides.kept.back());
}

void bind_lanes(const KernelCall& call, KernelScalars& scalars) {
  bind_whole_lanes(call, scalars);
  scalars.set("accumulate", int64_t{call.continues});
}

std::vector<KernelField> lanes_fields(int operands, bool has_chain) {
  std::vector<KernelField> fields = {
      {.name = "y", .kind = FieldKind::output, .summary = "kept axes, then [8], dense"}};
  for (int i = 0; i < operands; ++i)
    fields.push_back(
        {.name = kOperands[i].data, .kind = FieldKind::input, .operand = i, .summary = "operand"});
  fields.insert(
      fields.end(),
      {{.name = "rank", .kind = FieldKind::count, .summary = "kept axes in use"},
       {.name = "extent", .kind = FieldKind::counts, .summary = "of kept axes"},
       {.name = "y_stride", .kind = FieldKind::counts, .summary = "along kept axes"},
       {.name = "reduce_rank", .kind = FieldKind::count, .summary = "reduced axes in use"},
       {.name = "reduce_extent", .kind = FieldKind::counts, .summary = "of reduced axes"}});
  for (int i = 0; i < operands; ++i) {
    fields.push_back(
        {.name = kOperands[i].stride, .kind = FieldKind::counts, .summary = "along kept axes"});
    fields.push_back(
        {.name = kOperands[i].reduced, .kind = FieldKind::counts, .summary = "along reduced axes"});
  }
  if (has_chain)
    fields.push_back({.name = "accumulate",
                      .kind = FieldKind::flag,
                      .summary = "1: the parts start from y, not from +0"});
  return fields;
}

std::vector<Sample> lanes_samples(size_t operands) {
  const auto sample = [&](const ir::Dims& dims, std::vector<int64_t> axes) {
    return Sample{.inputs = std::vector<std::optional<ir::TensorType>>(
                      operands, ir::TensorType{.dims = dims}),
                  .attributes = {{"axis", std::move(axes)}},
                  .domains = {}};
  };
  return {sample({5}, {-1}),           sample({67}, {-1}),       sample({3, 24}, {-1}),
          sample({43, 3}, {-2}),       sample({2, 37, 3}, {-2}), sample({3, 2, 13}, {-3, -1}),
          sample({2, 3, 19}, {-2, -1})};
}

/// The record of an op that makes parts, which a chain of blocks may continue.
OpDef lanes_op(std::string_view name, std::string_view summary, std::string_view signature,
               void (*evaluate)(const Evaluation&), KernelDef kernel,
               std::vector<Sample> (*samples)()) {
  return {.name = name,
          .summary = summary,
          .signature = signature,
          .visibility = Visibility::internal,
          .attributes = lanes_attributes(),
          .infer_types = infer_lanes,
          .batch = batch_leading,
          .gradient = NoGradient{"it is made after gradients"},
          .evaluate = evaluate,
          .work = Work::outputs,
          .space = [](const Call& call) { return lanes_space(call, true); },
          .kernel = std::move(kernel),
          .samples = samples};
}

OpDef exp_difference_lanes() {
  OpDef op = lanes_op(
      "exp_difference_lanes",
      "the eight parts of sums of e^(a - b) over axes, of which b has one element",
      "a:[..], b:[..] -> y:[..]",
      [](const Evaluation& e) {
        evaluate_lanes(e, [](double a, double b) { return std::exp(a - b); });
      },
      KernelDef{.name = "td_exp_difference_lanes_f32",
                .file = "lanes.c",
                .fields = lanes_fields(2, false),
                .bind = bind_whole_lanes},
      [] {
        std::vector<Sample> samples = lanes_samples(2);
        for (Sample& sample : samples)
          for (const int64_t axis : sample.attributes.integers("axis"))
            *(sample.inputs[1]->dims.end() + axis) = 1;
        return samples;
      });
  // What is not there is taken for 0 and adds nothing to chains, but e^0 would.
  op.space = [](const Call& call) { return lanes_space(call, false); };
  op.kernel_tolerance = 4e-6;
  return op;
}

}  // namespace

ir::ValueId reshaped(Builder& builder, ir::ValueId value, const ir::Dims& dims) {
  if (builder.type(value).dims == dims) return value;
  return builder.emit("reshape", {value}, {{"dims", dims}});
}

bool is_worth_parts(int64_t results, int64_t elements) {
  return results < kLanes && elements >= kFewestElements;
}

ir::ValueId sum_in_lanes(Builder& builder, std::string_view lanes_op, const ir::ValueIds& operands,
                         const std::vector<int64_t>& axes, int64_t divisor) {
  const ir::ValueId lanes = builder.emit(lanes_op, operands, {{"axis", axes}});
  return builder.emit("join_lanes", {lanes}, {{"divisor", divisor}});
}

ir::ValueId mean_of_rows(Builder& builder, ir::ValueId values, const ir::Dims& result) {
  const int64_t samples = ir::element_count(result);
  const int64_t positions = ir::element_count(builder.type(values).dims) / samples;
  if (positions == 1) return reshaped(builder, values, result);
  ir::Dims rows = result;
  rows.push_back(positions);
  values = reshaped(builder, values, rows);
  const std::vector<int64_t> last = {-1};
  if (is_worth_parts(samples, positions))
    return sum_in_lanes(builder, "sum_lanes", {values}, last, positions);
  return builder.emit("mean", {values}, {{"axis", last}});
}

std::optional<ir::ValueId> spread_rows(Builder& builder, const ir::Node& node,
                                       std::string_view rows_op, ir::Attributes attributes) {
  const ir::Dims result = builder.type(node.outputs[0]).dims;
  const int64_t samples = ir::element_count(result);
  const ir::Dims logits = builder.type(node.inputs[0]).dims;
  const int64_t positions = ir::element_count(logits) / logits.back() / samples;
  if (positions == 1 || !is_worth_parts(samples, positions * logits.back())) return std::nullopt;
  return mean_of_rows(builder, builder.emit(rows_op, node.inputs, std::move(attributes)), result);
}

extern const OpFamily lanes_family;
const OpFamily lanes_family = {
    .ops = {
        lanes_op(
            "sum_lanes", "the eight parts of sums over axes", "a:[..] -> y:[..]",
            [](const Evaluation& e) { evaluate_lanes(e, [](double a, double) { return a; }); },
            KernelDef{.name = "td_sum_lanes_f32",
                      .file = "lanes.c",
                      .fields = lanes_fields(1, true),
                      .bind = bind_lanes},
            [] { return lanes_samples(1); }),

        lanes_op(
            "squared_difference_lanes", "the eight parts of sums of (a - b)^2 over axes",
            "a:[..], b:[..] -> y:[..]",
            [](const Evaluation& e) {
              evaluate_lanes(e, [](double a, double b) { return (a - b) * (a - b); });
            },
            KernelDef{.name = "td_squared_difference_lanes_f32",
                      .file = "lanes.c",
                      .fields = lanes_fields(2, true),
                      .bind = bind_lanes},
            [] { return lanes_samples(2); }),

        exp_difference_lanes(),

        {.name = "join_lanes",
         .summary = "sums of eight parts, as a tree, divided by a number",
         .signature = "x:[.., 8] -> y:[..]",
         .visibility = Visibility::internal,
         .attributes = {{"divisor", AttributeKind::integer, std::nullopt, "of the sums"}},
         .batch = batch_leading,
         .gradient = NoGradient{"it is made after gradients"},
         .evaluate =
             [](const Evaluation& e) {
               const auto divisor = static_cast<double>(e.attributes.integer("divisor"));
               for (size_t i = 0; i < e.input(0).data.size(); ++i)
                 e.output(0).data[i / kLanes] += e.input(0).data[i] / divisor;
             },
         .work = Work::outputs,
         .space = [](const Call& call) { return leading_space(call, {1, 0}); },
         .kernel =
             KernelDef{
                 .name = "td_join_lanes_f32",
                 .file = "lanes.c",
                 .fields = {{.name = "y", .kind = FieldKind::output, .summary = "[rows]"},
                            {.name = "x", .kind = FieldKind::input, .summary = "[rows][8]"},
                            {.name = "rows", .kind = FieldKind::count, .summary = "sums"},
                            {.name = "y_row", .kind = FieldKind::count, .summary = "stride"},
                            {.name = "x_row", .kind = FieldKind::count, .summary = "stride"},
                            {.name = "divisor", .kind = FieldKind::count, .summary = "at least 1"}},
                 .bind =
                     [](const KernelCall& call, KernelScalars& scalars) {
                       const StridedAxis rows = dense_rows(call.input(0));
                       scalars.set("rows", rows.extent);
                       scalars.set("x_row", rows.stride);
                       scalars.set("y_row", merge_leading(call.output(0), 0).stride);
                       scalars.set("divisor", call.attributes.integer("divisor"));
                     }},
         .samples =
             [] {
               const auto sample = [](ir::Dims dims, int64_t divisor) {
                 return Sample{.inputs = {ir::TensorType{.dims = std::move(dims)}},
                               .attributes = {{"divisor", divisor}}};
               };
               return std::vector<Sample>{sample({8}, 1), sample({5, 8}, 300),
                                          sample({2, 3, 8}, 7)};
             }},
    }};

}  // namespace tdc::ops
