#include "ops/elementwise.h"
#include "ops/fields.h"
#include "ops/rules.h"
#include "ops/strides.h"

namespace tdc::ops {
namespace {

using ir::Dims;
using ir::TensorType;

void bind(const KernelCall& call, KernelScalars& scalars) {
  const OperandLayout& table = call.input(1);
  check_dense(call.input(0));
  check_dense(table, 1);
  const StridedAxis rows = dense_rows(call.output(0));
  scalars.set("rows", rows.extent);
  scalars.set("columns", table.extent[1]);
  scalars.set("vocabulary", table.extent[0]);
  scalars.set("y_row", rows.stride);
  scalars.set("table_row", table.stride[0]);
}

void bind_grad(const KernelCall& call, KernelScalars& scalars) {
  const OperandLayout& table = call.output(0);
  check_dense(call.input(0));
  check_dense(table, 1);
  const StridedAxis rows = dense_rows(call.input(1));
  scalars.set("rows", rows.extent);
  scalars.set("columns", table.extent[1]);
  scalars.set("vocabulary", table.extent[0]);
  scalars.set("dtable_row", table.stride[0]);
  scalars.set("dy_row", rows.stride);
  scalars.set("first_entry", call.range("entry").begin);
  scalars.set("accumulate", int64_t{call.continues});
}

/// The table is the matrix by which rows of zeros with a single one are multiplied.
std::optional<std::pair<int64_t, int64_t>> low_rank_dims(const Call& call) {
  const Dims& table = call.input(1).dims;
  return std::pair(table[0], table[1]);
}

ir::ValueId low_rank_branch(Builder& builder, const ir::Node& node, ir::ValueId factor_a,
                            ir::ValueId factor_b) {
  const ir::ValueId table = builder.emit("transpose", {factor_a});
  const ir::ValueId narrow = builder.emit("embedding", {node.inputs[0], table});
  const Dims dims = builder.type(narrow).dims;
  if (dims.size() > 1) return builder.emit("matmul", {narrow, factor_b}, {{"transpose_b", true}});
  // The row of a single index is a matrix of one row.
  const ir::ValueId row = builder.emit("reshape", {narrow}, {{"dims", Dims{1, dims[0]}}});
  const ir::ValueId y = builder.emit("matmul", {row, factor_b}, {{"transpose_b", true}});
  return builder.emit("reshape", {y}, {{"dims", builder.type(node.outputs[0]).dims}});
}

/// Indices of some shape into a table of 4 rows of 3.
std::vector<Sample> samples(bool is_gradient) {
  std::vector<Sample> result;
  for (const Dims& dims : {Dims{}, Dims{7}, Dims{2, 5}}) {
    Dims rows = dims;
    rows.push_back(3);
    Sample sample = {.inputs = {TensorType{.dtype = ir::DType::i32, .dims = dims}},
                     .attributes = {},
                     .domains = {{0, 4}, {}}};
    if (is_gradient) {
      sample.inputs.insert(sample.inputs.end(), {TensorType{.dims = rows}, std::nullopt});
      sample.domains.emplace_back();
      sample.attributes.set("rows", int64_t{4});
    } else {
      sample.inputs.emplace_back(TensorType{.dims = {4, 3}});
    }
    result.push_back(std::move(sample));
  }
  return result;
}

/// Rows of the result; every column of the table is looked up on its own.
Space space(const Call& call) {
  const Dims& index = call.input(0).dims;
  const Dims& table = call.input(1).dims;
  SpaceBuilder builder;
  std::vector<size_t> rows = add_axes(builder, index);
  builder.merge(rows);
  const size_t column = builder.axis("column", table[1]);
  Access entries = {.dims = {SpaceBuilder::all(table[0]), SpaceBuilder::along(column)},
                    .is_indexed = true};
  builder.input(broadcast_access(index, index, rows)).input(std::move(entries));
  rows.push_back(column);
  return builder.output(broadcast_access(call.output(0).dims, call.output(0).dims, rows)).finish();
}

/// The rows are one chain for each entry of the table.
Space grad_space(const Call& call) {
  const Dims& index = call.input(0).dims;
  const Dims& dy = call.input(1).dims;
  SpaceBuilder builder;
  const size_t entry = builder.axis("entry", call.output(0).dims[0]);
  const size_t column = builder.axis("column", call.output(0).dims[1]);
  std::vector<size_t> rows = add_axes(builder, index, AxisKind::chain);
  builder.input(broadcast_access(index, index, rows));
  rows.push_back(column);
  const Access table = {.dims = {SpaceBuilder::along(entry), SpaceBuilder::along(column)}};
  return builder.input(broadcast_access(dy, dy, rows))
      .input(call.inputs[2] ? std::optional(table) : std::nullopt)
      .output(table)
      .finish();
}

}  // namespace

extern const OpFamily embedding_family;
const OpFamily embedding_family = {
    .ops = {
        {.name = "embedding",
         .summary = "the rows of a table that indices name",
         .signature = "index:i32[..], weight:[v, d] -> y:[.., d]",
         .batch = batch_leading,
         .gradient =
             [](GradientContext& g) {
               const ir::Attributes attributes = {{"rows", g.type(g.input(1)).dims[0]}};
               const ir::ValueIds inputs = {g.input(0), g.cotangent()};
               g.set(1, g.emit_reduced("embedding_grad", inputs, attributes));
             },
         .evaluate =
             [](const Evaluation& e) {
               const Tensor& table = e.input(1);
               const auto columns = static_cast<size_t>(table.type.dims[1]);
               for (size_t i = 0; i < e.output(0).data.size(); ++i) {
                 const auto row = static_cast<size_t>(e.input(0).data[i / columns]);
                 e.output(0).data[i] = table.data.at(row * columns + i % columns);
               }
             },
         .work = Work::none,
         .space = space,
         .low_rank = {{.operand = 1, .dims = low_rank_dims, .branch = low_rank_branch}},
         .kernel =
             KernelDef{.name = "td_embedding_f32",
                       .file = "embedding.c",
                       .fields = {{.name = "y",
                                   .kind = FieldKind::output,
                                   .summary = "[rows][columns], columns dense; aliases nothing"},
                                  {.name = "table",
                                   .kind = FieldKind::input,
                                   .operand = 1,
                                   .summary = "[vocabulary][columns], columns dense"},
                                  {.name = "index",
                                   .kind = FieldKind::input,
                                   .operand = 0,
                                   .dtype = ir::DType::i32,
                                   .summary = "[rows]"},
                                  count_field("rows", "indices"),
                                  count_field("columns", "of an entry"),
                                  count_field("vocabulary", "entries"),
                                  count_field("y_row", "stride"),
                                  count_field("table_row", "stride")},
                       .bind = bind},
         .samples = [] { return samples(false); }},

        {.name = "embedding_grad",
         .summary = "for each row of the table, the sum of dy over the indices that name it; one "
                    "chain of additions",
         .signature = "index:i32[..], dy:[.., d], accumulator?:[v, d] -> dweight:[v, d]",
         .visibility = Visibility::internal,
         .attributes = {{"rows", AttributeKind::integer, std::nullopt, "of the table"}},
         .infer_types = [](const Call& call) -> TypeResult {
           return std::vector<TensorType>{
               {.dims = {call.attributes.integer("rows"), call.input(1).dims.back()}}};
         },
         .batch = batch_leading,  // made after batching only
         .gradient = NoGradient{"gradients of gradients are not supported"},
         .evaluate =
             [](const Evaluation& e) {
               const Tensor& dy = e.input(1);
               const auto columns = static_cast<size_t>(dy.type.dims.back());
               if (e.inputs[2] != nullptr) e.output(0).data = e.inputs[2]->data;
               for (size_t i = 0; i < dy.data.size(); ++i) {
                 const auto row = static_cast<size_t>(e.input(0).data[i / columns]);
                 e.output(0).data.at(row * columns + i % columns) += dy.data[i];
               }
             },
         .work = Work::outputs,
         .space = grad_space,
         .accumulator = 2,
         .kernel =
             KernelDef{.name = "td_embedding_grad_f32",
                       .file = "embedding.c",
                       .fields = {{.name = "dtable",
                                   .kind = FieldKind::output,
                                   .summary = "[vocabulary][columns], columns dense"},
                                  {.name = "dy",
                                   .kind = FieldKind::input,
                                   .operand = 1,
                                   .summary = "[rows][columns], columns dense"},
                                  {.name = "index",
                                   .kind = FieldKind::input,
                                   .operand = 0,
                                   .dtype = ir::DType::i32,
                                   .summary = "[rows]"},
                                  count_field("rows", "indices"),
                                  count_field("columns", "of an entry"),
                                  count_field("vocabulary", "entries of dtable"),
                                  count_field("first_entry", "index of dtable's first entry"),
                                  count_field("dtable_row", "stride"),
                                  count_field("dy_row", "stride"),
                                  {.name = "accumulate",
                                   .kind = FieldKind::flag,
                                   .summary = "1: the chains start from dtable, not from +0"}},
                       .bind = bind_grad},
         .samples = [] { return samples(true); }},
    }};

}  // namespace tdc::ops
