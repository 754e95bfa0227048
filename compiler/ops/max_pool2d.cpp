#include <cmath>

#include "diag/diagnostic.h"
#include "ops/elementwise.h"
#include "ops/fields.h"
#include "ops/rules.h"
#include "ops/strides.h"
#include "ops/window.h"

// The gradient finds the maxima again from x, which the layer before usually keeps anyway; keeping
// their positions would cost memory of y's size beside it.

namespace tdc::ops {
namespace {

using ir::Dims;
using ir::TensorType;

/// Extents of one pooling of planes.
struct Geometry {
  int64_t height, width, out_height, out_width;
  int64_t kernel[2], stride[2], padding[2];
};

Geometry geometry(const Dims& x, const ir::Attributes& attributes) {
  Geometry g = {.height = x[x.size() - 2], .width = x[x.size() - 1]};
  for (size_t i = 0; i < 2; ++i) {
    g.kernel[i] = attributes.integers("kernel")[i];
    g.stride[i] = attributes.integers("stride")[i];
    g.padding[i] = attributes.integers("padding")[i];
  }
  g.out_height = window_count(g.height, g.kernel[0], g.stride[0], g.padding[0], 1);
  g.out_width = window_count(g.width, g.kernel[1], g.stride[1], g.padding[1], 1);
  return g;
}

TypeResult infer(const Call& call) {
  const Dims& x = call.input(0).dims;
  const auto problem = [](Message message, std::string attribute) {
    return TypeProblem{
        .message = std::move(message), .operand = -1, .attribute = std::move(attribute)};
  };
  if (x.size() < 2)
    return TypeProblem{
        .message = make_message(diag::op_axes, "max_pool2d", "height and width", ir::to_text(x)),
        .operand = 0,
        .attribute = {}};
  for (const std::string_view name : {"kernel", "stride"})
    for (const int64_t value : call.attributes.integers(name))
      if (value < 1 || value > kLargestStep)
        return problem(make_message(diag::window_step, std::string(name), value, 1, kLargestStep),
                       std::string(name));
  for (size_t i = 0; i < 2; ++i) {
    const int64_t padding = call.attributes.integers("padding")[i];
    const int64_t kernel = call.attributes.integers("kernel")[i];
    if (padding < 0 || 2 * padding > kernel)
      return problem(make_message(diag::pool_padding, padding, kernel), "padding");
  }
  const Geometry g = geometry(x, call.attributes);
  if (g.out_height < 1 || g.out_width < 1)
    return problem(make_message(diag::window_size, g.kernel[0], g.kernel[1],
                                g.height + 2 * g.padding[0], g.width + 2 * g.padding[1]),
                   "kernel");
  TensorType y = {.dims = Dims(x.begin(), x.end() - 2)};
  y.dims.insert(y.dims.end(), {g.out_height, g.out_width});
  return std::vector{y};
}

/// For each output, the index in x of its window's largest element: the first NaN, or the first of
/// the largest.
std::vector<size_t> largest_in_windows(const Tensor& x, const ir::Attributes& attributes) {
  const Geometry g = geometry(x.type.dims, attributes);
  const int64_t planes = static_cast<int64_t>(x.data.size()) / (g.height * g.width);
  std::vector<size_t> result;
  for (int64_t plane = 0; plane < planes; ++plane)
    for (int64_t i = 0; i < g.out_height; ++i)
      for (int64_t j = 0; j < g.out_width; ++j) {
        size_t best = x.data.size();
        for (int64_t p = 0; p < g.kernel[0]; ++p)
          for (int64_t q = 0; q < g.kernel[1]; ++q) {
            const int64_t row = i * g.stride[0] + p - g.padding[0];
            const int64_t column = j * g.stride[1] + q - g.padding[1];
            if (row < 0 || row >= g.height || column < 0 || column >= g.width) continue;
            const auto at = static_cast<size_t>((plane * g.height + row) * g.width + column);
            if (best == x.data.size() || x.data[at] > x.data[best] ||
                (std::isnan(x.data[at]) && !std::isnan(x.data[best])))
              best = at;
          }
        result.push_back(best);
      }
  return result;
}

void add_geometry_fields(std::vector<KernelField>& fields) {
  fields.insert(
      fields.end(),
      {count_field("images", "images"), count_field("channels", "of an image"),
       count_field("height", "of x"), count_field("width", "of x"),
       count_field("out_height", "of y"), count_field("out_width", "of y"),
       count_field("kernel_height", "of a window"), count_field("kernel_width", "of a window"),
       count_field("stride_height", "between windows"),
       count_field("stride_width", "between windows"),
       count_field("pad_top", "rows left out above"),
       count_field("pad_left", "columns left out on the left")});
}

/// `windows` is what lies like y. The padding of a piece is what its windows lack of x.
void bind_geometry(const KernelCall& call, const OperandLayout& windows, KernelScalars& scalars) {
  const OperandLayout& x = call.input(0);
  const Geometry g = geometry(x.extent, call.attributes);
  const size_t rank = x.extent.size();
  scalars.set("images", rank > 2 ? merge_axes(x, 0, rank - 3).extent : 1);
  scalars.set("channels", rank > 2 ? x.extent[rank - 3] : 1);
  scalars.set("height", x.extent[rank - 2]);
  scalars.set("width", x.extent[rank - 1]);
  scalars.set("out_height", windows.extent[rank - 2]);
  scalars.set("out_width", windows.extent[rank - 1]);
  scalars.set("kernel_height", g.kernel[0]);
  scalars.set("kernel_width", g.kernel[1]);
  scalars.set("stride_height", g.stride[0]);
  scalars.set("stride_width", g.stride[1]);
  scalars.set("pad_top", call.input_begin(0, rank - 2) - call.unclamped_begin(0, rank - 2));
  scalars.set("pad_left", call.input_begin(0, rank - 1) - call.unclamped_begin(0, rank - 1));
}

/// Strides of images, channels and rows; columns are dense.
void bind_planes(const OperandLayout& layout, std::string_view image, std::string_view channel,
                 std::string_view row, KernelScalars& scalars) {
  const size_t rank = layout.extent.size();
  check_dense(layout, 1);
  scalars.set(image, rank > 2 ? merge_leading(layout, 3).stride : 0);
  scalars.set(channel, rank > 2 ? layout.stride[rank - 3] : 0);
  scalars.set(row, layout.stride[rank - 2]);
}

KernelDef forward_kernel() {
  std::vector<KernelField> fields = {
      {.name = "y",
       .kind = FieldKind::output,
       .summary = "[image][channel][row][column]; aliases nothing"},
      {.name = "x", .kind = FieldKind::input, .summary = "[image][channel][row][column]"}};
  add_geometry_fields(fields);
  for (const std::string_view name :
       {"x_image", "x_channel", "x_row", "y_image", "y_channel", "y_row"})
    fields.push_back(count_field(name, "stride"));
  return {.name = "td_max_pool2d_f32",
          .file = "max_pool2d.c",
          .fields = std::move(fields),
          .bind = [](const KernelCall& call, KernelScalars& scalars) {
            bind_geometry(call, call.output(0), scalars);
            bind_planes(call.input(0), "x_image", "x_channel", "x_row", scalars);
            bind_planes(call.output(0), "y_image", "y_channel", "y_row", scalars);
          }};
}

KernelDef gradient_kernel() {
  std::vector<KernelField> fields = {{.name = "dx",
                                      .kind = FieldKind::output,
                                      .summary = "[image][channel][row][column]; aliases nothing"},
                                     {.name = "x",
                                      .kind = FieldKind::input,
                                      .operand = 0,
                                      .summary = "[image][channel][row][column]"},
                                     {.name = "dy",
                                      .kind = FieldKind::input,
                                      .operand = 1,
                                      .summary = "[image][channel][row][column]"}};
  add_geometry_fields(fields);
  fields.insert(fields.end(),
                {count_field("dx_height", "rows of dx"), count_field("dx_width", "columns of dx"),
                 count_field("dx_top", "from x's first row to dx's; may be negative"),
                 count_field("dx_left", "from x's first column to dx's; may be negative")});
  for (const std::string_view name : {"x_image", "x_channel", "x_row", "dx_image", "dx_channel",
                                      "dx_row", "dy_image", "dy_channel", "dy_row"})
    fields.push_back(count_field(name, "stride"));
  return {.name = "td_max_pool2d_grad_f32",
          .file = "max_pool2d.c",
          .fields = std::move(fields),
          .bind = [](const KernelCall& call, KernelScalars& scalars) {
            const size_t rank = call.output(0).extent.size();
            bind_geometry(call, call.input(1), scalars);
            scalars.set("dx_height", call.output(0).extent[rank - 2]);
            scalars.set("dx_width", call.output(0).extent[rank - 1]);
            scalars.set("dx_top", call.box[rank - 2].begin - call.input_begin(0, rank - 2));
            scalars.set("dx_left", call.box[rank - 1].begin - call.input_begin(0, rank - 1));
            bind_planes(call.input(0), "x_image", "x_channel", "x_row", scalars);
            bind_planes(call.output(0), "dx_image", "dx_channel", "dx_row", scalars);
            bind_planes(call.input(1), "dy_image", "dy_channel", "dy_row", scalars);
          }};
}

/// The planes of an operand: axes of images, merged, and of channels.
std::vector<size_t> add_planes(SpaceBuilder& builder, const Dims& x) {
  std::vector<size_t> axes = add_axes(builder, Dims(x.begin(), x.end() - 2));
  if (axes.size() > 1) builder.merge({axes.begin(), axes.end() - 1});
  return axes;
}

Access planes(const std::vector<size_t>& axes, Reach row, Reach column) {
  Access access;
  for (const size_t axis : axes) access.dims.push_back(SpaceBuilder::along(axis));
  access.dims.push_back(std::move(row));
  access.dims.push_back(std::move(column));
  return access;
}

/// The positions of x in a window of y, and the windows of y that hold a position of x, along rows
/// (0) or columns (1).
Window positions_of_window(const Geometry& g, int i) {
  return {.scale = g.stride[i],
          .low = -g.padding[i],
          .high = g.kernel[i] - 1 - g.padding[i],
          .extent = i == 0 ? g.height : g.width};
}
Window windows_of_position(const Geometry& g, int i) {
  return {.low = g.padding[i] - g.kernel[i] + 1,
          .high = g.padding[i],
          .divisor = g.stride[i],
          .extent = i == 0 ? g.out_height : g.out_width};
}

Space forward_space(const Call& call) {
  const Geometry g = geometry(call.input(0).dims, call.attributes);
  SpaceBuilder builder;
  const std::vector<size_t> axes = add_planes(builder, call.input(0).dims);
  const size_t row = builder.axis("row", g.out_height);
  const size_t column = builder.axis("column", g.out_width);
  Reach rows = SpaceBuilder::along(row), columns = SpaceBuilder::along(column);
  rows.windows = {positions_of_window(g, 0)};
  columns.windows = {positions_of_window(g, 1)};
  return builder.input(planes(axes, std::move(rows), std::move(columns)))
      .output(planes(axes, SpaceBuilder::along(row), SpaceBuilder::along(column)))
      .finish();
}

/// A position of x needs all windows that hold it, and of x all positions of these windows.
Space gradient_space(const Call& call) {
  const Geometry g = geometry(call.input(0).dims, call.attributes);
  SpaceBuilder builder;
  const std::vector<size_t> axes = add_planes(builder, call.input(0).dims);
  const size_t row = builder.axis("row", g.height);
  const size_t column = builder.axis("column", g.width);
  Reach rows = SpaceBuilder::along(row), columns = SpaceBuilder::along(column);
  rows.windows = {windows_of_position(g, 0)};
  columns.windows = {windows_of_position(g, 1)};
  const Access dy = planes(axes, rows, columns);
  rows.windows.push_back(positions_of_window(g, 0));
  columns.windows.push_back(positions_of_window(g, 1));
  return builder.input(planes(axes, std::move(rows), std::move(columns)))
      .input(dy)
      .output(planes(axes, SpaceBuilder::along(row), SpaceBuilder::along(column)))
      .finish();
}

std::vector<AttributeDef> attributes() {
  return {{"kernel", AttributeKind::pair, std::nullopt, "height and width of a window"},
          {"stride", AttributeKind::pair, std::nullopt, "between windows"},
          {"padding", AttributeKind::pair, std::vector<int64_t>{0, 0},
           "rows and columns around the image that take no part"}};
}

std::vector<Sample> samples(bool is_gradient) {
  struct Case {
    Dims x;
    std::vector<int64_t> kernel, stride, padding;
  };
  std::vector<Sample> result;
  for (const Case& each :
       {Case{{4, 4}, {2, 2}, {2, 2}, {0, 0}}, Case{{3, 7, 9}, {3, 3}, {2, 2}, {1, 1}},
        Case{{2, 3, 8, 5}, {2, 3}, {1, 2}, {0, 1}}, Case{{5, 1, 6, 7}, {3, 2}, {3, 2}, {1, 0}}}) {
    Sample sample = {
        .inputs = {TensorType{.dims = each.x}},
        .attributes = {{"kernel", each.kernel}, {"stride", each.stride}, {"padding", each.padding}},
        .domains = {}};
    if (is_gradient) {
      const TypeResult y =
          infer({.inputs = sample.inputs, .outputs = {}, .attributes = sample.attributes});
      sample.inputs.emplace_back(std::get<std::vector<TensorType>>(y)[0]);
    }
    result.push_back(std::move(sample));
  }
  return result;
}

}  // namespace

extern const OpFamily max_pool2d_family;
const OpFamily max_pool2d_family = {
    .ops = {
        {.name = "max_pool2d",
         .summary = "largest element of each window of an image; a NaN wins",
         .signature = "x:[.., h, w] -> y:[.., i, j]",
         .attributes = attributes(),
         .infer_types = infer,
         .batch = batch_leading,
         .gradient =
             [](GradientContext& g) {
               g.set(0, g.emit("max_pool2d_grad", {g.input(0), g.cotangent()}, g.attributes()));
             },
         .evaluate =
             [](const Evaluation& e) {
               const std::vector<size_t> largest = largest_in_windows(e.input(0), e.attributes);
               for (size_t i = 0; i < largest.size(); ++i)
                 e.output(0).data[i] = e.input(0).data[largest[i]];
             },
         .work = Work::outputs,
         .space = forward_space,
         .kernel = forward_kernel(),
         .samples = [] { return samples(false); }},

        {.name = "max_pool2d_grad",
         .summary = "each dy added where its window's largest element of x is",
         .signature = "x:[.., h, w], dy:[.., i, j] -> dx:[.., h, w]",
         .visibility = Visibility::internal,
         .attributes = attributes(),
         .infer_types = [](const Call& call) -> TypeResult { return std::vector{call.input(0)}; },
         .batch = batch_leading,
         .gradient = NoGradient{"gradients of gradients are not supported"},
         .evaluate =
             [](const Evaluation& e) {
               const std::vector<size_t> largest = largest_in_windows(e.input(0), e.attributes);
               for (size_t i = 0; i < largest.size(); ++i)
                 e.output(0).data[largest[i]] += e.input(1).data[i];
             },
         .work = Work::outputs,
         .space = gradient_space,
         .kernel = gradient_kernel(),
         .samples = [] { return samples(true); }},
    }};

}  // namespace tdc::ops
