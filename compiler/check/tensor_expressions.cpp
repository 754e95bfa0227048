#include "check/tensor_expressions.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "check/expressions.h"
#include "check/op_call.h"
#include "check/shapes.h"
#include "check/static_math.h"
#include "ops/registry.h"

namespace tdc::check {
namespace {

/// Multiplying by 1 / c gives the bits of dividing by c (op-2).
bool is_power_of_two(double value) {
  int exponent = 0;
  return std::isfinite(value) && std::abs(std::frexp(value, &exponent)) == 0.5 &&
         std::abs(exponent) < 100;
}

struct BinaryOp {
  std::string_view name;
  bool is_swapped = false;  ///< takes the right side first
};

/// The op of an operator that goes element by element; nullopt for all others.
std::optional<BinaryOp> elementwise_op(ast::BinaryOperator op) {
  using Op = ast::BinaryOperator;
  switch (op) {
    case Op::kAdd:
      return BinaryOp{"add"};
    case Op::kSubtract:
      return BinaryOp{"sub"};
    case Op::kMultiply:
      return BinaryOp{"mul"};
    case Op::kDivide:
      return BinaryOp{"div"};
    case Op::kEqual:
      return BinaryOp{"equal"};
    case Op::kNotEqual:
      return BinaryOp{"not_equal"};
    case Op::kLess:
      return BinaryOp{"less"};
    case Op::kLessEqual:
      return BinaryOp{"less_equal"};
    case Op::kGreater:
      return BinaryOp{"less", true};
    case Op::kGreaterEqual:
      return BinaryOp{"less_equal", true};
    default:
      return std::nullopt;
  }
}

/// Class numbers as what comparisons take (op-11); other tensors as they are.
ir::ValueId as_real(Elaboration& in, ir::ValueId tensor) {
  if (in.builder.type(tensor).dtype == ir::DType::f32) return tensor;
  return in.builder.emit("to_f32", {tensor});
}

struct NumberOp {
  std::string_view name;
  ir::Attributes attributes;
};

/// The op of a tensor and a number that takes the number as an attribute; nullopt if there is none.
/// `is_left`: the tensor stands left.
std::optional<NumberOp> number_op(ast::BinaryOperator op, double number, bool is_left) {
  using Op = ast::BinaryOperator;
  if (op == Op::kAdd) return NumberOp{"add_scalar", {{"offset", number}}};
  if (op == Op::kSubtract && is_left) return NumberOp{"add_scalar", {{"offset", -number}}};
  if (op == Op::kMultiply) return NumberOp{"scale", {{"factor", number}}};
  if (op == Op::kDivide && is_left && is_power_of_two(number))
    return NumberOp{"scale", {{"factor", 1 / number}}};
  return std::nullopt;
}

Value matmul(Elaboration& in, const ast::Binary& binary, SourceRange range, const Value& left,
             const Value& right) {
  const auto* a = left.get_if<TensorValue>();
  const auto* b = right.get_if<TensorValue>();
  if (a == nullptr || b == nullptr) {
    const bool is_left = a == nullptr;
    in.report_kind(is_left ? binary.left->range : binary.right->range, "a tensor",
                   is_left ? left : right);
    return {};
  }
  // The record takes matrices; a vector is a matrix of one row on the left, of one column on the
  // right, and that axis is dropped from the result (op-4).
  ir::ValueId a_id = a->id, b_id = b->id;
  const ir::Dims a_dims = in.builder.type(a_id).dims, b_dims = in.builder.type(b_id).dims;
  const bool is_row = a_dims.size() == 1, is_column = b_dims.size() == 1;
  const std::vector<SourceRange> places = {binary.left->range, binary.right->range};
  in.builder.set_origin(range);
  if (is_row) a_id = in.builder.emit("reshape", {a_id}, {{"dims", ir::Dims{1, a_dims[0]}}});
  if (is_column) b_id = in.builder.emit("reshape", {b_id}, {{"dims", ir::Dims{b_dims[0], 1}}});
  const Value product = emit_op(in, ops::op("matmul"), {a_id, b_id}, {}, range, places, {});
  const auto* tensor = product.get_if<TensorValue>();
  if (tensor == nullptr || (!is_row && !is_column)) return product;
  ir::Dims dims = in.builder.type(tensor->id).dims;
  if (is_column) dims.pop_back();
  if (is_row) dims.erase(dims.end() - (is_column ? 1 : 2));
  return {TensorValue{in.builder.emit("reshape", {tensor->id}, {{"dims", dims}})}};
}

/// The positions along an axis that a subscript takes: begin, begin + step and so on, below end.
struct Positions {
  int64_t begin = 0, end = 0, step = 1;
  bool is_single = false;

