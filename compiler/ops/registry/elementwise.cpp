#include "ops/elementwise.h"

#include <algorithm>

#include "diag/diagnostic.h"
#include "ops/strides.h"
#include "support/check.h"

namespace tdc::ops {

std::optional<ir::Dims> broadcast_dims(const ir::Dims& a, const ir::Dims& b) {
  const size_t rank = std::max(a.size(), b.size());
  ir::Dims dims(rank, 1);
  for (size_t i = 0; i < rank; ++i) {  // i counts from the last axis
    const int64_t from_a = i < a.size() ? a[a.size() - 1 - i] : 1;
    const int64_t from_b = i < b.size() ? b[b.size() - 1 - i] : 1;
    if (from_a != from_b && from_a != 1 && from_b != 1) return std::nullopt;
    dims[rank - 1 - i] = std::max(from_a, from_b);
  }
  return dims;
}

size_t axis_of(const ir::Dims& dims, const ir::Attributes& attributes) {
  return static_cast<size_t>(static_cast<int64_t>(dims.size()) + attributes.integer("axis"));
}

std::optional<TypeProblem> axis_problem(const ir::Dims& dims, int64_t axis) {
  if (axis < 0 && axis >= -static_cast<int64_t>(dims.size())) return std::nullopt;
  return TypeProblem{.message = make_message(diag::op_axis, ir::to_text(dims), axis),
                     .operand = -1,
                     .attribute = "axis"};
}

TypeResult infer_broadcast(const Call& call) {
  const auto dims = broadcast_dims(call.input(0).dims, call.input(1).dims);
  if (!dims)
    return TypeProblem{
        .message = make_message(diag::broadcast_shapes, ir::to_text(call.input(0).dims),
                                ir::to_text(call.input(1).dims)),
        .operand = 1,
        .attribute = {}};
  return std::vector<ir::TensorType>{{.dtype = ir::DType::f32, .dims = *dims}};
}

std::vector<size_t> broadcast_indices(const ir::Dims& from, const ir::Dims& to) {
  const ir::Dims strides = ir::dense_strides(from);
  std::vector<size_t> result(static_cast<size_t>(ir::element_count(to)));
  ir::Dims index(to.size(), 0);
  for (size_t& element : result) {
    int64_t at = 0;
    for (size_t i = 0; i < from.size(); ++i) {
      const size_t axis = to.size() - from.size() + i;
      if (from[i] != 1) at += index[axis] * strides[i];
    }
    element = static_cast<size_t>(at);
    for (size_t axis = to.size(); axis-- > 0;) {
      if (++index[axis] < to[axis]) break;
      index[axis] = 0;
    }
  }
  return result;
}

Space elementwise_space(const Call& call) {
  SpaceBuilder builder;
  const ir::Dims& dims = call.output(0).dims;
  const std::vector<size_t> axes = add_axes(builder, dims);
  for (const auto& input : call.inputs)
    builder.input(input ? std::optional(broadcast_access(input->dims, dims, axes)) : std::nullopt);
  for (const ir::TensorType& output : call.outputs)
    builder.output(broadcast_access(output.dims, dims, axes));
  return builder.finish();
}

Space leading_space(const Call& call, const std::vector<int>& trailing, int64_t loops) {
  SpaceBuilder builder;
  const ir::Dims& dims = call.output(0).dims;
  const auto leading = static_cast<ptrdiff_t>(dims.size()) - trailing.at(call.inputs.size());
  const std::vector<size_t> axes =
      add_axes(builder, ir::Dims(dims.begin(), dims.begin() + leading));
  builder.merge(axes, loops);
  const auto access = [&](const ir::TensorType& type, int own_trailing) {
    Access result;
    for (size_t i = 0; i < type.dims.size(); ++i)
      result.dims.push_back(own_trailing >= 0 && i < axes.size() ? SpaceBuilder::along(axes[i])
                                                                 : SpaceBuilder::all(type.dims[i]));
    return result;
  };
  for (size_t i = 0; i < call.inputs.size(); ++i)
    builder.input(call.inputs[i] ? std::optional(access(*call.inputs[i], trailing[i]))
                                 : std::nullopt);
  for (size_t i = 0; i < call.outputs.size(); ++i)
    builder.output(access(call.outputs[i], trailing[call.inputs.size() + i]));
  return builder.finish();
}

namespace {
std::string_view stride_field(std::string_view operand) {
  if (operand == "a") return "a_stride";
  if (operand == "b") return "b_stride";
  if (operand == "c") return "c_stride";
  if (operand == "y") return "y_stride";
  TDC_CHECK(operand == "dy", "no stride field for operand `{}`", operand);
  return "dy_stride";
}
}  // namespace

std::vector<KernelField> elementwise_fields(std::vector<std::string_view> names,
                                            const std::vector<AttributeDef>& attributes) {
  std::vector<KernelField> fields = {{.name = "y", .kind = FieldKind::output, .summary = "result"}};
  for (size_t i = 0; i < names.size(); ++i)
    fields.push_back({.name = names[i],
                      .kind = FieldKind::input,
                      .operand = static_cast<int>(i),
                      .summary = "operand; may be y exactly, if its strides are y's"});
  for (const AttributeDef& attribute : attributes)
    fields.push_back(
        {.name = attribute.name, .kind = FieldKind::real, .summary = attribute.summary});
  fields.push_back({.name = "rank", .kind = FieldKind::count, .summary = "axes in use"});
  fields.push_back({.name = "extent", .kind = FieldKind::counts, .summary = "of y"});
  fields.push_back({.name = "y_stride", .kind = FieldKind::counts, .summary = "elements"});
  for (const std::string_view name : names)
    fields.push_back({.name = stride_field(name),
                      .kind = FieldKind::counts,
                      .summary = "elements; 0 where broadcast"});
  return fields;
}

void bind_elementwise_named(const KernelCall& call, KernelScalars& scalars,
                            const std::vector<std::string_view>& names) {
  const OperandLayout& y = call.output(0);
  LoopNest nest = {.extent = y.extent, .strides = {y.stride}};
  for (size_t i = 0; i < names.size(); ++i)
    nest.strides.push_back(broadcast_strides(call.input(i), y.extent.size()));
  nest = merge_loops(nest);
  scalars.set("rank", static_cast<int64_t>(nest.extent.size()));
  scalars.set("extent", nest.extent);
  scalars.set("y_stride", nest.strides[0]);
  for (size_t i = 0; i < names.size(); ++i)
    scalars.set(stride_field(names[i]), nest.strides[i + 1]);
}

void bind_elementwise(const KernelCall& call, KernelScalars& scalars) {
  const std::vector<std::string_view> names = {"a", "b", "c"};
  bind_elementwise_named(
      call, scalars, {names.begin(), names.begin() + static_cast<ptrdiff_t>(call.inputs.size())});
  for (const auto& [name, value] : call.attributes)
    if (const auto* real = std::get_if<double>(&value)) scalars.set(name, *real);
}

double rounded_real(const ir::Attributes& attributes, std::string_view name) {
  return static_cast<double>(static_cast<float>(attributes.real(name)));
}

std::vector<Sample> binary_samples(Domain a, Domain b) {
  using ir::TensorType;
  const auto sample = [&](ir::Dims a_dims, ir::Dims b_dims) {
    return Sample{
        .inputs = {TensorType{.dims = std::move(a_dims)}, TensorType{.dims = std::move(b_dims)}},
        .attributes = {},
        .domains = {a, b}};
  };
  return {sample({}, {}),
          sample({7}, {7}),
          sample({3, 5}, {3, 5}),
          sample({3, 5}, {5}),
          sample({3, 5}, {3, 1}),
          sample({1, 5}, {4, 1}),
          sample({2, 3, 4, 5}, {3, 1, 5}),
          sample({3, 17}, {})};
}

std::vector<Sample> same_shape_samples(std::vector<Domain> domains,
                                       const ir::Attributes& attributes) {
  std::vector<Sample> samples;
  for (const ir::Dims& dims :
       {ir::Dims{}, ir::Dims{1}, ir::Dims{19}, ir::Dims{3, 5}, ir::Dims{2, 3, 7}}) {
    Sample sample = {.inputs = {}, .attributes = attributes, .domains = domains};
    for (size_t i = 0; i < domains.size(); ++i)
      sample.inputs.emplace_back(ir::TensorType{.dims = dims});
    samples.push_back(std::move(sample));
  }
  return samples;
}

}  // namespace tdc::ops
