#include "ops/pool.h"

#include "diag/diagnostic.h"
#include "ops/fields.h"
#include "ops/rules.h"
#include "ops/strides.h"
#include "ops/window.h"

namespace tdc::ops {

using ir::Dims;
using ir::TensorType;

Pooling pooling(const Dims& x, const ir::Attributes& attributes) {
  Pooling g = {.height = x[x.size() - 2], .width = x[x.size() - 1]};
  for (size_t i = 0; i < 2; ++i) {
    g.kernel[i] = attributes.integers("kernel")[i];
    g.stride[i] = attributes.integers("stride")[i];
    g.padding[i] = attributes.integers("padding")[i];
  }
  const auto count = [&](int64_t extent, size_t i) {
    return attributes.boolean("ceil_mode")
               ? ceil_window_count(extent, g.kernel[i], g.stride[i], g.padding[i])
               : window_count(extent, g.kernel[i], g.stride[i], g.padding[i], 1);
  };
  g.out_height = count(g.height, 0);
  g.out_width = count(g.width, 1);
  return g;
}

std::vector<AttributeDef> pooling_attributes(std::string_view padding) {
  return {{"kernel", AttributeKind::pair, std::nullopt, "height and width of a window"},
          {"stride", AttributeKind::pair, std::nullopt, "between windows"},
          {"padding", AttributeKind::pair, std::vector<int64_t>{0, 0}, padding},
          {"ceil_mode", AttributeKind::boolean, false,
           "a last window may reach beyond the padding, if it starts in the image or before it"}};
}

/// As many outputs as windows (result-3).
TypeResult infer_pooling(const Call& call, std::string_view op) {
  const Dims& x = call.input(0).dims;
  const auto problem = [](Message message, std::string attribute) {
    return TypeProblem{
        .message = std::move(message), .operand = -1, .attribute = std::move(attribute)};
  };
  if (x.size() < 2)
    return TypeProblem{
        .message = make_message(diag::op_axes, std::string(op), "height and width", ir::to_text(x)),
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
  const Pooling g = pooling(x, call.attributes);
  if (g.out_height < 1 || g.out_width < 1)
    return problem(make_message(diag::window_size, g.kernel[0], g.kernel[1],
                                g.height + 2 * g.padding[0], g.width + 2 * g.padding[1]),
                   "kernel");
  TensorType y = {.dims = Dims(x.begin(), x.end() - 2)};
  y.dims.insert(y.dims.end(), {g.out_height, g.out_width});
  return std::vector{y};
}

std::vector<Sample> pooling_samples() {
  struct Case {
    Dims x;
    std::vector<int64_t> kernel, stride, padding;
    bool ceil_mode = false;
  };
  std::vector<Sample> result;
  for (const Case& each :
       {Case{{4, 4}, {2, 2}, {2, 2}, {0, 0}}, Case{{3, 7, 9}, {3, 3}, {2, 2}, {1, 1}},
        Case{{2, 3, 8, 5}, {2, 3}, {1, 2}, {0, 1}}, Case{{5, 1, 6, 7}, {3, 2}, {3, 2}, {1, 0}},
        // Windows that reach beyond the padding, that would start there, and larger than it all.
        Case{{2, 7, 8}, {3, 2}, {2, 3}, {1, 0}, true},
        Case{{3, 5, 6}, {2, 2}, {3, 2}, {1, 1}, true}, Case{{2, 5}, {3, 4}, {2, 3}, {0, 2}, true}})
    result.push_back({.inputs = {TensorType{.dims = each.x}},
                      .attributes = {{"kernel", each.kernel},
                                     {"stride", each.stride},
                                     {"padding", each.padding},
                                     {"ceil_mode", each.ceil_mode}},
                      .domains = {}});
  return result;
}

std::vector<size_t> add_planes(SpaceBuilder& builder, const Dims& x) {
  std::vector<size_t> axes = add_axes(builder, Dims(x.begin(), x.end() - 2));
  if (axes.size() > 1) builder.merge({axes.begin(), axes.end() - 1});
  return axes;
}

Access plane_access(const std::vector<size_t>& axes, Reach row, Reach column) {
  Access access;
  for (const size_t axis : axes) access.dims.push_back(SpaceBuilder::along(axis));
  access.dims.push_back(std::move(row));
  access.dims.push_back(std::move(column));
  return access;
}

Window positions_of_window(const Pooling& g, int i) {
  return {.scale = g.stride[i],
          .low = -g.padding[i],
          .high = g.kernel[i] - 1 - g.padding[i],
          .extent = i == 0 ? g.height : g.width};
}

Window windows_of_position(const Pooling& g, int i) {
  return {.low = g.padding[i] - g.kernel[i] + 1,
          .high = g.padding[i],
          .divisor = g.stride[i],
          .extent = i == 0 ? g.out_height : g.out_width};
}

Space pooling_space(const Call& call) {
  const Pooling g = pooling(call.input(0).dims, call.attributes);
  SpaceBuilder builder;
  const std::vector<size_t> axes = add_planes(builder, call.input(0).dims);
  const size_t row = builder.axis("row", g.out_height);
  const size_t column = builder.axis("column", g.out_width);
  Reach rows = SpaceBuilder::along(row), columns = SpaceBuilder::along(column);
  rows.windows = {positions_of_window(g, 0)};
  columns.windows = {positions_of_window(g, 1)};
  return builder.input(plane_access(axes, std::move(rows), std::move(columns)))
      .output(plane_access(axes, SpaceBuilder::along(row), SpaceBuilder::along(column)))
      .finish();
}

void add_pooling_fields(std::vector<KernelField>& fields) {
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

void bind_pooling(const KernelCall& call, const OperandLayout& windows, KernelScalars& scalars) {
  const OperandLayout& x = call.input(0);
  const Pooling g = pooling(x.extent, call.attributes);
  const size_t rank = x.extent.size();
  bind_plane_counts(x, scalars);
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

void bind_plane_counts(const OperandLayout& layout, KernelScalars& scalars) {
  const size_t rank = layout.extent.size();
  scalars.set("images", rank > 2 ? merge_axes(layout, 0, rank - 3).extent : 1);
  scalars.set("channels", rank > 2 ? layout.extent[rank - 3] : 1);
}

void bind_planes(const OperandLayout& layout, std::string_view image, std::string_view channel,
                 std::string_view row, KernelScalars& scalars) {
  const size_t rank = layout.extent.size();
  check_dense(layout, 1);
  scalars.set(image, rank > 2 ? merge_leading(layout, 3).stride : 0);
  scalars.set(channel, rank > 2 ? layout.stride[rank - 3] : 0);
  scalars.set(row, layout.stride[rank - 2]);
}

void bind_pooling_kernel(const KernelCall& call, KernelScalars& scalars) {
  bind_pooling(call, call.output(0), scalars);
  bind_planes(call.input(0), "x_image", "x_channel", "x_row", scalars);
  bind_planes(call.output(0), "y_image", "y_channel", "y_row", scalars);
}

KernelDef pooling_kernel(std::string_view name, std::string_view file) {
  std::vector<KernelField> fields = {
      {.name = "y",
       .kind = FieldKind::output,
       .summary = "[image][channel][row][column]; aliases nothing"},
      {.name = "x", .kind = FieldKind::input, .summary = "[image][channel][row][column]"}};
  add_pooling_fields(fields);
  for (const std::string_view stride :
       {"x_image", "x_channel", "x_row", "y_image", "y_channel", "y_row"})
    fields.push_back(count_field(stride, "stride"));
  return {.name = name, .file = file, .fields = std::move(fields), .bind = bind_pooling_kernel};
}

}  // namespace tdc::ops