  [[nodiscard]] bool are_all(int64_t extent) const {
    return begin == 0 && end == extent && step == 1;
  }
};

/// The parts of `begin:end:step`, where they are written; nullopt after a report.
std::optional<Positions> slice_positions(Elaboration& in, const ast::Slice& slice, int64_t extent) {
  Positions result = {.begin = 0, .end = extent};
  const std::pair<const ast::ExprPtr&, int64_t&> parts[] = {
      {slice.begin, result.begin}, {slice.end, result.end}, {slice.step, result.step}};
  for (const auto& [written, part] : parts) {
    if (written == nullptr) continue;
    const std::optional<int64_t> number = integer(in, *written);
    if (!number) return std::nullopt;
    part = *number;
  }
  if (result.step < 1) {
    in.reporter.report(slice.step->range, diag::op_attribute, "step", "an integer above 0",
                       fmt::format("{}", result.step));
    return std::nullopt;
  }
  result.step = std::min(result.step, extent);  // beyond it there is one position in any case
  return result;
}

/// What is written, where numbers below 0 may count from the end (op-5); nullopt after a report.
std::optional<Positions> written_positions(Elaboration& in, const ast::Subscript& subscript,
                                           int64_t extent) {
  if (const auto* slice = std::get_if<ast::Slice>(&subscript.kind))
    return slice_positions(in, *slice, extent);
  const Value at = evaluate(in, *std::get<ast::ExprPtr>(subscript.kind));
  if (const auto* single = at.get_if<int64_t>())
    return Positions{.begin = *single, .end = *single, .is_single = true};
  if (const auto* range = at.get_if<RangeValue>())
    return Positions{.begin = range->begin, .end = range->end};
  if (!at.has_error()) in.report_kind(subscript.range, "an integer, a range or a slice", at);
  return std::nullopt;
}

/// Positions of an axis of this extent, one at least; nullopt after a report.
std::optional<Positions> positions_of(Elaboration& in, const ast::Subscript& subscript,
                                      int64_t extent) {
  const std::optional<Positions> written = written_positions(in, subscript, extent);
  if (!written) return std::nullopt;
  Positions result = *written;
  if (result.begin < 0) result.begin += extent;
  if (result.end < 0) result.end += extent;
  const auto is_inside = [&](int64_t at) { return at >= 0 && at <= extent; };
  const bool is_begin_inside =
      is_inside(result.begin) && !(result.is_single && result.begin == extent);
  if (!is_begin_inside || !is_inside(result.end)) {
    in.reporter.report(subscript.range, diag::index_range,
                       is_begin_inside ? written->end : written->begin, extent);
    return std::nullopt;
  }
  if (result.is_single) result.end = result.begin + 1;
  if (result.begin > result.end) {
    in.reporter.report(subscript.range, diag::range_order, written->begin, written->end);
    return std::nullopt;
  }
  if (result.begin == result.end) {
    in.reporter.report(subscript.range, diag::extent, int64_t{0}, kElementLimit);
    return std::nullopt;
  }
  return result;
}

}  // namespace

ir::ValueId constant(Elaboration& in, double value) {
  return in.builder.emit("constant", {}, {{"value", value}, {"dims", ir::Dims{}}});
}

Value tensor_binary(Elaboration& in, const ast::Binary& binary, SourceRange range,
                    const Value& left, const Value& right) {
  using Op = ast::BinaryOperator;
  const auto* a = left.get_if<TensorValue>();
  const auto* b = right.get_if<TensorValue>();
  const std::optional<BinaryOp> op = elementwise_op(binary.op);
  const bool are_operands =
      (a != nullptr || left.is_number()) && (b != nullptr || right.is_number());
  if ((!op && binary.op != Op::kMatmul) || !are_operands) {
    in.reporter.report(binary.op_range, diag::operator_kinds, std::string(to_text(binary.op)),
                       describe(left, in.builder.graph()), describe(right, in.builder.graph()));
    return {};
  }
  if (!op) return matmul(in, binary, range, left, right);

  std::vector<SourceRange> places = {binary.left->range, binary.right->range};
  in.builder.set_origin(range);
  const auto operand = [&](const TensorValue* tensor) {
    if (tensor == nullptr) return ir::ValueId{};
    return is_comparison(binary.op) ? as_real(in, tensor->id) : tensor->id;
  };
  ir::ValueIds operands = {operand(a), operand(b)};
  if (a == nullptr || b == nullptr) {
    const size_t side = a == nullptr ? 0 : 1;  // of the number
    const double number = side == 0 ? left.as_double() : right.as_double();
    if (!is_f32(in, number, places[side])) return {};
    if (binary.op == Op::kDivide && side == 1 && static_cast<float>(number) == 0) {
      in.reporter.report(places[side], diag::division_by_zero, "/");
      return {};
    }
    if (std::optional<NumberOp> with = number_op(binary.op, number, side == 1))
      return emit_op(in, ops::op(with->name), {operands[1 - side]}, std::move(with->attributes),
                     range, places, {});
    operands[side] = constant(in, number);  // an element that all positions share (op-2)
  }
  if (op->is_swapped) {
    std::swap(operands[0], operands[1]);
    std::swap(places[0], places[1]);
  }
  return emit_op(in, ops::op(op->name), std::move(operands), {}, range, places, {});  // op-1
}

// x[1..3, .., 0]: one slice per axis that is cut, then one reshape that drops the axes with a lone
// index (op-5).
Value index_tensor(Elaboration& in, const ast::Index& index, ir::ValueId base, SourceRange range) {
  const ir::Dims dims = in.builder.type(base).dims;
  const auto is_leading = [](const ast::Subscript& subscript) {
    return std::holds_alternative<ast::LeadingAxes>(subscript.kind);
  };
  const auto leading = std::count_if(index.subscripts.begin(), index.subscripts.end(), is_leading);
  const size_t written = index.subscripts.size() - static_cast<size_t>(leading);
  if (leading > 1 || written > dims.size()) {
    in.reporter.report(index.brackets, diag::index_axes, static_cast<int64_t>(written),
                       ir::to_text(dims));
    return {};
  }
  ir::ValueId value = base;
  ir::Dims kept;
  size_t axis = 0;
  const auto keep = [&](size_t count) {
    for (size_t i = 0; i < count; ++i) kept.push_back(dims[axis++]);
  };
  for (const ast::Subscript& subscript : index.subscripts) {
    if (is_leading(subscript)) {
      keep(dims.size() - written);
      continue;
    }
    const std::optional<Positions> positions = positions_of(in, subscript, dims[axis]);
    if (!positions) return {};
    if (!positions->are_all(dims[axis])) {
      const int64_t from_end = static_cast<int64_t>(axis) - static_cast<int64_t>(dims.size());
      const Value slice = emit_op(in, ops::op("slice"), {value},
                                  {{"axis", from_end},
                                   {"begin", positions->begin},
                                   {"end", positions->end},
                                   {"step", positions->step}},
                                  range, {index.base->range}, {});
      const auto* tensor = slice.get_if<TensorValue>();
      if (tensor == nullptr) return {};
      value = tensor->id;
    }
    if (!positions->is_single) kept.push_back(in.builder.type(value).dims[axis]);
    ++axis;
  }
  keep(dims.size() - axis);
  if (kept != in.builder.type(value).dims) {
    in.builder.set_origin(range);
    value = in.builder.emit("reshape", {value}, {{"dims", kept}});
  }
  return {TensorValue{value}};
}

}  // namespace tdc::check
