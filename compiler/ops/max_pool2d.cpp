#include <cmath>

#include "ops/fields.h"
#include "ops/pool.h"
#include "ops/rules.h"

// The gradient finds the maxima again from x, which the layer before usually keeps anyway; keeping
// their positions would cost memory of y's size beside it.

namespace tdc::ops {
namespace {

using ir::TensorType;

TypeResult infer(const Call& call) {
  return infer_pooling(call, "max_pool2d");
}

/// For each output, the index in x of its window's largest element: the first NaN, or the first of
/// the largest.
std::vector<size_t> largest_in_windows(const Tensor& x, const ir::Attributes& attributes) {
  const Pooling g = pooling(x.type.dims, attributes);
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
  add_pooling_fields(fields);
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
            bind_pooling(call, call.input(1), scalars);
            scalars.set("dx_height", call.output(0).extent[rank - 2]);
            scalars.set("dx_width", call.output(0).extent[rank - 1]);
            scalars.set("dx_top", call.box[rank - 2].begin - call.input_begin(0, rank - 2));
            scalars.set("dx_left", call.box[rank - 1].begin - call.input_begin(0, rank - 1));
            bind_planes(call.input(0), "x_image", "x_channel", "x_row", scalars);
            bind_planes(call.output(0), "dx_image", "dx_channel", "dx_row", scalars);
            bind_planes(call.input(1), "dy_image", "dy_channel", "dy_row", scalars);
          }};
}

/// A position of x needs all windows that hold it, and of x all positions of these windows.
Space gradient_space(const Call& call) {
  const Pooling g = pooling(call.input(0).dims, call.attributes);
  SpaceBuilder builder;
  const std::vector<size_t> axes = add_planes(builder, call.input(0).dims);
  const size_t row = builder.axis("row", g.height);
  const size_t column = builder.axis("column", g.width);
  Reach rows = SpaceBuilder::along(row), columns = SpaceBuilder::along(column);
  rows.windows = {windows_of_position(g, 0)};
  columns.windows = {windows_of_position(g, 1)};
  const Access dy = plane_access(axes, rows, columns);
  rows.windows.push_back(positions_of_window(g, 0));
  columns.windows.push_back(positions_of_window(g, 1));
  return builder.input(plane_access(axes, std::move(rows), std::move(columns)))
      .input(dy)
      .output(plane_access(axes, SpaceBuilder::along(row), SpaceBuilder::along(column)))
      .finish();
}

std::vector<AttributeDef> attributes() {
  return pooling_attributes("rows and columns around the image that take no part");
}

std::vector<Sample> gradient_samples() {
  std::vector<Sample> samples = pooling_samples();
  for (Sample& sample : samples) {
    const TypeResult y =
        infer({.inputs = sample.inputs, .outputs = {}, .attributes = sample.attributes});
    sample.inputs.emplace_back(std::get<std::vector<TensorType>>(y)[0]);
  }
  return samples;
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
         .space = pooling_space,
         .kernel = pooling_kernel("td_max_pool2d_f32", "max_pool2d.c"),
         .samples = pooling_samples},

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
         .samples = gradient_samples},
    }};

}  // namespace tdc::ops
