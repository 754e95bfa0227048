#include <algorithm>

#include "ops/fields.h"
#include "ops/pool.h"
#include "ops/rules.h"

namespace tdc::ops {
namespace {

using ir::Dims;
using ir::TensorType;

TypeResult infer(const Call& call) {
  return infer_pooling(call, "avg_pool2d");
}

std::vector<AttributeDef> attributes() {
  std::vector<AttributeDef> result =
      pooling_attributes("zeros around the image, which count or do not");
  result.push_back({"count_include_pad", AttributeKind::boolean, true,
                    "divide by the positions of a window in image and padding; false: by those in "
                    "the image"});
  return result;
}

/// What the gradient has to be told of x.
std::vector<AttributeDef> gradient_attributes() {
  std::vector<AttributeDef> result = attributes();
  result.push_back({"extent", AttributeKind::pair, std::nullopt, "height and width of x"});
  return result;
}

TypeResult infer_gradient(const Call& call) {
  Dims dims = call.input(0).dims;
  std::ranges::copy(call.attributes.integers("extent"), dims.end() - 2);
  return std::vector{TensorType{.dims = dims}};
}

/// Calls `function(window, position, share)` for every position of x in every window, both as
/// indices of elements: the window's element of y is the sum of share * x[position].
template <typename Function>
void for_each_share(const Dims& x, const ir::Attributes& attributes, Function function) {
  const Pooling g = pooling(x, attributes);
  const auto clamped = [&](int along, int64_t window, int64_t extent) {
    const int64_t begin = window * g.stride[along] - g.padding[along];
    return Range{std::max<int64_t>(begin, 0), std::min(begin + g.kernel[along], extent)};
  };
  const auto padded = [&](int along, int64_t window, int64_t extent) {
    const int64_t begin = window * g.stride[along] - g.padding[along];
    return Range{begin, std::min(begin + g.kernel[along], extent + g.padding[along])};
  };
  const int64_t planes = ir::element_count(x) / (g.height * g.width);
  int64_t window = 0;
  for (int64_t plane = 0; plane < planes; ++plane)
    for (int64_t i = 0; i < g.out_height; ++i)
      for (int64_t j = 0; j < g.out_width; ++j, ++window) {
        const Range rows = clamped(0, i, g.height), columns = clamped(1, j, g.width);
        const int64_t count = attributes.boolean("count_include_pad")
                                  ? padded(0, i, g.height).extent() * padded(1, j, g.width).extent()
                                  : rows.extent() * columns.extent();
        for (int64_t row = rows.begin; row < rows.end; ++row)
          for (int64_t column = columns.begin; column < columns.end; ++column)
            function(static_cast<size_t>(window),
                     static_cast<size_t>((plane * g.height + row) * g.width + column),
                     1 / static_cast<double>(count));
      }
}

KernelField count_include_pad_field() {
  return {.name = "count_include_pad",
          .kind = FieldKind::flag,
          .summary = "divide by positions in image and padding"};
}

/// How much of the image lies behind a piece's part of it along a dimension.
int64_t image_behind(const KernelCall& call, size_t dimension) {
  const int64_t image = call.space.inputs.at(0)->dims[dimension].windows.back().extent;
  return image - call.input_begin(0, dimension) - call.input(0).extent[dimension];
}

KernelDef forward_kernel() {
  KernelDef kernel = pooling_kernel("td_avg_pool2d_f32", "avg_pool2d.c");
  kernel.fields.push_back(count_field("pad_bottom", "rows of image and padding below x"));
  kernel.fields.push_back(count_field("pad_right", "columns on the right of x"));
  kernel.fields.push_back(count_include_pad_field());
  kernel.bind = [](const KernelCall& call, KernelScalars& scalars) {
    bind_pooling_kernel(call, scalars);
    const std::vector<int64_t>& padding = call.attributes.integers("padding");
    const size_t row = call.input(0).extent.size() - 2;
    scalars.set("pad_bottom", image_behind(call, row) + padding[0]);
    scalars.set("pad_right", image_behind(call, row + 1) + padding[1]);
    scalars.set("count_include_pad", int64_t{call.attributes.boolean("count_include_pad")});
  };
  return kernel;
}

KernelDef gradient_kernel() {
  std::vector<KernelField> fields = {
      {.name = "dx",
       .kind = FieldKind::output,
       .summary = "[image][channel][row][column]; aliases nothing"},
      {.name = "dy", .kind = FieldKind::input, .summary = "[image][channel][row][column]"},
      count_field("images", "images"),
      count_field("channels", "of an image"),
      count_field("height", "of an image"),
      count_field("width", "of an image"),
      count_field("kernel_height", "of a window"),
      count_field("kernel_width", "of a window"),
      count_field("stride_height", "between windows"),
      count_field("stride_width", "between windows"),
      count_field("pad_height", "rows of zeros above an image"),
      count_field("pad_width", "columns of zeros on the left of an image"),
      count_field("dx_height", "rows of dx"),
      count_field("dx_width", "columns of dx"),
      count_field("dx_top", "the first row of dx in its image"),
      count_field("dx_left", "the first column of dx in its image"),
      count_field("dy_height", "rows of dy"),
      count_field("dy_width", "columns of dy"),
      count_field("dy_top", "the first row of dy among the windows of an image"),
      count_field("dy_left", "the first column of dy among the windows of an image")};
  for (const std::string_view name :
       {"dx_image", "dx_channel", "dx_row", "dy_image", "dy_channel", "dy_row"})
    fields.push_back(count_field(name, "stride"));
  fields.push_back(count_include_pad_field());
  return {.name = "td_avg_pool2d_grad_f32",
          .file = "avg_pool2d.c",
          .fields = std::move(fields),
          .bind = [](const KernelCall& call, KernelScalars& scalars) {
            const OperandLayout &dx = call.output(0), &dy = call.input(0);
            const size_t row = dx.extent.size() - 2, column = row + 1;
            const auto pair = [&](std::string_view attribute, std::string_view of_rows,
                                  std::string_view of_columns) {
              scalars.set(of_rows, call.attributes.integers(attribute)[0]);
              scalars.set(of_columns, call.attributes.integers(attribute)[1]);
            };
            bind_plane_counts(dx, scalars);
            pair("extent", "height", "width");
            pair("kernel", "kernel_height", "kernel_width");
            pair("stride", "stride_height", "stride_width");
            pair("padding", "pad_height", "pad_width");
            scalars.set("dx_height", dx.extent[row]);
            scalars.set("dx_width", dx.extent[column]);
            scalars.set("dx_top", call.box[row].begin);
            scalars.set("dx_left", call.box[column].begin);
            scalars.set("dy_height", dy.extent[row]);
            scalars.set("dy_width", dy.extent[column]);
            scalars.set("dy_top", call.input_begin(0, row));
            scalars.set("dy_left", call.input_begin(0, column));
            bind_planes(dx, "dx_image", "dx_channel", "dx_row", scalars);
            bind_planes(dy, "dy_image", "dy_channel", "dy_row", scalars);
            scalars.set("count_include_pad", int64_t{call.attributes.boolean("count_include_pad")});
          }};
}

/// A position of x needs all windows that hold it.
Space gradient_space(const Call& call) {
  const Dims& x = call.output(0).dims;
  const Pooling g = pooling(x, call.attributes);
  SpaceBuilder builder;
  const std::vector<size_t> axes = add_planes(builder, x);
  const size_t row = builder.axis("row", g.height);
  const size_t column = builder.axis("column", g.width);
  Reach rows = SpaceBuilder::along(row), columns = SpaceBuilder::along(column);
  rows.windows = {windows_of_position(g, 0)};
  columns.windows = {windows_of_position(g, 1)};
  return builder.input(plane_access(axes, std::move(rows), std::move(columns)))
      .output(plane_access(axes, SpaceBuilder::along(row), SpaceBuilder::along(column)))
      .finish();
}

std::vector<Sample> samples() {
  std::vector<Sample> result;
  for (Sample sample : pooling_samples())
    for (const bool count_include_pad : {true, false}) {
      sample.attributes.set("count_include_pad", count_include_pad);
      result.push_back(sample);
    }
  return result;
}

std::vector<Sample> gradient_samples() {
  std::vector<Sample> result = samples();
  for (Sample& sample : result) {
    const Dims x = sample.inputs[0]->dims;
    const TypeResult y =
        infer({.inputs = sample.inputs, .outputs = {}, .attributes = sample.attributes});
    sample.inputs = {std::get<std::vector<TensorType>>(y)[0]};
    sample.attributes.set("extent", Dims(x.end() - 2, x.end()));
  }
  return result;
}

}  // namespace

extern const OpFamily avg_pool2d_family;
const OpFamily avg_pool2d_family = {
    .ops = {
        {.name = "avg_pool2d",
         .summary = "mean of each window of an image",
         .signature = "x:[.., h, w] -> y:[.., i, j]",
         .attributes = attributes(),
         .infer_types = infer,
         .batch = batch_leading,
         .gradient =
             [](GradientContext& g) {
               const Dims x = g.type(g.input(0)).dims;
               ir::Attributes attributes = g.attributes();
               attributes.set("extent", Dims(x.end() - 2, x.end()));
               g.set(0, g.emit("avg_pool2d_grad", {g.cotangent()}, attributes));
             },
         .evaluate =
             [](const Evaluation& e) {
               for_each_share(e.input(0).type.dims, e.attributes,
                              [&](size_t window, size_t position, double share) {
                                e.output(0).data[window] += share * e.input(0).data[position];
                              });
             },
         .work = Work::outputs,
         .space = pooling_space,
         .kernel = forward_kernel(),
         .samples = samples},

        {.name = "avg_pool2d_grad",
         .summary = "to each position of x its share of the dy of the windows that hold it",
         .signature = "dy:[.., i, j] -> dx:[.., h, w]",
         .visibility = Visibility::internal,
         .attributes = gradient_attributes(),
         .infer_types = infer_gradient,
         .batch = batch_leading,
         .gradient = NoGradient{"gradients of gradients are not supported"},
         .evaluate =
             [](const Evaluation& e) {
               for_each_share(e.output(0).type.dims, e.attributes,
                              [&](size_t window, size_t position, double share) {
                                e.output(0).data[position] += share * e.input(0).data[window];
                              });
             },
         .work = Work::outputs,
         .space = gradient_space,
         .kernel = gradient_kernel(),
         .samples = gradient_samples},
    }};

}  // namespace tdc::ops
