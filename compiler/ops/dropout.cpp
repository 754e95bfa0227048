#include <fmt/format.h>

#include <array>
#include <bit>
#include <cmath>

#include "diag/diagnostic.h"
#include "ops/elementwise.h"
#include "ops/fields.h"
#include "ops/rules.h"
#include "ops/strides.h"
#include "support/check.h"

// Dropout (op-10; Srivastava et al. 2014): in training an element is 0 with probability p and
// x / (1 - p) otherwise; everywhere else y is x. Which elements are 0 is a function of the step and
// of the element's position in the batch alone, so nothing is kept for the gradient, which drops
// the same elements of dy:
//
//     y  = drop(x, step)          dx = drop(dy, step)
//
// The random numbers are those of Threefry-2x32 with 20 rounds (Salmon et al., Parallel Random
// Numbers: As Easy as 1, 2, 3, 2011), which is also JAX's generator. Its key is (bits of step, 0);
// elements 2i and 2i + 1 take the two words of its block (i, 0). An element stays if the upper 24
// bits of its word are at least p 2^24.

namespace tdc::ops {
namespace {

using ir::Dims;

std::vector<AttributeDef> attributes() {
  return {{"p", AttributeKind::real, 0.5, "the probability of a 0, at least 0 and less than 1"}};
}

TypeResult infer(const Call& call) {
  const double p = call.attributes.real("p");
  if (!(p >= 0 && p < 1))
    return TypeProblem{.message = make_message(diag::op_attribute, "p",
                                               "a probability of at least 0 and less than 1",
                                               fmt::format("{}", p)),
                       .operand = -1,
                       .attribute = "p"};
  return std::vector{call.input(0)};
}

// ---- reference evaluation ----------------------------------------------------------------------

using Words = std::array<uint32_t, 2>;

/// Threefry-2x32, 20 rounds.
Words threefry(Words key, Words counter) {
  constexpr std::array<std::array<int, 4>, 2> kRotations = {{{13, 15, 26, 6}, {17, 29, 16, 24}}};
  const std::array<uint32_t, 3> keys = {key[0], key[1], key[0] ^ key[1] ^ 0x1bd11bdau};
  Words x = {counter[0] + keys[0], counter[1] + keys[1]};
  for (uint32_t group = 0; group < 5; ++group) {
    for (const int rotation : kRotations[group % 2]) {
      x[0] += x[1];
      x[1] = std::rotl(x[1], rotation) ^ x[0];
    }
    x[0] += keys[(group + 1) % 3];
    x[1] += keys[(group + 2) % 3] + group + 1;
  }
  return x;
}

int64_t threshold_of(const ir::Attributes& attributes) {
  return std::llround(attributes.real("p") * 0x1p24);
}

double scale_of(const ir::Attributes& attributes) {
  return 1 / (1 - attributes.real("p"));
}

void evaluate_drop(const Evaluation& e) {
  const auto step = std::bit_cast<uint32_t>(static_cast<float>(e.input(1).data[0]));
  const int64_t threshold = threshold_of(e.attributes);
  const double scale = scale_of(e.attributes);
  for (size_t i = 0; i < e.output(0).data.size(); ++i) {
    const uint32_t word = threefry({step, 0}, {static_cast<uint32_t>(i / 2), 0})[i % 2];
    e.output(0).data[i] = (word >> 8) < threshold ? 0 : e.input(0).data[i] * scale;
  }
}

// ---- batches -----------------------------------------------------------------------------------

ir::ValueIds batch(const BatchContext& context) {
  if (!context.is_training || context.attributes.real("p") == 0) return {context.inputs[0]};
  return {context.builder.emit("drop", context.inputs, context.attributes)};
}

// ---- kernels -----------------------------------------------------------------------------------

Space space(const Call& call) {
  const Dims& dims = call.output(0).dims;
  SpaceBuilder builder;
  const Access each = broadcast_access(dims, dims, add_axes(builder, dims));
  return builder.input(each).input(Access{}).output(each).finish();
}

void bind(const KernelCall& call, KernelScalars& scalars) {
  const OperandLayout& y = call.output(0);
  Dims whole, begin;
  for (size_t axis = 0; axis < y.extent.size(); ++axis) {
    whole.push_back(call.space.axes[axis].extent);
    begin.push_back(call.box[axis].begin);
  }
  const Dims positions = ir::dense_strides(whole);
  int64_t first = 0;
  for (size_t axis = 0; axis < begin.size(); ++axis) first += begin[axis] * positions[axis];
  const LoopNest nest =
      merge_loops({.extent = y.extent, .strides = {y.stride, call.input(0).stride, positions}});
  scalars.set("rank", static_cast<int64_t>(nest.extent.size()));
  scalars.set("extent", nest.extent);
  scalars.set("y_stride", nest.strides[0]);
  scalars.set("x_stride", nest.strides[1]);
  scalars.set("position_stride", nest.strides[2]);
  scalars.set("first_position", first);
  scalars.set("threshold", threshold_of(call.attributes));
  scalars.set("scale", scale_of(call.attributes));
}

KernelDef kernel() {
  return {
      .name = "td_drop_f32",
      .file = "drop.c",
      .fields = {{.name = "y", .kind = FieldKind::output, .summary = "result; may be x"},
                 {.name = "x", .kind = FieldKind::input, .operand = 0, .summary = "like y"},
                 {.name = "step", .kind = FieldKind::input, .operand = 1, .summary = "a number"},
                 count_field("rank", "axes in use"),
                 {.name = "extent", .kind = FieldKind::counts, .summary = "of y"},
                 {.name = "y_stride", .kind = FieldKind::counts, .summary = "elements"},
                 {.name = "x_stride", .kind = FieldKind::counts, .summary = "elements"},
                 {.name = "position_stride",
                  .kind = FieldKind::counts,
                  .summary = "of the whole tensor, row by row"},
                 count_field("first_position", "of y's first element in the whole tensor"),
                 count_field("threshold", "2^24 p"),
                 {.name = "scale", .kind = FieldKind::real, .summary = "1 / (1 - p)"}},
      .bind = bind};
}

std::vector<Sample> samples() {
  std::vector<Sample> result;
  for (const Dims& dims : {Dims{}, Dims{1}, Dims{9}, Dims{3, 5}, Dims{2, 1, 7}, Dims{2, 3, 4, 5}})
    for (const double p : {0.3, 0.75})
      result.push_back({.inputs = {ir::TensorType{.dims = dims}, ir::TensorType{}},
                        .attributes = {{"p", p}},
                        .domains = {}});
  return result;
}

}  // namespace

extern const OpFamily dropout_family;
const OpFamily dropout_family = {
    .ops = {
        {.name = "dropout",
         .summary =
             "in training 0 with probability p, else x / (1 - p): the same elements whenever "
             "`step` is the same; outside of training x",
         .signature = "x:[..], step:[] -> y:[..]",
         .attributes = attributes(),
         .infer_types = infer,
         .batch = batch,
         .is_of_sample = true,
         .gradient = [](GradientContext& g) { g.set(0, g.cotangent()); },
         .evaluate = [](const Evaluation& e) { e.output(0).data = e.input(0).data; },
         .work = Work::outputs,
         .samples = samples},

        {.name = "drop",
         .summary =
             "0 where the random number of step and position is less than p, else x / (1 - p)",
         .signature = "x:[..], step:[] -> y:[..]",
         .visibility = Visibility::internal,
         .attributes = attributes(),
         .infer_types = infer,
         .batch = batch_leading,  // made after batching only
         .gradient =
             [](GradientContext& g) {
               g.set(0, g.emit("drop", {g.cotangent(), g.input(1)}, g.attributes()));
             },
         .evaluate = evaluate_drop,
         .work = Work::outputs,
         .space = space,
         .in_place = {{0, 0}},
         .kernel = kernel(),
         .samples = samples},
    }};

}  // namespace tdc::ops
