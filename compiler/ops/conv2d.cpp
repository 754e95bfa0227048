#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "diag/diagnostic.h"
#include "ops/elementwise.h"
#include "ops/fields.h"
#include "ops/rules.h"
#include "ops/strides.h"
#include "ops/window.h"

// y[n, o, i, j] = sum over c, p, q of x[n, c, i s + p d - pad, j s + q d - pad] w[o, c, p, q]: one
// chain of fused multiply-adds per output, c then p then q ascending. Kernel rows outside of the
// image are not in the chain; columns outside are zeros that take part (kernels/numerics.md). With
// groups, output o sees the channels of its group only.

namespace tdc::ops {
namespace {

using ir::Dims;
using ir::TensorType;

/// All extents of one convolution. Channels and outputs are those of one group.
struct Geometry {
  int64_t batch, groups, channels, height, width, outputs, out_height, out_width;
  int64_t kernel[2], stride[2], padding[2], dilation[2];
};

Geometry geometry(const Dims& x, const Dims& w, const ir::Attributes& attributes) {
  Geometry g = {};
  const size_t leading = x.size() - 3;
  g.batch = 1;
  for (size_t axis = 0; axis < leading; ++axis) g.batch *= x[axis];
  g.groups = attributes.integer("groups");
  g.channels = x[leading] / g.groups;
  g.outputs = w[0] / g.groups;
  g.height = x[leading + 1];
  g.width = x[leading + 2];
  for (size_t i = 0; i < 2; ++i) {
    g.kernel[i] = w[2 + i];
    g.stride[i] = attributes.integers("stride")[i];
    g.padding[i] = attributes.integers("padding")[i];
    g.dilation[i] = attributes.integers("dilation")[i];
  }
  g.out_height = window_count(g.height, g.kernel[0], g.stride[0], g.padding[0], g.dilation[0]);
  g.out_width = window_count(g.width, g.kernel[1], g.stride[1], g.padding[1], g.dilation[1]);
  return g;
}

TypeProblem problem(Message message, int operand, std::string attribute) {
  return {.message = std::move(message), .operand = operand, .attribute = std::move(attribute)};
}

std::optional<TypeProblem> step_problem(const ir::Attributes& attributes) {
  for (const auto& [name, lowest] : {std::pair{"stride", 1}, {"dilation", 1}, {"padding", 0}})
    for (const int64_t value : attributes.integers(name))
      if (value < lowest || value > kLargestStep)
        return problem(make_message(diag::window_step, name, value, lowest, kLargestStep), -1,
                       name);
  return std::nullopt;
}

/// As many outputs as windows (result-3).
TypeResult infer(const Call& call) {
  const Dims& x = call.input(0).dims;
  const Dims& w = call.input(1).dims;
  if (x.size() < 3)
    return problem(
        make_message(diag::op_axes, "conv2d", "channels, height and width", ir::to_text(x)), 0, "");
  if (w.size() != 4) return problem(make_message(diag::conv2d_kernel, ir::to_text(w)), 1, "");
  if (auto step = step_problem(call.attributes)) return *std::move(step);
  const int64_t groups = call.attributes.integer("groups");
  const int64_t channels = x[x.size() - 3];
  if (groups < 1 || channels % groups != 0 || w[0] % groups != 0)
    return problem(make_message(diag::conv2d_groups, groups, channels, w[0]), -1, "groups");
  if (w[1] != channels / groups)
    return problem(make_message(diag::conv2d_channels, w[1], channels / groups), 1, "");
  const Geometry g = geometry(x, w, call.attributes);
  if (g.out_height < 1 || g.out_width < 1)
    return problem(make_message(diag::window_size, g.kernel[0], g.kernel[1],
                                g.height + 2 * g.padding[0], g.width + 2 * g.padding[1]),
                   1, "");
  TensorType y = {.dims = Dims(x.begin(), x.end() - 3)};
  y.dims.insert(y.dims.end(), {w[0], g.out_height, g.out_width});
  return std::vector{y};
}

std::vector<AttributeDef> attributes() {
  return {{"stride", AttributeKind::pair, std::vector<int64_t>{1, 1}, "between outputs"},
          {"padding", AttributeKind::pair, std::vector<int64_t>{0, 0}, "zeros on each side"},
          {"dilation", AttributeKind::pair, std::vector<int64_t>{1, 1}, "between taps"},
          {"groups", AttributeKind::integer, int64_t{1}, "of channels, each on its own"}};
}

/// Attributes of the gradient ops: those of the convolution and the shape of what they give.
std::vector<AttributeDef> gradient_attributes() {
  std::vector<AttributeDef> result = attributes();
  result.push_back({"dims", AttributeKind::integers, std::nullopt, "the result's shape"});
  return result;
}

ir::Attributes with_dims(const ir::Attributes& attributes, const Dims& dims) {
  ir::Attributes result = attributes;
  result.set("dims", dims);
  return result;
}

TypeResult infer_from_dims(const Call& call) {
  return std::vector<TensorType>{{.dims = call.attributes.integers("dims")}};
}

void gradient(GradientContext& g) {
  const ir::ValueId x = g.input(0), w = g.input(1), dy = g.cotangent();
  if (g.needs(0))
    g.set(0, g.emit("conv2d_input_grad", {dy, w}, with_dims(g.attributes(), g.type(x).dims)));
  if (g.needs(1)) {
    const ir::Attributes attributes = with_dims(g.attributes(), g.type(w).dims);
    g.set(1, g.emit_reduced("conv2d_weight_grad", {x, dy}, attributes));
  }
}

/// The kernel as a matrix [outputs, channels * height * width of the kernel]; groups have one each.
std::optional<std::pair<int64_t, int64_t>> low_rank_dims(const Call& call) {
  if (call.attributes.integer("groups") != 1) return std::nullopt;
  const Dims& w = call.input(1).dims;
  return std::pair(w[1] * w[2] * w[3], w[0]);
}

/// The same convolution to `rank` channels, then one of single pixels to the outputs.
ir::ValueId low_rank_branch(Builder& builder, const ir::Node& node, ir::ValueId factor_a,
                            ir::ValueId factor_b) {
  Dims inner = builder.type(node.inputs[1]).dims;
  const int64_t rank = builder.type(factor_a).dims[0];
  const int64_t outputs = inner[0];
  inner[0] = rank;
  const ir::ValueId a = builder.emit("reshape", {factor_a}, {{"dims", inner}});
  const ir::ValueId b = builder.emit("reshape", {factor_b}, {{"dims", Dims{outputs, rank, 1, 1}}});
  const ir::ValueId narrow = builder.emit("conv2d", {node.inputs[0], a}, node.attributes);
  return builder.emit("conv2d", {narrow, b});
}

int64_t index_of_x(const Geometry& g, int64_t n, int64_t channel, int64_t row, int64_t column) {
  return ((n * g.groups * g.channels + channel) * g.height + row) * g.width + column;
}

int64_t index_of_y(const Geometry& g, int64_t n, int64_t output, int64_t row, int64_t column) {
  return ((n * g.groups * g.outputs + output) * g.out_height + row) * g.out_width + column;
}

/// The element at `index`, or a zero of the padding.
double element_or_zero(const Tensor& tensor, std::optional<int64_t> index) {
  return index ? tensor.data[static_cast<size_t>(*index)] : 0;
}

/// Calls `function(x index, w index, y index)` for every product in the chains of y and of the
/// gradient of w, in their order; no x index for columns in the padding.
template <typename Function>
void for_each_tap(const Geometry& g, Function function) {
  for (int64_t n = 0; n < g.batch; ++n)
    for (int64_t output = 0; output < g.groups * g.outputs; ++output)
      for (int64_t i = 0; i < g.out_height; ++i)
        for (int64_t j = 0; j < g.out_width; ++j) {
          const auto y = static_cast<size_t>(index_of_y(g, n, output, i, j));
          for (int64_t c = 0; c < g.channels; ++c)
            for (int64_t p = 0; p < g.kernel[0]; ++p) {
              const int64_t row = i * g.stride[0] + p * g.dilation[0] - g.padding[0];
              if (row < 0 || row >= g.height) continue;
              const int64_t channel = output / g.outputs * g.channels + c;
              const int64_t x_row = index_of_x(g, n, channel, row, 0);
              const int64_t w_row = ((output * g.channels + c) * g.kernel[0] + p) * g.kernel[1];
              for (int64_t q = 0; q < g.kernel[1]; ++q) {
                const int64_t column = j * g.stride[1] + q * g.dilation[1] - g.padding[1];
                std::optional<int64_t> x;
                if (column >= 0 && column < g.width) x = x_row + column;
                function(x, static_cast<size_t>(w_row + q), y);
              }
            }
        }
}

/// Calls `function(x index, w index, y index)` for every product in the chains of the gradient of
/// x, in their order; no y index for columns outside of y.
template <typename Function>
void for_each_gradient_tap(const Geometry& g, Function function) {
  for (int64_t n = 0; n < g.batch; ++n)
    for (int64_t channel = 0; channel < g.groups * g.channels; ++channel)
      for (int64_t row = 0; row < g.height; ++row)
        for (int64_t column = 0; column < g.width; ++column)
          for (int64_t o = 0; o < g.outputs; ++o)
            for (int64_t p = 0; p < g.kernel[0]; ++p)
              for (int64_t q = 0; q < g.kernel[1]; ++q) {
                const int64_t i = row + g.padding[0] - p * g.dilation[0];
                const int64_t j = column + g.padding[1] - q * g.dilation[1];
                if (i % g.stride[0] != 0 || j % g.stride[1] != 0) continue;
                if (i < 0 || i / g.stride[0] >= g.out_height) continue;
                const int64_t output = channel / g.channels * g.outputs + o;
                std::optional<int64_t> y;
                if (j >= 0 && j / g.stride[1] < g.out_width)
                  y = index_of_y(g, n, output, i / g.stride[0], j / g.stride[1]);
                function(static_cast<size_t>(index_of_x(g, n, channel, row, column)),
                         static_cast<size_t>(
                             ((output * g.channels + channel % g.channels) * g.kernel[0] + p) *
                                 g.kernel[1] +
                             q),
                         y);
              }
}

void evaluate_input_gradient(const Evaluation& e) {
  Tensor& dx = e.output(0);
  for_each_gradient_tap(geometry(dx.type.dims, e.input(1).type.dims, e.attributes),
                        [&](size_t x_at, size_t w_at, std::optional<int64_t> y_at) {
                          dx.data[x_at] +=
                              element_or_zero(e.input(0), y_at) * e.input(1).data[w_at];
                        });
}

// ---- conv_transpose2d --------------------------------------------------------------------------
//
// What the gradient of a convolution does to dy: op, space and kernel are those of the gradient of
// x, and its own gradients are a convolution and the gradient of a convolution's kernel, with the
// roles of image and result exchanged. `output_padding` says which of the images that such a
// convolution makes x from is meant (op-16).

std::vector<AttributeDef> transposed_attributes() {
  std::vector<AttributeDef> result = attributes();
  result[0].summary = "between what neighbours of x become";
  result[1].summary = "rows and columns that are left out on each side of y";
  result.push_back({"output_padding", AttributeKind::pair, std::vector<int64_t>{0, 0},
                    "rows and columns more at the end of y, fewer than the stride"});
  return result;
}

TypeResult infer_transposed(const Call& call) {
  const std::string op = "conv_transpose2d";
  const Dims& x = call.input(0).dims;
  const Dims& w = call.input(1).dims;
  if (x.size() < 3)
    return problem(make_message(diag::op_axes, op, "channels, height and width", ir::to_text(x)), 0,
                   "");
  if (w.size() != 4)
    return problem(make_message(diag::op_axes, op, "4 axes for `w`", ir::to_text(w)), 1, "");
  if (auto step = step_problem(call.attributes)) return *std::move(step);
  const int64_t channels = x[x.size() - 3];
  if (w[0] != channels)
    return problem(make_message(diag::op_extents, op, "c", fmt::format("{}", channels), "x",
                                fmt::format("{}", w[0]), "w"),
                   1, "");
  const int64_t groups = call.attributes.integer("groups");
  if (groups < 1 || channels % groups != 0)
    return problem(make_message(diag::conv2d_groups, groups, channels, groups * w[1]), -1,
                   "groups");
  TensorType y = {.dims = Dims(x.begin(), x.end() - 3)};
  y.dims.push_back(groups * w[1]);
  int64_t reach[2];
  for (size_t i = 0; i < 2; ++i) {
    const auto step = [&](std::string_view name) { return call.attributes.integers(name)[i]; };
    const int64_t more = step("output_padding");
    if (more < 0 || more >= step("stride"))
      return problem(make_message(diag::window_step, "output_padding", more, 0, step("stride") - 1),
                     -1, "output_padding");
    reach[i] =
        (x[x.size() - 2 + i] - 1) * step("stride") + step("dilation") * (w[2 + i] - 1) + 1 + more;
    y.dims.push_back(reach[i] - 2 * step("padding"));
  }
  const std::vector<int64_t>& padding = call.attributes.integers("padding");
  if (y.dims.end()[-2] < 1 || y.dims.end()[-1] < 1)
    return problem(
        make_message(diag::conv_transpose2d_padding, padding[0], padding[1], reach[0], reach[1]),
        -1, "padding");
  return std::vector{y};
}

void transposed_gradient(GradientContext& g) {
  const ir::ValueId x = g.input(0), w = g.input(1), dy = g.cotangent();
  ir::Attributes attributes;
  for (const auto& [name, value] : g.attributes())
    if (name != "output_padding") attributes.set(name, value);
  if (g.needs(0)) g.set(0, g.emit("conv2d", {dy, w}, attributes));
  if (g.needs(1))
    g.set(1, g.emit_reduced("conv2d_weight_grad", {dy, x}, with_dims(attributes, g.type(w).dims)));
}

// ---- spaces ------------------------------------------------------------------------------------

/// The axes of a convolution, in every direction; which of them are chains differs.
struct Axes {
  std::vector<size_t> images;
  size_t group, output, channel, row, column, kernel_row, kernel_column;
};

/// Operands laid out like x, w and y. Rows and columns are given by their reach.
Access image_access(SpaceBuilder& builder, const Axes& axes, size_t channel, Reach row,
                    Reach column) {
  Access access;
  for (const size_t image : axes.images) access.dims.push_back(SpaceBuilder::along(image));
  access.dims.push_back(builder.nested(axes.group, channel));
  access.dims.push_back(std::move(row));
  access.dims.push_back(std::move(column));
  return access;
}

Access kernel_access(SpaceBuilder& builder, const Axes& axes) {
  return {.dims = {builder.nested(axes.group, axes.output), SpaceBuilder::along(axes.channel),
                   SpaceBuilder::along(axes.kernel_row), SpaceBuilder::along(axes.kernel_column)}};
}

/// The position of x that position `at` of y and kernel position `tap` meet, along rows (0) or
/// columns (1).
Reach position_of_x(const Geometry& g, int i, size_t at, size_t tap) {
  return {
      .terms = {{at, g.stride[i]}, {tap, g.dilation[i]}},
      .windows = {
          {.low = -g.padding[i], .high = -g.padding[i], .extent = i == 0 ? g.height : g.width}}};
}

/// The position of y that meets position `at` of x at kernel position `tap`.
Reach position_of_y(const Geometry& g, int i, size_t at, size_t tap) {
  return {.terms = {{at, 1}, {tap, -g.dilation[i]}},
          .windows = {{.low = g.padding[i],
                       .high = g.padding[i],
                       .divisor = g.stride[i],
                       .extent = i == 0 ? g.out_height : g.out_width}}};
}

std::vector<size_t> add_images(SpaceBuilder& builder, const Dims& x, AxisKind kind) {
  std::vector<size_t> images = add_axes(builder, Dims(x.begin(), x.end() - 3), kind);
  builder.merge(images);
  return images;
}

Space forward_space(const Call& call) {
  const Geometry g = geometry(call.input(0).dims, call.input(1).dims, call.attributes);
  SpaceBuilder b;
  const Axes axes = {.images = add_images(b, call.input(0).dims, AxisKind::parallel),
                     .group = b.axis("group", g.groups),
                     .output = b.axis("output", g.outputs),
                     .channel = b.axis("channel", g.channels, AxisKind::chain),
                     .row = b.axis("row", g.out_height),
                     .column = b.axis("column", g.out_width),
                     .kernel_row = b.axis("kernel_row", g.kernel[0], AxisKind::chain),
                     .kernel_column = b.axis("kernel_column", g.kernel[1], AxisKind::chain)};
  return b
      .input(image_access(b, axes, axes.channel, position_of_x(g, 0, axes.row, axes.kernel_row),
                          position_of_x(g, 1, axes.column, axes.kernel_column)))
      .input(kernel_access(b, axes))
      .output(image_access(b, axes, axes.output, SpaceBuilder::along(axes.row),
                           SpaceBuilder::along(axes.column)))
      .finish();
}

/// Rows and columns are those of x, or of conv_transpose2d's y.
Space input_gradient_space(const Call& call) {
  const Geometry g = geometry(call.output(0).dims, call.input(1).dims, call.attributes);
  SpaceBuilder b;
  const Axes axes = {.images = add_images(b, call.output(0).dims, AxisKind::parallel),
                     .group = b.axis("group", g.groups),
                     .output = b.axis("output", g.outputs, AxisKind::chain),
                     .channel = b.axis("channel", g.channels),
                     .row = b.axis("row", g.height),
                     .column = b.axis("column", g.width),
                     .kernel_row = b.axis("kernel_row", g.kernel[0], AxisKind::chain),
                     .kernel_column = b.axis("kernel_column", g.kernel[1], AxisKind::chain)};
  return b
      .input(image_access(b, axes, axes.output, position_of_y(g, 0, axes.row, axes.kernel_row),
                          position_of_y(g, 1, axes.column, axes.kernel_column)))
      .input(kernel_access(b, axes))
      .output(image_access(b, axes, axes.channel, SpaceBuilder::along(axes.row),
                           SpaceBuilder::along(axes.column)))
      .finish();
}

Space weight_gradient_space(const Call& call) {
  const Geometry g = geometry(call.input(0).dims, call.output(0).dims, call.attributes);
  SpaceBuilder b;
  const Axes axes = {.images = add_images(b, call.input(0).dims, AxisKind::chain),
                     .group = b.axis("group", g.groups),
                     .output = b.axis("output", g.outputs),
                     .channel = b.axis("channel", g.channels),
                     .row = b.axis("row", g.out_height, AxisKind::chain),
                     .column = b.axis("column", g.out_width, AxisKind::chain),
                     .kernel_row = b.axis("kernel_row", g.kernel[0]),
                     .kernel_column = b.axis("kernel_column", g.kernel[1])};
  const Access dw = kernel_access(b, axes);
  return b
      .input(image_access(b, axes, axes.channel, position_of_x(g, 0, axes.row, axes.kernel_row),
                          position_of_x(g, 1, axes.column, axes.kernel_column)))
      .input(image_access(b, axes, axes.output, SpaceBuilder::along(axes.row),
                          SpaceBuilder::along(axes.column)))
      .input(call.inputs[2] ? std::optional(dw) : std::nullopt)
      .output(dw)
      .finish();
}

// ---- kernels -----------------------------------------------------------------------------------

std::vector<KernelField> geometry_fields() {
  return {count_field("batch", "images"),
          count_field("groups", "groups"),
          count_field("channels", "of one group"),
          count_field("height", "of x"),
          count_field("width", "of x"),
          count_field("outputs", "of one group"),
          count_field("out_height", "of y"),
          count_field("out_width", "of y"),
          count_field("kernel_height", "taps"),
          count_field("kernel_width", "taps"),
          count_field("stride_height", "between outputs"),
          count_field("stride_width", "between outputs"),
          count_field("pad_top",
                      "from the position of x that y's first and the first tap meet to x's first"),
          count_field("pad_left", "the same for columns; both may be negative"),
          count_field("dilation_height", "between taps"),
          count_field("dilation_width", "between taps")};
}

/// Extents of a piece whose operands like x, y and w start at the given indices of the whole.
struct PieceOrigin {
  int64_t x[2], y[2];
};

void bind_geometry(const KernelCall& call, const OperandLayout& x, const OperandLayout& y,
                   const PieceOrigin& origin, KernelScalars& scalars) {
  const size_t rank = x.extent.size();
  int64_t batch = 1;
  for (size_t i = 0; i + 3 < rank; ++i) batch *= x.extent[i];
  scalars.set("batch", batch);
  scalars.set("groups", call.range("group").extent());
  scalars.set("channels", call.range("channel").extent());
  scalars.set("outputs", call.range("output").extent());
  scalars.set("height", x.extent[rank - 2]);
  scalars.set("width", x.extent[rank - 1]);
  scalars.set("out_height", y.extent[rank - 2]);
  scalars.set("out_width", y.extent[rank - 1]);
  const Range taps[2] = {call.range("kernel_row"), call.range("kernel_column")};
  scalars.set("kernel_height", taps[0].extent());
  scalars.set("kernel_width", taps[1].extent());
  const auto steps = [&](std::string_view attribute) {
    return call.attributes.integers(attribute);
  };
  scalars.set("stride_height", steps("stride")[0]);
  scalars.set("stride_width", steps("stride")[1]);
  scalars.set("dilation_height", steps("dilation")[0]);
  scalars.set("dilation_width", steps("dilation")[1]);
  // The piece's first position of y and first tap meet the piece's position -pad of x.
  const auto pad = [&](size_t i) {
    const int64_t met = origin.y[i] * steps("stride")[i] + taps[i].begin * steps("dilation")[i] -
                        steps("padding")[i];
    return origin.x[i] - met;
  };
  scalars.set("pad_top", pad(0));
  scalars.set("pad_left", pad(1));
}

/// Strides of images and their channels and rows; columns are dense.
void bind_image(const OperandLayout& layout, std::string_view image, std::string_view channel,
                std::string_view row, KernelScalars& scalars) {
  const size_t rank = layout.extent.size();
  check_dense(layout, 1);
  scalars.set(image, merge_leading(layout, 3).stride);
  scalars.set(channel, layout.stride[rank - 3]);
  scalars.set(row, layout.stride[rank - 2]);
}

/// Chains of one channel's taps that fewer results share than a block has rows are computed row by
/// row, where the image lies.
Division division_of(const KernelCall& call, std::string_view summed, std::string_view shared) {
  return call.range(summed).extent() == 1 && call.range(shared).extent() < kBlock
             ? Division::rows
             : Division::blocks;
}

KernelDef forward_kernel() {
  std::vector<KernelField> fields = {
      {.name = "y",
       .kind = FieldKind::output,
       .summary = "[image][output][row][column]; aliases nothing"},
      {.name = "x",
       .kind = FieldKind::input,
       .operand = 0,
       .summary = "[image][channel][row][column]"},
      {.name = "w",
       .kind = FieldKind::input,
       .operand = 1,
       .summary = "[output][channel][row][column], the last three dense"}};
  for (KernelField& field : geometry_fields()) fields.push_back(field);
  for (const std::string_view name :
       {"x_image", "x_channel", "x_row", "y_image", "y_channel", "y_row", "w_output"})
    fields.push_back(count_field(name, "stride"));
  fields.push_back({.name = "accumulate",
                    .kind = FieldKind::flag,
                    .summary = "1: the chains start from y, not from +0"});
  return {.name = "td_conv2d_f32",
          .file = "conv2d.c",
          .fields = std::move(fields),
          .engine_file = "conv2d_engine.c",
          .gathered = 0,
          .division = [](const KernelCall& call) { return division_of(call, "channel", "output"); },
          .bind =
              [](const KernelCall& call, KernelScalars& scalars) {
                const size_t rank = call.input(0).extent.size();
                bind_geometry(call, call.input(0), call.output(0),
                              {.x = {call.input_begin(0, rank - 2), call.input_begin(0, rank - 1)},
                               .y = {call.range("row").begin, call.range("column").begin}},
                              scalars);
                check_dense(call.input(1), 3);
                bind_image(call.input(0), "x_image", "x_channel", "x_row", scalars);
                bind_image(call.output(0), "y_image", "y_channel", "y_row", scalars);
                scalars.set("w_output", call.input(1).stride[0]);
                scalars.set("accumulate", int64_t{call.continues});
              }};
}

KernelDef input_gradient_kernel() {
  std::vector<KernelField> fields = {{.name = "dx",
                                      .kind = FieldKind::output,
                                      .summary = "[image][channel][row][column]; aliases nothing"},
                                     {.name = "dy",
                                      .kind = FieldKind::input,
                                      .operand = 0,
                                      .summary = "[image][output][row][column]"},
                                     {.name = "w",
                                      .kind = FieldKind::input,
                                      .operand = 1,
                                      .summary = "[output][channel][row][column], columns dense"}};
  for (KernelField& field : geometry_fields()) fields.push_back(field);
  for (const std::string_view name : {"dx_image", "dx_channel", "dx_row", "dy_image", "dy_channel",
                                      "dy_row", "w_output", "w_channel", "w_row"})
    fields.push_back(count_field(name, "stride"));
  fields.push_back({.name = "accumulate",
                    .kind = FieldKind::flag,
                    .summary = "1: the chains start from dx, not from +0"});
  return {.name = "td_conv2d_input_grad_f32",
          .file = "conv2d.c",
          .fields = std::move(fields),
          .engine_file = "conv2d_engine.c",
          .gathered = 0,
          .division = [](const KernelCall& call) { return division_of(call, "output", "channel"); },
          .bind =
              [](const KernelCall& call, KernelScalars& scalars) {
                const size_t rank = call.input(0).extent.size();
                bind_geometry(call, call.output(0), call.input(0),
                              {.x = {call.range("row").begin, call.range("column").begin},
                               .y = {call.input_begin(0, rank - 2), call.input_begin(0, rank - 1)}},
                              scalars);
                bind_image(call.input(1), "w_output", "w_channel", "w_row", scalars);
                scalars.set("accumulate", int64_t{call.continues});
                bind_image(call.output(0), "dx_image", "dx_channel", "dx_row", scalars);
                bind_image(call.input(0), "dy_image", "dy_channel", "dy_row", scalars);
              }};
}

KernelDef weight_gradient_kernel() {
  std::vector<KernelField> fields = {
      {.name = "dw",
       .kind = FieldKind::output,
       .summary = "[output][channel][row][column], columns dense; aliases nothing"},
      {.name = "x",
       .kind = FieldKind::input,
       .operand = 0,
       .summary = "[image][channel][row][column]"},
      {.name = "dy",
       .kind = FieldKind::input,
       .operand = 1,
       .summary = "[image][output][row][column]"}};
  for (KernelField& field : geometry_fields()) fields.push_back(field);
  for (const std::string_view name : {"x_image", "x_channel", "x_row", "dy_image", "dy_channel",
                                      "dy_row", "dw_output", "dw_channel", "dw_row"})
    fields.push_back(count_field(name, "stride"));
  fields.push_back({.name = "accumulate",
                    .kind = FieldKind::flag,
                    .summary = "1: the chains start from dw, not from +0"});
  return {.name = "td_conv2d_weight_grad_f32",
          .file = "conv2d.c",
          .fields = std::move(fields),
          .engine_file = "conv2d_engine.c",
          .gathered = 0,
          .division = [](const KernelCall& call) { return division_of(call, "channel", "output"); },
          .bind =
              [](const KernelCall& call, KernelScalars& scalars) {
                const size_t rank = call.input(0).extent.size();
                bind_geometry(call, call.input(0), call.input(1),
                              {.x = {call.input_begin(0, rank - 2), call.input_begin(0, rank - 1)},
                               .y = {call.range("row").begin, call.range("column").begin}},
                              scalars);
                bind_image(call.output(0), "dw_output", "dw_channel", "dw_row", scalars);
                bind_image(call.input(0), "x_image", "x_channel", "x_row", scalars);
                bind_image(call.input(1), "dy_image", "dy_channel", "dy_row", scalars);
                scalars.set("accumulate", int64_t{call.continues});
              }};
}

// ---- samples -----------------------------------------------------------------------------------

struct Case {
  Dims x, w;
  std::vector<int64_t> stride, padding, dilation;
  int64_t groups;
};

const std::vector<Case>& cases() {
  static const std::vector<Case> all = {
      {{1, 1, 1}, {1, 1, 1, 1}, {1, 1}, {0, 0}, {1, 1}, 1},
      {{3, 9, 7}, {5, 3, 3, 3}, {1, 1}, {1, 1}, {1, 1}, 1},
      {{2, 3, 8, 11}, {4, 3, 3, 2}, {2, 1}, {1, 0}, {1, 1}, 1},
      {{2, 4, 7, 5}, {6, 2, 2, 3}, {1, 2}, {0, 2}, {2, 1}, 2},
      {{3, 6, 5, 6}, {6, 1, 3, 3}, {1, 1}, {1, 1}, {1, 1}, 6},
      {{3, 7, 41}, {6, 1, 3, 3}, {2, 1}, {1, 2}, {1, 2}, 3},
      {{6, 5, 38}, {2, 3, 3, 3}, {1, 1}, {1, 2}, {1, 2}, 2},
  };
  return all;
}

ir::Attributes attributes_of(const Case& each) {
  return {{"stride", each.stride},
          {"padding", each.padding},
          {"dilation", each.dilation},
          {"groups", each.groups}};
}

/// What conv_transpose2d needs to make x of each case from y.
std::vector<int64_t> output_padding_of(const Case& each) {
  std::vector<int64_t> result;
  for (size_t i = 0; i < 2; ++i) {
    const int64_t extent = each.x[each.x.size() - 2 + i];
    const int64_t reach = each.dilation[i] * (each.w[2 + i] - 1) + 1;
    result.push_back((extent + 2 * each.padding[i] - reach) % each.stride[i]);
  }
  return result;
}

Dims output_dims(const Case& each) {
  const Call call = {.inputs = {TensorType{.dims = each.x}, TensorType{.dims = each.w}},
                     .outputs = {},
                     .attributes = attributes_of(each)};
  return std::get<std::vector<TensorType>>(infer(call)).at(0).dims;
}

}  // namespace

extern const OpFamily conv2d_family;
const OpFamily conv2d_family = {
    .ops = {
        {.name = "conv2d",
         .summary = "2-D convolution (cross-correlation) of images with a kernel",
         .signature = "x:[.., c, h, w], w:[o, g, p, q] -> y:[.., o, i, j]",
         .attributes = attributes(),
         .infer_types = infer,
         .batch = batch_leading,
         .gradient = gradient,
         .evaluate =
             [](const Evaluation& e) {
               const Tensor& x = e.input(0);
               const Tensor& w = e.input(1);
               for_each_tap(geometry(x.type.dims, w.type.dims, e.attributes),
                            [&](std::optional<int64_t> x_at, size_t w_at, size_t y_at) {
                              e.output(0).data[y_at] += element_or_zero(x, x_at) * w.data[w_at];
                            });
             },
         .work = Work::points,
         .space = forward_space,
         .low_rank = {{.operand = 1, .dims = low_rank_dims, .branch = low_rank_branch}},
         .kernel = forward_kernel(),
         .samples =
             [] {
               std::vector<Sample> samples;
               for (const Case& each : cases())
                 samples.push_back(
                     {.inputs = {TensorType{.dims = each.x}, TensorType{.dims = each.w}},
                      .attributes = attributes_of(each),
                      .domains = {}});
               return samples;
             },
         .kernel_tolerance = 2e-6},

        {.name = "conv2d_input_grad",
         .summary = "gradient of conv2d's image",
         .signature = "dy:[.., o, i, j], w:[o, g, p, q] -> dx:[.., c, h, w]",
         .visibility = Visibility::internal,
         .attributes = gradient_attributes(),
         .infer_types = infer_from_dims,
         .batch = batch_leading,  // made after batching only
         .gradient = NoGradient{"gradients of gradients are not supported"},
         .evaluate = evaluate_input_gradient,
         .work = Work::points,
         .space = input_gradient_space,
         .kernel = input_gradient_kernel(),
         .samples =
             [] {
               std::vector<Sample> samples;
               for (const Case& each : cases())
                 samples.push_back(
                     {.inputs = {TensorType{.dims = output_dims(each)}, TensorType{.dims = each.w}},
                      .attributes = with_dims(attributes_of(each), each.x),
                      .domains = {}});
               return samples;
             },
         .kernel_tolerance = 2e-6},

        {.name = "conv_transpose2d",
         .summary = "2-D transposed convolution: what the gradient of conv2d makes of that of its "
                    "result",
         .signature = "x:[.., c, h, w], w:[c, g, p, q] -> y:[.., o, i, j]",
         .attributes = transposed_attributes(),
         .infer_types = infer_transposed,
         .batch = batch_leading,
         .gradient = transposed_gradient,
         .evaluate = evaluate_input_gradient,
         .work = Work::points,
         .space = input_gradient_space,
         .kernel = input_gradient_kernel(),
         .samples =
             [] {
               std::vector<Sample> samples;
               for (const Case& each : cases()) {
                 ir::Attributes attributes = attributes_of(each);
                 attributes.set("output_padding", output_padding_of(each));
                 samples.push_back(
                     {.inputs = {TensorType{.dims = output_dims(each)}, TensorType{.dims = each.w}},
                      .attributes = attributes,
                      .domains = {}});
               }
               return samples;
             },
         .kernel_tolerance = 2e-6},

        {.name = "conv2d_weight_grad",
         .summary = "gradient of conv2d's kernel, summed over the images; one chain per element, "
                    "image then output row then output column ascending",
         .signature =
             "x:[.., c, h, w], dy:[.., o, i, j], accumulator?:[o, g, p, q] -> dw:[o, g, p, q]",
         .visibility = Visibility::internal,
         .attributes = gradient_attributes(),
         .infer_types = infer_from_dims,
         .batch = batch_leading,  // made after batching only
         .gradient = NoGradient{"gradients of gradients are not supported"},
         .evaluate =
             [](const Evaluation& e) {
               Tensor& dw = e.output(0);
               if (e.inputs[2] != nullptr) dw.data = e.inputs[2]->data;
               for_each_tap(geometry(e.input(0).type.dims, dw.type.dims, e.attributes),
                            [&](std::optional<int64_t> x_at, size_t w_at, size_t y_at) {
                              dw.data[w_at] +=
                                  element_or_zero(e.input(0), x_at) * e.input(1).data[y_at];
                            });
             },
         .work = Work::points,
         .space = weight_gradient_space,
         .accumulator = 2,
         .kernel = weight_gradient_kernel(),
         .samples =
             [] {
               std::vector<Sample> samples;
               for (const Case& each : cases())
                 samples.push_back({.inputs = {TensorType{.dims = each.x},
                                               TensorType{.dims = output_dims(each)}, std::nullopt},
                                    .attributes = with_dims(attributes_of(each), each.w),
                                    .domains = {}});
               return samples;
             },
         .kernel_tolerance = 2e-6},
    }};

}  // namespace tdc::ops
