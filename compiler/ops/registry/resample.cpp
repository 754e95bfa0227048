#include "ops/resample.h"

#include <algorithm>

#include "diag/diagnostic.h"
#include "ops/fields.h"
#include "ops/pool.h"
#include "ops/rules.h"
#include "ops/window.h"

namespace tdc::ops {

using ir::Dims;
using ir::TensorType;

namespace {

/// `x` with other extents of its images.
TensorType with_image(Dims x, const std::vector<int64_t>& image) {
  std::ranges::copy(image, x.end() - 2);
  return {.dims = std::move(x)};
}

}  // namespace

std::vector<AttributeDef> resampling_attributes() {
  return {{"size", AttributeKind::pair, std::nullopt, "height and width of y"}};
}

TypeResult infer_resampling(const Call& call, std::string_view op) {
  const Dims& x = call.input(0).dims;
  const auto problem = [](Message message, int operand, std::string attribute) {
    return TypeProblem{
        .message = std::move(message), .operand = operand, .attribute = std::move(attribute)};
  };
  if (x.size() < 2)
    return problem(make_message(diag::op_axes, std::string(op), "height and width", ir::to_text(x)),
                   0, "");
  for (const size_t i : {0, 1}) {  // limit-6, of both
    const int64_t size = call.attributes.integers("size")[i];
    const int64_t extent = x[x.size() - 2 + i];
    if (size < 1 || size > kLargestStep)
      return problem(make_message(diag::window_step, "size", size, 1, kLargestStep), -1, "size");
    if (extent > kLargestStep)
      return problem(
          make_message(diag::window_step, i == 0 ? "height" : "width", extent, 1, kLargestStep), 0,
          "");
  }
  return std::vector{with_image(x, call.attributes.integers("size"))};
}

std::vector<AttributeDef> resampling_gradient_attributes() {
  std::vector<AttributeDef> result = resampling_attributes();
  result.push_back({"extent", AttributeKind::pair, std::nullopt, "height and width of x"});
  return result;
}

TypeResult infer_resampling_gradient(const Call& call) {
  return std::vector{with_image(call.input(0).dims, call.attributes.integers("extent"))};
}

ir::Attributes with_extent(const ir::Attributes& attributes, const Dims& x) {
  ir::Attributes result = attributes;
  result.set("extent", Dims(x.end() - 2, x.end()));
  return result;
}

std::vector<Sample> resampling_samples() {
  struct Case {
    Dims x;
    std::vector<int64_t> size;
  };
  std::vector<Sample> result;
  // Even windows, overlapping and uneven ones, more results than positions, all as one.
  for (const Case& each :
       {Case{{4, 6}, {2, 3}}, Case{{3, 7, 9}, {3, 5}}, Case{{2, 3, 5, 4}, {7, 8}},
        Case{{2, 1, 6, 11}, {6, 4}}, Case{{2, 8, 3}, {1, 1}}})
    result.push_back({.inputs = {TensorType{.dims = each.x}},
                      .attributes = {{"size", each.size}},
                      .domains = {}});
  return result;
}

std::vector<Sample> resampling_gradient_samples() {
  std::vector<Sample> result = resampling_samples();
  for (Sample& sample : result) {
    const Dims x = sample.inputs[0]->dims;
    sample.inputs = {with_image(x, sample.attributes.integers("size"))};
    sample.attributes = with_extent(sample.attributes, x);
  }
  return result;
}

Window overlap(int64_t from, int64_t to) {
  return {.scale = to, .low = 1 - from, .high = to - 1, .divisor = from, .extent = to};
}

Space resampling_space(const Call& call, Window (*window)(int64_t from, int64_t to)) {
  const Dims& result = call.output(0).dims;
  const Dims& operand = call.input(0).dims;
  const size_t row = result.size() - 2, column = row + 1;
  SpaceBuilder builder;
  const std::vector<size_t> planes = add_planes(builder, result);
  const Reach rows = SpaceBuilder::along(builder.axis("row", result[row]));
  const Reach columns = SpaceBuilder::along(builder.axis("column", result[column]));
  Reach operand_rows = rows, operand_columns = columns;
  operand_rows.windows = {window(result[row], operand[row])};
  operand_columns.windows = {window(result[column], operand[column])};
  return builder.input(plane_access(planes, std::move(operand_rows), std::move(operand_columns)))
      .output(plane_access(planes, rows, columns))
      .finish();
}

namespace {

std::vector<KernelField> resampling_fields(std::string_view result, std::string_view operand) {
  return {{.name = result,
           .kind = FieldKind::output,
           .summary = "[image][channel][row][column]; aliases nothing"},
          {.name = operand, .kind = FieldKind::input, .summary = "[image][channel][row][column]"},
          count_field("images", "images"),
          count_field("channels", "of an image"),
          count_field("rows", "of the result"),
          count_field("columns", "of the result"),
          count_field("top", "the result's first row in its image"),
          count_field("left", "the result's first column in its image"),
          count_field("height", "of the result's images"),
          count_field("width", "of the result's images"),
          count_field("from_top", "the operand's first row in its image"),
          count_field("from_left", "the operand's first column in its image"),
          count_field("from_columns", "of the operand"),
          count_field("from_height", "of the operand's images"),
          count_field("from_width", "of the operand's images")};
}

void bind_resampling(const KernelCall& call, KernelScalars& scalars) {
  const size_t row = call.output(0).extent.size() - 2, column = row + 1;
  const auto whole = [&](size_t dimension) {
    return call.space.inputs.at(0)->dims[dimension].windows.back().extent;
  };
  bind_plane_counts(call.output(0), scalars);
  scalars.set("rows", call.output(0).extent[row]);
  scalars.set("columns", call.output(0).extent[column]);
  scalars.set("top", call.box[row].begin);
  scalars.set("left", call.box[column].begin);
  scalars.set("height", call.space.axes[row].extent);
  scalars.set("width", call.space.axes[column].extent);
  scalars.set("from_top", call.input_begin(0, row));
  scalars.set("from_left", call.input_begin(0, column));
  scalars.set("from_columns", call.input(0).extent[column]);
  scalars.set("from_height", whole(row));
  scalars.set("from_width", whole(column));
}

}  // namespace

KernelDef resampling_kernel(std::string_view name, std::string_view file) {
  std::vector<KernelField> fields = resampling_fields("y", "x");
  for (const std::string_view stride :
       {"y_image", "y_channel", "y_row", "x_image", "x_channel", "x_row"})
    fields.push_back(count_field(stride, "stride"));
  return {.name = name,
          .file = file,
          .fields = std::move(fields),
          .bind = [](const KernelCall& call, KernelScalars& scalars) {
            bind_resampling(call, scalars);
            bind_planes(call.output(0), "y_image", "y_channel", "y_row", scalars);
            bind_planes(call.input(0), "x_image", "x_channel", "x_row", scalars);
          }};
}

KernelDef resampling_gradient_kernel(std::string_view name, std::string_view file) {
  std::vector<KernelField> fields = resampling_fields("dx", "dy");
  for (const std::string_view stride :
       {"dx_image", "dx_channel", "dx_row", "dy_image", "dy_channel", "dy_row"})
    fields.push_back(count_field(stride, "stride"));
  return {.name = name,
          .file = file,
          .fields = std::move(fields),
          .bind = [](const KernelCall& call, KernelScalars& scalars) {
            bind_resampling(call, scalars);
            bind_planes(call.output(0), "dx_image", "dx_channel", "dx_row", scalars);
            bind_planes(call.input(0), "dy_image", "dy_channel", "dy_row", scalars);
          }};
}

}  // namespace tdc::ops
