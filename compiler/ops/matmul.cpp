#include <fmt/format.h>

#include <algorithm>

#include "diag/diagnostic.h"
#include "ops/bind.h"
#include "ops/rules.h"
#include "ops/strides.h"
#include "support/check.h"

// y[.., m, n] = sum over k of a[.., m, k] b[.., k, n]: one chain of fused multiply-adds per output,
// k ascending. With `reduce`, the leading axes are summed too, outermost first, in the same chain;
// that is how gradients of shared matrices sum over batch and rows.

namespace tdc::ops {
namespace {

using ir::Dims;
using ir::TensorType;

/// Rows and columns of an operand as the product uses it.
struct Matrix {
  Dims leading;
  int64_t rows, columns;
};

Matrix matrix(const TensorType& type, bool is_transposed) {
  const size_t rank = type.dims.size();
  Matrix result = {.leading = Dims(type.dims.begin(), type.dims.end() - 2),
                   .rows = type.dims[rank - 2],
                   .columns = type.dims[rank - 1]};
  if (is_transposed) std::swap(result.rows, result.columns);
  return result;
}

TypeResult infer(const Call& call) {
  for (int i = 0; i < 2; ++i)
    if (call.input(static_cast<size_t>(i)).rank() < 2)
      return TypeProblem{
          .message = make_message(diag::op_axes, "matmul", "at least 2 axes",
                                  ir::to_text(call.input(static_cast<size_t>(i)).dims)),
          .operand = i,
          .attribute = {}};
  const Matrix a = matrix(call.input(0), call.attributes.boolean("transpose_a"));
  const Matrix b = matrix(call.input(1), call.attributes.boolean("transpose_b"));
  if (a.columns != b.rows)
    return TypeProblem{.message = make_message(diag::matmul_inner_dim, a.columns, b.rows),
                       .operand = 1,
                       .attribute = {}};
  if (a.leading != b.leading && !a.leading.empty() && !b.leading.empty())
    return TypeProblem{.message = make_message(diag::matmul_leading_axes, ir::to_text(a.leading),
                                               ir::to_text(b.leading)),
                       .operand = 1,
                       .attribute = {}};
  TensorType y;
  if (!call.attributes.boolean("reduce")) y.dims = a.leading.empty() ? b.leading : a.leading;
  y.dims.push_back(a.rows);
  y.dims.push_back(b.columns);
  return std::vector{y};
}

/// A matrix that all samples share stays as it is; any other operand gets every leading axis.
ir::ValueIds batch(const BatchContext& context) {
  Dims leading(context.output_types[0].dims.begin(), context.output_types[0].dims.end() - 2);
  leading.insert(leading.begin(), context.batch);
  ir::ValueIds inputs = context.inputs;
  for (size_t i = 0; i < 2; ++i) {
    const TensorType& type = context.builder.type(inputs[i]);
    const bool is_batched = context.builder.is_batched(inputs[i]);
    if (!is_batched && type.rank() == 2) continue;
    Dims wanted = leading;
    wanted.insert(wanted.end(), type.dims.end() - 2, type.dims.end());
    if (type.dims == wanted) continue;
    if (is_batched && type.rank() == 3 && wanted.size() > 3) {
      Dims widened = {context.batch};
      widened.resize(wanted.size() - 2, 1);
      widened.insert(widened.end(), type.dims.end() - 2, type.dims.end());
      inputs[i] = context.builder.emit("reshape", {inputs[i]}, {{"dims", widened}});
    }
    inputs[i] = context.builder.broadcast_to_batch(inputs[i], wanted);
  }
  return context.builder.emit_all(context.op.name, inputs, context.attributes);
}

void gradient(GradientContext& g) {
  const ir::ValueId a = g.input(0);
  const ir::ValueId b = g.input(1);
  const ir::ValueId dy = g.cotangent();
  const bool transpose_a = g.attributes().boolean("transpose_a");
  const bool transpose_b = g.attributes().boolean("transpose_b");
  TDC_CHECK(!g.attributes().boolean("reduce"), "made by gradients only");
  const bool has_leading = g.type(dy).rank() > 2;
  const auto product = [&](size_t index, ir::ValueId left, ir::ValueId right, bool transpose_left,
                           bool transpose_right) {
    const bool reduce = has_leading && g.type(g.input(index)).rank() == 2;
    ir::Attributes attributes = {
        {"transpose_a", transpose_left}, {"transpose_b", transpose_right}, {"reduce", reduce}};
    const bool sums_batch = g.is_batched(dy) && !g.is_batched(g.input(index));
    g.set(index, sums_batch ? g.emit_reduced("matmul", {left, right}, attributes)
                            : g.emit("matmul", {left, right}, attributes));
  };
  if (g.needs(0)) {
    if (transpose_a)
      product(0, b, dy, transpose_b, true);
    else
      product(0, dy, b, false, !transpose_b);
  }
  if (g.needs(1)) {
    if (transpose_b)
      product(1, dy, a, true, transpose_a);
    else
      product(1, a, dy, !transpose_a, false);
  }
}

void evaluate(const Evaluation& e) {
  const Tensor& a = e.input(0);
  const Tensor& b = e.input(1);
  Tensor& y = e.output(0);
  const bool transpose_a = e.attributes.boolean("transpose_a");
  const bool transpose_b = e.attributes.boolean("transpose_b");
  const bool reduce = e.attributes.boolean("reduce");
  const Matrix a_matrix = matrix(a.type, transpose_a);
  const Matrix b_matrix = matrix(b.type, transpose_b);
  const int64_t a_count = ir::element_count(a_matrix.leading);
  const int64_t b_count = ir::element_count(b_matrix.leading);
  const int64_t m = a_matrix.rows, k = a_matrix.columns, n = b_matrix.columns;
  if (e.inputs.size() > 2 && e.inputs[2] != nullptr) y.data = e.inputs[2]->data;
  for (int64_t l = 0; l < std::max(a_count, b_count); ++l) {
    for (int64_t i = 0; i < m; ++i) {
      for (int64_t j = 0; j < n; ++j) {
        double sum = 0;
        for (int64_t p = 0; p < k; ++p) {
          const int64_t a_at =
              (a_count == 1 ? 0 : l * m * k) + (transpose_a ? p * m + i : i * k + p);
          const int64_t b_at =
              (b_count == 1 ? 0 : l * k * n) + (transpose_b ? j * k + p : p * n + j);
          sum += a.data[static_cast<size_t>(a_at)] * b.data[static_cast<size_t>(b_at)];
        }
        y.data[static_cast<size_t>((reduce ? 0 : l * m * n) + i * n + j)] += sum;
      }
    }
  }
}

Space space(const Call& call) {
  const bool reduces = call.attributes.boolean("reduce");
  const Matrix a = matrix(call.input(0), call.attributes.boolean("transpose_a"));
  const Matrix b = matrix(call.input(1), call.attributes.boolean("transpose_b"));
  const Dims& leading = a.leading.empty() ? b.leading : a.leading;
  SpaceBuilder builder;
  const std::vector<size_t> batch =
      add_axes(builder, leading, reduces ? AxisKind::chain : AxisKind::parallel);
  builder.merge(batch);
  const size_t m = builder.axis("m", a.rows);
  const size_t n = builder.axis("n", b.columns);
  const size_t k = builder.axis("k", a.columns, AxisKind::chain);
  const auto operand = [&](bool has_leading, size_t row, size_t column) {
    Access access;
    if (has_leading)
      for (const size_t axis : batch) access.dims.push_back(SpaceBuilder::along(axis));
    access.dims.push_back(SpaceBuilder::along(row));
    access.dims.push_back(SpaceBuilder::along(column));
    return access;
  };
  const auto input = [&](const Matrix& own, bool is_transposed, size_t row, size_t column) {
    if (is_transposed) std::swap(row, column);
    builder.input(operand(!own.leading.empty(), row, column));
  };
  input(a, call.attributes.boolean("transpose_a"), m, k);
  input(b, call.attributes.boolean("transpose_b"), k, n);
  const Access y = operand(!reduces, m, n);
  return builder.input(call.inputs[2] ? std::optional(y) : std::nullopt).output(y).finish();
}

/// Chains of one product gain nothing from blocks.
Division division(const KernelCall& call) {
  return chain_length(call.space, call.box) == 1 ? Division::elements : Division::blocks;
}

/// The loops over products, of more than one index each; strides of y, a and b.
LoopNest batch_loops(const KernelCall& call) {
  const OperandLayout& y = call.output(0);
  const size_t rank = y.extent.size() - 2;
  LoopNest nest = {.extent = Dims(y.extent.begin(), y.extent.end() - 2), .strides = {}};
  for (const OperandLayout* layout : {&y, &call.input(0), &call.input(1)}) {
    Dims strides(rank, 0);  // a matrix that all products share stays where it is
    if (layout->extent.size() == y.extent.size())
      std::copy_n(layout->stride.begin(), rank, strides.begin());
    nest.strides.push_back(std::move(strides));
  }
  nest = merge_loops(nest);
  if (nest.extent == Dims{1}) nest = {.extent = {}, .strides = std::vector<Dims>(3)};
  return nest;
}

void bind(const KernelCall& call, KernelScalars& scalars) {
  const OperandLayout& a = call.input(0);
  const OperandLayout& b = call.input(1);
  const OperandLayout& y = call.output(0);
  const auto strides = [](const OperandLayout& layout, bool is_transposed) {
    const size_t rank = layout.extent.size();
    std::pair result = {layout.stride[rank - 2], layout.stride[rank - 1]};
    if (is_transposed) std::swap(result.first, result.second);
    return result;
  };
  const bool transpose_a = call.attributes.boolean("transpose_a");
  const bool transpose_b = call.attributes.boolean("transpose_b");
  const bool reduces = call.attributes.boolean("reduce");
  const auto [a_row, a_col] = strides(a, transpose_a);
  const auto [b_row, b_col] = strides(b, transpose_b);
  const auto [y_row, y_col] = strides(y, false);
  int64_t m = y.extent[y.extent.size() - 2];
  const int64_t n = y.extent[y.extent.size() - 1];
  int64_t k = a.extent[a.extent.size() - (transpose_a ? 2 : 1)];
  StridedAxis a_reduce, b_reduce;
  if (reduces) {
    a_reduce = merge_axes(a, 0, a.extent.size() - 2);
    b_reduce = merge_axes(b, 0, b.extent.size() - 2);
    // One long chain where both operands continue evenly from one matrix to the next.
    if (a_reduce.extent > 1 && b_reduce.extent > 1 && a_reduce.stride == k * a_col &&
        b_reduce.stride == k * b_row) {
      k *= a_reduce.extent;
      a_reduce = b_reduce = {};
    }
  }
  LoopNest batch = batch_loops(call);
  // A shared matrix: all rows of all samples are one tall operand.
  while (!batch.extent.empty() && batch.strides[2].back() == 0 &&
         batch.strides[1].back() == m * a_row && batch.strides[0].back() == m * y_row) {
    m *= batch.extent.back();
    batch.extent.pop_back();
    for (Dims& each : batch.strides) each.pop_back();
  }
  const size_t axes = batch.extent.size();
  if (axes > 2) refuse_layout(fmt::format("{} batch axes after merging", axes));
  const auto of_batch = [&](const Dims& values, size_t axis, int64_t other) {
    return axis < values.size() ? values[values.size() - 1 - axis] : other;
  };
  scalars.set("outer", of_batch(batch.extent, 1, 1));
  scalars.set("batch", of_batch(batch.extent, 0, 1));
  scalars.set("m", m);
  scalars.set("n", n);
  scalars.set("k", k);
  scalars.set("reduce", std::max(a_reduce.extent, b_reduce.extent));
  constexpr std::string_view kStrides[][2] = {
      {"y_batch", "y_outer"}, {"a_batch", "a_outer"}, {"b_batch", "b_outer"}};
  for (size_t operand = 0; operand < 3; ++operand)
    for (size_t axis = 0; axis < 2; ++axis)
      scalars.set(kStrides[operand][axis], of_batch(batch.strides[operand], axis, 0));
  scalars.set("a_reduce", a_reduce.extent > 1 ? a_reduce.stride : 0);
  scalars.set("b_reduce", b_reduce.extent > 1 ? b_reduce.stride : 0);
  scalars.set("y_row", y_row);
  scalars.set("y_col", y_col);
  scalars.set("a_row", a_row);
  scalars.set("a_col", a_col);
  scalars.set("b_row", b_row);
  scalars.set("b_col", b_col);
  scalars.set("accumulate", int64_t{call.continues});
}

std::vector<KernelField> fields() {
  return {
      {.name = "y", .kind = FieldKind::output, .summary = "[outer][batch][m][n]; aliases nothing"},
      {.name = "a",
       .kind = FieldKind::input,
       .operand = 0,
       .summary = "[outer][batch][reduce][m][k]"},
      {.name = "b",
       .kind = FieldKind::input,
       .operand = 1,
       .summary = "[outer][batch][reduce][k][n]"},
      {.name = "outer", .kind = FieldKind::count, .summary = "batches"},
      {.name = "batch", .kind = FieldKind::count, .summary = "products of each"},
      {.name = "m", .kind = FieldKind::count, .summary = "rows of y"},
      {.name = "n", .kind = FieldKind::count, .summary = "columns of y"},
      {.name = "k", .kind = FieldKind::count, .summary = "inner extent"},
      {.name = "reduce",
       .kind = FieldKind::count,
       .summary = "products summed in one chain, outside k"},
      {.name = "y_outer", .kind = FieldKind::count, .summary = "stride"},
      {.name = "a_outer", .kind = FieldKind::count, .summary = "stride; 0: shared"},
      {.name = "b_outer", .kind = FieldKind::count, .summary = "stride; 0: shared"},
      {.name = "y_batch", .kind = FieldKind::count, .summary = "stride"},
      {.name = "a_batch", .kind = FieldKind::count, .summary = "stride; 0: shared"},
      {.name = "b_batch", .kind = FieldKind::count, .summary = "stride; 0: shared"},
      {.name = "a_reduce", .kind = FieldKind::count, .summary = "stride"},
      {.name = "b_reduce", .kind = FieldKind::count, .summary = "stride"},
      {.name = "y_row", .kind = FieldKind::count, .summary = "stride along m"},
      {.name = "y_col", .kind = FieldKind::count, .summary = "stride along n"},
      {.name = "a_row", .kind = FieldKind::count, .summary = "stride along m"},
      {.name = "a_col", .kind = FieldKind::count, .summary = "stride along k"},
      {.name = "b_row", .kind = FieldKind::count, .summary = "stride along k"},
      {.name = "b_col", .kind = FieldKind::count, .summary = "stride along n"},
      {.name = "accumulate",
       .kind = FieldKind::flag,
       .summary = "1: the chains start from y, not from +0"},
  };
}

/// A matrix on the left, y = W b: out rows, in columns.
std::optional<std::pair<int64_t, int64_t>> left_dims(const Call& call) {
  if (call.attributes.boolean("reduce") || call.input(0).rank() != 2) return std::nullopt;
  const Matrix a = matrix(call.input(0), call.attributes.boolean("transpose_a"));
  return std::pair(a.columns, a.rows);
}

/// B (A b).
ir::ValueId left_branch(Builder& builder, const ir::Node& node, ir::ValueId factor_a,
                        ir::ValueId factor_b) {
  const ir::ValueId inner = builder.emit("matmul", {factor_a, node.inputs[1]},
                                         {{"transpose_b", node.attributes.boolean("transpose_b")}});
  return builder.emit("matmul", {factor_b, inner});
}

/// A matrix on the right, y = a W: in rows, out columns.
std::optional<std::pair<int64_t, int64_t>> right_dims(const Call& call) {
  if (call.attributes.boolean("reduce") || call.attributes.boolean("transpose_a") ||
      call.input(1).rank() != 2)
    return std::nullopt;
  const Matrix b = matrix(call.input(1), call.attributes.boolean("transpose_b"));
  return std::pair(b.rows, b.columns);
}

/// (a A^T) B^T.
ir::ValueId right_branch(Builder& builder, const ir::Node& node, ir::ValueId factor_a,
                         ir::ValueId factor_b) {
  const ir::ValueId inner =
      builder.emit("matmul", {node.inputs[0], factor_a}, {{"transpose_b", true}});
  return builder.emit("matmul", {inner, factor_b}, {{"transpose_b", true}});
}

std::vector<Sample> samples() {
  const auto sample = [](Dims a, Dims b, bool transpose_a, bool transpose_b, bool reduce) {
    return Sample{.inputs = {TensorType{.dims = std::move(a)}, TensorType{.dims = std::move(b)},
                             std::nullopt},
                  .attributes = {{"transpose_a", transpose_a},
                                 {"transpose_b", transpose_b},
                                 {"reduce", reduce}},
                  .domains = {}};
  };
  return {sample({1, 1}, {1, 1}, false, false, false),
          sample({5, 7}, {7, 3}, false, false, false),
          sample({2, 5, 7}, {7, 3}, false, false, false),
          sample({3, 4, 9}, {6, 9}, false, true, false),
          sample({2, 3, 4, 5}, {2, 3, 5, 6}, false, false, false),
          sample({4, 5}, {3, 5, 2}, false, false, false),
          sample({3, 7, 5}, {3, 7, 2}, true, false, false),
          sample({3, 7, 5}, {3, 2, 7}, true, true, false),
          sample({3, 7, 5}, {3, 7, 2}, true, false, true),
          sample({3, 5, 7}, {3, 7, 2}, false, false, true),
          sample({3, 7, 5}, {3, 2, 7}, true, true, true),
          sample({3, 5, 7}, {3, 2, 7}, false, true, true),
          sample({17, 19}, {19, 13}, false, false, false)};
}

}  // namespace

extern const OpFamily matmul_family;
const OpFamily matmul_family = {
    .ops = {{.name = "matmul",
             .summary = "matrix product over the last two axes",
             .signature = "a:[.., m, k], b:[.., k, n], accumulator?:[.., m, n] -> y:[.., m, n]",
             .attributes = {{"transpose_a", AttributeKind::boolean, false, "a is stored [.., k, m]",
                             Visibility::internal},
                            {"transpose_b", AttributeKind::boolean, false, "b is stored [.., n, k]",
                             Visibility::internal},
                            {"reduce", AttributeKind::boolean, false,
                             "sum over the leading axes too", Visibility::internal}},
             .infer_types = infer,
             .batch = batch,
             .gradient = gradient,
             .shift = shift_of_matmul,
             .evaluate = evaluate,
             .work = Work::points,
             .space = space,
             .accumulator = 2,
             .low_rank = {{.operand = 0, .dims = left_dims, .branch = left_branch},
                          {.operand = 1, .dims = right_dims, .branch = right_branch}},
             .kernel = KernelDef{.name = "td_matmul_f32",
                                 .file = "matmul.c",
                                 .fields = fields(),
                                 .engine_file = "matmul_engine.c",
                                 .division = division,
                                 .bind = bind},
             .samples = samples,
             .kernel_tolerance = 2e-6}}};

}  // namespace tdc::ops
