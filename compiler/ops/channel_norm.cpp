#include <cmath>

#include "diag/diagnostic.h"
#include "ops/elementwise.h"
#include "ops/fields.h"
#include "ops/registry.h"
#include "ops/rules.h"
#include "ops/strides.h"

// y = (x - mean) rstd weight + bias, rstd = 1 / sqrt(variance + eps), each for a channel: the last
// axis but one of x. All axes around it are summed over, the batch among them, in one chain.
//
// Where mean and variance are given,
//
//     dx        = dy weight rstd                         n = (x - mean) rstd
//     dweight   = sum of dy n,   dbias = sum of dy
//     dmean     = sum of -dx,    dvariance = sum of -dx (x - mean) rstd^2 / 2
//
// Where they are those of the batch (op-8: `batch_norm` in training; Ioffe & Szegedy 2015), x moves
// them, too, and with m elements of a channel
//
//     dx = weight rstd (dy - dbias / m - n dweight / m)
//
// for which nothing has to be kept but x and the statistics.

namespace tdc::ops {
namespace {

using ir::Dims;
using ir::TensorType;
using ir::ValueId;

/// Elements of a channel.
int64_t count_of(const Dims& x) {
  int64_t count = x.back();
  for (size_t i = 0; i + 2 < x.size(); ++i) count *= x[i];
  return count;
}

size_t channel_of(const Dims& x, size_t element) {
  const auto positions = static_cast<size_t>(x.back());
  return element / positions % static_cast<size_t>(x[x.size() - 2]);
}

bool is_inside(const Region& region, const Dims& dims, size_t element) {
  auto rest = static_cast<int64_t>(element);
  for (size_t axis = dims.size(); axis-- > 0; rest /= dims[axis])
    if (rest % dims[axis] < region[axis].begin || rest % dims[axis] >= region[axis].end)
      return false;
  return true;
}

// ---- reference evaluation ----------------------------------------------------------------------

double rstd_of(const Evaluation& e, double variance) {
  return 1 / std::sqrt(variance + e.attributes.real("eps"));
}

/// Operands: x, mean, variance, weight, bias.
void evaluate_norm(const Evaluation& e) {
  const Tensor& x = e.input(0);
  for (size_t i = 0; i < x.data.size(); ++i) {
    const size_t c = channel_of(x.type.dims, i);
    e.output(0).data[i] =
        (x.data[i] - e.input(1).data[c]) * rstd_of(e, e.input(2).data[c]) * e.input(3).data[c] +
        e.input(4).data[c];
  }
}

/// Outside of training the statistics are those that are given.
void evaluate_batch_norm(const Evaluation& e) {
  evaluate_norm(e);
  e.output(1).data = e.input(1).data;
  e.output(2).data = e.input(2).data;
}

/// The sums of `term(element, channel)`, on from the operand `accumulator`.
template <typename Term>
void sum_channels(const Evaluation& e, size_t accumulator, Term term) {
  if (e.inputs[accumulator] != nullptr) e.output(0).data = e.inputs[accumulator]->data;
  const Tensor& x = e.input(0);
  for (size_t i = 0; i < x.data.size(); ++i) {
    if (e.touched && !is_inside(*e.touched, x.type.dims, i)) continue;
    const size_t c = channel_of(x.type.dims, i);
    e.output(0).data[c] += term(i, c);
  }
}

void evaluate_sum(const Evaluation& e) {
  sum_channels(e, 2, [&](size_t i, size_t c) {
    return e.input(0).data[i] - (e.inputs[1] != nullptr ? e.input(1).data[c] : 0);
  });
}

void evaluate_squares(const Evaluation& e) {
  sum_channels(e, 2, [&](size_t i, size_t c) {
    const double deviation = e.input(0).data[i] - e.input(1).data[c];
    return deviation * deviation;
  });
}

/// Operands: dy, x, mean, variance.
void evaluate_weight_grad(const Evaluation& e) {
  sum_channels(e, 4, [&](size_t i, size_t c) {
    return e.input(0).data[i] * (e.input(1).data[i] - e.input(2).data[c]) *
           rstd_of(e, e.input(3).data[c]);
  });
}

/// Operands: dy, x, mean, variance, weight, and the sums of dy and of dy n.
void evaluate_input_grad(const Evaluation& e) {
  const Tensor& dy = e.input(0);
  const auto count = static_cast<double>(e.attributes.integer("count"));
  for (size_t i = 0; i < dy.data.size(); ++i) {
    const size_t c = channel_of(dy.type.dims, i);
    const double rstd = rstd_of(e, e.input(3).data[c]);
    const double n = (e.input(1).data[i] - e.input(2).data[c]) * rstd;
    e.output(0).data[i] =
        e.input(4).data[c] * rstd *
        (dy.data[i] - e.input(5).data[c] / count - n * e.input(6).data[c] / count);
  }
}

// ---- gradients ---------------------------------------------------------------------------------

ir::Attributes epsilon(const ir::Attributes& attributes) {
  return {{"eps", attributes.real("eps")}};
}

/// A number for each channel, to be used beside x.
ValueId beside(GradientContext& g, ValueId per_channel) {
  return g.emit("reshape", {per_channel}, {{"dims", Dims{g.type(per_channel).dims[0], 1}}});
}

/// `given`: mean and variance do not depend on x.
void norm_gradient(GradientContext& g, bool given) {
  const ValueId x = g.input(0), mean = g.input(1), variance = g.input(2), weight = g.input(3);
  const ValueId dy = g.cotangent();
  const ir::Attributes eps = epsilon(g.attributes());
  const auto dweight = [&] {
    return g.emit_reduced("channel_norm_weight_grad", {dy, x, mean, variance}, eps);
  };
  const auto dbias = [&] { return g.emit_reduced("channel_sum", {dy}); };
  if (!given && g.needs(0)) {
    ir::Attributes attributes = eps;
    attributes.set("count", count_of(g.type(x).dims));
    g.set(0, g.emit("channel_norm_grad", {dy, x, mean, variance, weight, dbias(), dweight()},
                    attributes));
  }
  if (given && (g.needs(0) || g.needs(1) || g.needs(2))) {
    const ValueId rstd = g.emit(
        "rsqrt", {g.emit("add_scalar", {variance}, {{"offset", g.attributes().real("eps")}})});
    const ValueId dx = g.emit("mul", {dy, beside(g, g.emit("mul", {weight, rstd}))});
    if (g.needs(0)) g.set(0, dx);
    if (g.needs(1)) g.set(1, g.emit_reduced("channel_sum", {g.emit("neg", {dx})}));
    if (g.needs(2)) {
      const ValueId factor = g.emit("scale", {g.emit("mul", {rstd, rstd})}, {{"factor", -0.5}});
      const ValueId moved = g.emit("sub", {x, beside(g, mean)});
      const ValueId term = g.emit("mul", {g.emit("mul", {dx, moved}), beside(g, factor)});
      g.set(2, g.emit_reduced("channel_sum", {term}));
    }
  }
  if (g.needs(3)) g.set(3, dweight());
  if (g.needs(4)) g.set(4, dbias());
}

/// In graphs of one sample, where the results beside y are the operands.
void batch_norm_gradient(GradientContext& g) {
  if (g.cotangent().is_valid()) norm_gradient(g, true);
  for (const size_t statistic : {1, 2}) {
    const ValueId cotangent = g.cotangent(statistic);
    if (!g.needs(statistic) || !cotangent.is_valid()) continue;
    const std::optional<ValueId> through_y = g.gradients()[statistic];
    g.set(statistic, through_y ? g.emit("add", {*through_y, cotangent}) : cotangent);
  }
}

// ---- batches -----------------------------------------------------------------------------------

ir::ValueIds batch_of_norm(const BatchContext& context) {
  Builder& builder = context.builder;
  const ValueId x = context.inputs[0];
  ir::ValueIds operands = context.inputs;
  ir::Attributes attributes = epsilon(context.attributes);
  ir::ValueIds statistics = {operands[1], operands[2]};
  if (context.is_training) {
    const auto count = static_cast<double>(count_of(builder.type(x).dims));
    const auto share = [&](ValueId total, double parts) {
      return builder.emit("scale", {total}, {{"factor", 1 / parts}});
    };
    // The mean of norms (kernels/numerics.md): a first one, and what is left of the elements.
    const ValueId first = share(builder.emit_reduced("channel_sum", {x}), count);
    operands[1] =
        builder.emit("add", {first, share(builder.emit_reduced("channel_sum", {x, first}), count)});
    const ValueId squares = builder.emit_reduced("channel_squares", {x, operands[1]});
    operands[2] = share(squares, count);
    attributes.set("is_of_x", true);
    statistics = {operands[1], share(squares, count - 1)};
  }
  BatchContext norm = {.builder = builder,
                       .op = *find_op("channel_norm"),
                       .attributes = attributes,
                       .inputs = std::move(operands),
                       .output_types = {context.output_types[0]},
                       .batch = context.batch};
  const ValueId y = builder.is_batched(x) ? batch_leading(norm)[0]
                                          : builder.emit("channel_norm", norm.inputs, attributes);
  return {y, statistics[0], statistics[1]};
}

std::optional<Message> batch_problem(const Call& call, int64_t batch) {
  if (batch * count_of(call.input(0).dims) > 1) return std::nullopt;
  return make_message(diag::batch_too_small, "batch_norm", batch);
}

/// What is added to a whole channel of all samples goes into the mean.
std::optional<Shift> shift_of_batch_norm(const Call& call, const ShiftOperands& operands) {
  const size_t channel = call.input(0).dims.size() - 2;
  bool goes_into_mean = true;
  for (size_t i = 0; i < operands.size(); ++i) {
    const std::optional<Shift>& shift = operands[i].shift;
    if (!shift) continue;
    goes_into_mean = goes_into_mean && i == 0 && !shift->is_of_sample;
    for (size_t dim = 0; dim < shift->varies.size(); ++dim)
      goes_into_mean = goes_into_mean && (dim == channel || !shift->varies[dim]);
  }
  return goes_into_mean ? std::nullopt : std::optional(Shift{.is_known = false, .varies = {}});
}

// ---- spaces ------------------------------------------------------------------------------------

struct PlaneAxes {
  std::vector<size_t> all;  ///< those of x
  size_t channel;
};

/// Axes of x: images, merged, channels and positions.
PlaneAxes add_planes(SpaceBuilder& builder, const Dims& x, AxisKind around) {
  PlaneAxes axes = {.all = add_axes(builder, Dims(x.begin(), x.end() - 2), around), .channel = 0};
  if (axes.all.size() > 1) builder.merge(axes.all);
  axes.channel = builder.axis("channel", x[x.size() - 2]);
  axes.all.push_back(axes.channel);
  axes.all.push_back(builder.axis("position", x.back(), around));
  return axes;
}

/// All operands are like x or have a number for each channel, which is said by their ranks.
Space plane_space(const Call& call, AxisKind around) {
  SpaceBuilder builder;
  const PlaneAxes axes = add_planes(builder, call.input(0).dims, around);
  const auto access = [&](const TensorType& type) {
    Access result;
    if (type.dims.size() == 1) {
      result.dims = {SpaceBuilder::along(axes.channel)};
    } else {
      for (const size_t axis : axes.all) result.dims.push_back(SpaceBuilder::along(axis));
    }
    return result;
  };
  for (const std::optional<TensorType>& input : call.inputs)
    builder.input(input ? std::optional(access(*input)) : std::nullopt);
  return builder.output(access(call.output(0))).finish();
}
Space each_space(const Call& call) {
  return plane_space(call, AxisKind::parallel);
}
Space sum_space(const Call& call) {
  return plane_space(call, AxisKind::chain);
}

// ---- kernels -----------------------------------------------------------------------------------

constexpr std::string_view kPlanes = "[image][channel][position], positions dense";
constexpr std::string_view kPerChannel = "[channel]";

KernelField input(std::string_view name, int operand, std::string_view layout) {
  return {.name = name, .kind = FieldKind::input, .operand = operand, .summary = layout};
}

/// `images`, `channels`, `positions`, then the strides of the operands named.
void add_extents(std::vector<KernelField>& fields, std::vector<std::string_view> strides) {
  fields.insert(fields.end(), {count_field("images", "images"), count_field("channels", "of each"),
                               count_field("positions", "of a channel")});
  for (const std::string_view name : strides) fields.push_back(count_field(name, "stride"));
}

void bind_planes(const OperandLayout& layout, std::string_view image, std::string_view channel,
                 KernelScalars& scalars) {
  check_dense(layout, 1);
  scalars.set(image, merge_leading(layout, 2).stride);
  scalars.set(channel, layout.stride[layout.stride.size() - 2]);
}

/// The extents, from input 0, which is like x.
void bind_extents(const KernelCall& call, KernelScalars& scalars) {
  const OperandLayout& x = call.input(0);
  scalars.set("images", merge_leading(x, 2).extent);
  scalars.set("channels", x.extent[x.extent.size() - 2]);
  scalars.set("positions", x.extent.back());
}

/// Operands that have a number for each channel are dense.
void check_per_channel(const KernelCall& call) {
  for (const std::optional<OperandLayout>& each : call.inputs)
    if (each && each->extent.size() == 1) check_dense(*each);
  for (const OperandLayout& each : call.outputs)
    if (each.extent.size() == 1) check_dense(each);
}

KernelField epsilon_field() {
  return {.name = "epsilon", .kind = FieldKind::real, .summary = "added to variances"};
}

KernelField accumulate_field(std::string_view summary) {
  return {.name = "accumulate", .kind = FieldKind::flag, .summary = summary};
}

KernelDef norm_kernel() {
  std::vector<KernelField> fields = {{.name = "y",
                                      .kind = FieldKind::output,
                                      .summary = "[image][channel][position], positions dense; "
                                                 "may be x"},
                                     input("x", 0, kPlanes),
                                     input("mean", 1, kPerChannel),
                                     input("variance", 2, kPerChannel),
                                     input("weight", 3, kPerChannel),
                                     input("bias", 4, kPerChannel)};
  add_extents(fields, {"y_image", "y_channel", "x_image", "x_channel"});
  fields.push_back(epsilon_field());
  return {.name = "td_channel_norm_f32",
          .file = "channel_norm.c",
          .fields = std::move(fields),
          .bind = [](const KernelCall& call, KernelScalars& scalars) {
            bind_extents(call, scalars);
            bind_planes(call.output(0), "y_image", "y_channel", scalars);
            bind_planes(call.input(0), "x_image", "x_channel", scalars);
            check_per_channel(call);
            scalars.set("epsilon", call.attributes.real("eps"));
          }};
}

/// Of x and a mean, to sums.
KernelDef sum_kernel(std::string_view name, std::string_view mean) {
  std::vector<KernelField> fields = {
      {.name = "y", .kind = FieldKind::output, .summary = kPerChannel},
      input("x", 0, kPlanes),
      input("mean", 1, mean)};
  add_extents(fields, {"x_image", "x_channel"});
  fields.push_back(accumulate_field("1: the chains start from y, not from +0"));
  return {.name = name,
          .file = "channel_norm.c",
          .fields = std::move(fields),
          .bind = [](const KernelCall& call, KernelScalars& scalars) {
            bind_extents(call, scalars);
            bind_planes(call.input(0), "x_image", "x_channel", scalars);
            check_per_channel(call);
            scalars.set("accumulate", int64_t{call.continues});
          }};
}

KernelDef weight_grad_kernel() {
  std::vector<KernelField> fields = {
      {.name = "dweight", .kind = FieldKind::output, .summary = kPerChannel},
      input("dy", 0, kPlanes),
      input("x", 1, kPlanes),
      input("mean", 2, kPerChannel),
      input("variance", 3, kPerChannel)};
  add_extents(fields, {"dy_image", "dy_channel", "x_image", "x_channel"});
  fields.push_back(epsilon_field());
  fields.push_back(accumulate_field("1: the chains start from dweight, not from +0"));
  return {.name = "td_channel_norm_weight_grad_f32",
          .file = "channel_norm.c",
          .fields = std::move(fields),
          .bind = [](const KernelCall& call, KernelScalars& scalars) {
            bind_extents(call, scalars);
            bind_planes(call.input(0), "dy_image", "dy_channel", scalars);
            bind_planes(call.input(1), "x_image", "x_channel", scalars);
            check_per_channel(call);
            scalars.set("epsilon", call.attributes.real("eps"));
            scalars.set("accumulate", int64_t{call.continues});
          }};
}

KernelDef input_grad_kernel() {
  std::vector<KernelField> fields = {{.name = "dx",
                                      .kind = FieldKind::output,
                                      .summary = "[image][channel][position], positions dense; "
                                                 "may be dy"},
                                     input("dy", 0, kPlanes),
                                     input("x", 1, kPlanes),
                                     input("mean", 2, kPerChannel),
                                     input("variance", 3, kPerChannel),
                                     input("weight", 4, kPerChannel),
                                     input("sum", 5, "[channel], of dy"),
                                     input("product", 6, "[channel], of dy (x - mean) rstd")};
  add_extents(fields, {"dx_image", "dx_channel", "dy_image", "dy_channel", "x_image", "x_channel"});
  fields.push_back(epsilon_field());
  fields.push_back({.name = "inverse_count",
                    .kind = FieldKind::real,
                    .summary = "1 / elements of a channel in all"});
  return {.name = "td_channel_norm_grad_f32",
          .file = "channel_norm.c",
          .fields = std::move(fields),
          .bind = [](const KernelCall& call, KernelScalars& scalars) {
            bind_extents(call, scalars);
            bind_planes(call.output(0), "dx_image", "dx_channel", scalars);
            bind_planes(call.input(0), "dy_image", "dy_channel", scalars);
            bind_planes(call.input(1), "x_image", "x_channel", scalars);
            check_per_channel(call);
            scalars.set("epsilon", call.attributes.real("eps"));
            scalars.set("inverse_count", 1 / static_cast<double>(call.attributes.integer("count")));
          }};
}

// ---- samples -----------------------------------------------------------------------------------

/// `of_x`: how many operands are like x, before `per_channel` others, the third of which is a
/// variance, and perhaps an accumulator that is absent.
std::vector<Sample> samples(size_t of_x, size_t per_channel, bool has_accumulator,
                            const ir::Attributes& attributes = {}) {
  std::vector<Sample> result;
  for (const Dims& dims : {Dims{3, 5}, Dims{1, 1}, Dims{9, 2}, Dims{2, 5, 7}, Dims{2, 3, 4, 6}}) {
    const TensorType x = {.dims = dims}, channel = {.dims = {dims[dims.size() - 2]}};
    Sample sample = {.inputs = {}, .attributes = attributes, .domains = {}};
    for (size_t i = 0; i < of_x; ++i) sample.inputs.emplace_back(x);
    for (size_t i = 0; i < per_channel; ++i) sample.inputs.emplace_back(channel);
    if (has_accumulator) sample.inputs.emplace_back(std::nullopt);
    sample.domains.resize(sample.inputs.size());
    if (per_channel > 1) sample.domains[of_x + 1] = {.low = 0.3, .high = 2};
    if (attributes.has("count")) sample.attributes.set("count", count_of(dims));
    result.push_back(std::move(sample));
  }
  return result;
}

std::vector<AttributeDef> eps_attribute() {
  return {{"eps", AttributeKind::real, 1e-5, "added to the variance"}};
}

constexpr NoGradient kNoSecond = {"gradients of gradients are not supported"};

}  // namespace

extern const OpFamily channel_norm_family;
const OpFamily channel_norm_family = {
    .ops = {
        {.name = "batch_norm",
         .summary = "channels of mean 0 and variance 1 over the batch, then scaled and shifted; "
                    "in training by their own statistics, which are given beside y (the variance "
                    "with m - 1), else by mean and variance, which are handed through",
         .signature = "x:[.., c, s], mean:[c], variance:[c], weight:[c], bias:[c] -> "
                      "y:[.., c, s], batch_mean:[c], batch_variance:[c]",
         .attributes = eps_attribute(),
         .batch = batch_of_norm,
         .is_of_sample = true,
         .of_batch = {1, 2},
         .batch_problem = batch_problem,
         .gradient = batch_norm_gradient,
         .shift = shift_of_batch_norm,
         .evaluate = evaluate_batch_norm,
         .work = Work::outputs,
         .is_channel_norm = true,
         .samples = [] { return samples(1, 4, false, {{"eps", 0.1}}); }},

        {.name = "channel_norm",
         .summary = "channels moved by a mean, divided by the root of a variance, then scaled and "
                    "shifted",
         .signature = "x:[.., c, s], mean:[c], variance:[c], weight:[c], bias:[c] -> y:[.., c, s]",
         .attributes = {{"eps", AttributeKind::real, 1e-5, "added to the variance"},
                        {"is_of_x", AttributeKind::boolean, false,
                         "mean and variance are those of x", Visibility::internal}},
         .batch = batch_leading,
         .gradient =
             [](GradientContext& g) { norm_gradient(g, !g.attributes().boolean("is_of_x")); },
         .evaluate = evaluate_norm,
         .work = Work::outputs,
         .space = each_space,
         .in_place = {{0, 0}},
         .is_channel_norm = true,
         .kernel = norm_kernel(),
         .samples = [] { return samples(1, 4, false, {{"eps", 0.1}}); },
         .kernel_tolerance = 2e-6},

        {.name = "channel_norm_grad",
         .summary = "gradient of channel_norm for x whose mean and variance are x's own",
         .signature = "dy:[.., c, s], x:[.., c, s], mean:[c], variance:[c], weight:[c], sum:[c], "
                      "product:[c] -> dx:[.., c, s]",
         .visibility = Visibility::internal,
         .attributes = {{"eps", AttributeKind::real, std::nullopt, "added to the variance"},
                        {"count", AttributeKind::integer, std::nullopt, "elements of a channel"}},
         .batch = batch_leading,  // made after batching only
         .gradient = kNoSecond,
         .evaluate = evaluate_input_grad,
         .work = Work::outputs,
         .space = each_space,
         .in_place = {{0, 0}},
         .kernel = input_grad_kernel(),
         .samples = [] { return samples(2, 5, false, {{"eps", 0.1}, {"count", int64_t{1}}}); },
         .kernel_tolerance = 2e-6},

        {.name = "channel_norm_weight_grad",
         .summary = "gradient of channel_norm for the weight: sums of dy n, in one chain each",
         .signature = "dy:[.., c, s], x:[.., c, s], mean:[c], variance:[c], accumulator?:[c] -> "
                      "dweight:[c]",
         .visibility = Visibility::internal,
         .attributes = {{"eps", AttributeKind::real, std::nullopt, "added to the variance"}},
         .batch = batch_leading,  // made after batching only
         .gradient = kNoSecond,
         .evaluate = evaluate_weight_grad,
         .work = Work::outputs,
         .space = sum_space,
         .accumulator = 4,
         .kernel = weight_grad_kernel(),
         .samples = [] { return samples(2, 2, true, {{"eps", 0.1}}); },
         .kernel_tolerance = 4e-6},

        {.name = "channel_sum",
         .summary = "the sum of each channel, or of x - mean, in one chain, images outermost",
         .signature = "x:[.., c, s], mean?:[c], accumulator?:[c] -> y:[c]",
         .visibility = Visibility::internal,
         .batch = batch_leading,  // made after batching only
         .gradient = NoGradient{"statistics of the batch are no function of the sample"},
         .evaluate = evaluate_sum,
         .work = Work::outputs,
         .space = sum_space,
         .accumulator = 2,
         .kernel = sum_kernel("td_channel_sum_f32", "[channel], or null: zeros"),
         .samples =
             [] {
               std::vector<Sample> all = samples(1, 1, true);
               for (Sample& sample : samples(1, 1, true)) {
                 sample.inputs[1].reset();
                 all.push_back(std::move(sample));
               }
               return all;
             },
         .kernel_tolerance = 4e-6},

        {.name = "channel_squares",
         .summary = "the sum of (x - mean)^2 of each channel, in one chain, images outermost",
         .signature = "x:[.., c, s], mean:[c], accumulator?:[c] -> y:[c]",
         .visibility = Visibility::internal,
         .batch = batch_leading,  // made after batching only
         .gradient = NoGradient{"statistics of the batch are no function of the sample"},
         .evaluate = evaluate_squares,
         .work = Work::outputs,
         .space = sum_space,
         .accumulator = 2,
         .kernel = sum_kernel("td_channel_squares_f32", kPerChannel),
         .samples = [] { return samples(1, 1, true); },
         .kernel_tolerance = 4e-6},
    }};

}  // namespace tdc::ops
