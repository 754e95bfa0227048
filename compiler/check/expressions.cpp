#include "check/expressions.h"

#include <cmath>

#include "check/built_ins.h"
#include "check/calls.h"
#include "check/op_call.h"
#include "check/static_math.h"
#include "check/tensor_expressions.h"
#include "ops/registry.h"

namespace tdc::check {
namespace {

std::vector<Value> evaluate_all(Elaboration& in, const std::vector<ast::ExprPtr>& items) {
  std::vector<Value> values;
  for (const ast::ExprPtr& item : items) {
    values.push_back(evaluate(in, *item));
    if (!in.budget.spend(item->range, values.back().element_count())) break;
  }
  return values;
}

Value evaluate(Elaboration& in, const ast::Number& number) {
  if (number.unit) {
    in.reporter.report(number.range, diag::unexpected_unit, in.source(number.range));
    return {};
  }
  if (number.is_integer()) return {std::get<int64_t>(number.value)};
  return {std::get<double>(number.value)};
}

Value evaluate(Elaboration& in, const ast::Name& name) {
  in.used_names.insert(name.text);
  // A copy of a list costs what its elements cost.
  const auto copy = [&](const Value& value) {
    return in.budget.spend(name.range, value.element_count()) ? value : Value{};
  };
  const Scopes<Binding>::Meaning meaning = in.frame->scopes.read(name.text);
  if (meaning.local != nullptr) return copy(meaning.local->value);
  if (meaning.let) {
    const auto value = meaning.let.file->let_values.find(name.text);
    if (value != meaning.let.file->let_values.end()) return copy(value->second);
    in.reporter.report(name.range, diag::let_later, name.text)
        .note(meaning.let.declaration->name.range, diag::note_first_here, name.text);
    return {};
  }
  if (meaning.callable) return {*meaning.callable};
  in.frame->scopes.report_unknown(name, in.reporter);
  return {};
}

Value evaluate(Elaboration& in, const ast::Unary& unary, SourceRange range) {
  const Value operand = evaluate(in, *unary.operand);
  if (operand.has_error()) return {};
  if (const auto* tensor = operand.get_if<TensorValue>();
      tensor != nullptr && unary.op == ast::UnaryOperator::kNegate)
    return emit_op(in, ops::op("neg"), {tensor->id}, {}, range, {unary.operand->range}, {});
  const StaticResult result = static_unary(unary.op, operand);
  if (const auto* value = std::get_if<Value>(&result)) return *value;
  in.report_kind(unary.operand->range,
                 unary.op == ast::UnaryOperator::kNot ? "a bool" : "a number or a tensor", operand);
  return {};
}

Value logic(Elaboration& in, const ast::Binary& binary) {
  const bool is_and = binary.op == ast::BinaryOperator::kAnd;
  for (const ast::Expr* side : {binary.left.get(), binary.right.get()}) {
    const Value value = evaluate(in, *side);
    const auto* truth = value.get_if<bool>();
    if (truth == nullptr) {
      if (!value.has_error()) in.report_kind(side->range, "a bool", value);
      return {};
    }
    if (*truth != is_and) return {!is_and};
  }
  return {is_and};
}

Value evaluate(Elaboration& in, const ast::Binary& binary, SourceRange range) {
  if (binary.op == ast::BinaryOperator::kAnd || binary.op == ast::BinaryOperator::kOr)
    return logic(in, binary);
  const Value left = evaluate(in, *binary.left);
  const Value right = evaluate(in, *binary.right);
  if (left.has_error() || right.has_error()) return {};
  if (left.has_tensor() || right.has_tensor()) return tensor_binary(in, binary, range, left, right);
  const StaticResult result = static_binary(binary.op, left, right);
  if (const auto* value = std::get_if<Value>(&result)) return *value;
  switch (std::get<StaticProblem>(result)) {
    case StaticProblem::kinds:
      in.reporter.report(binary.op_range, diag::operator_kinds, std::string(to_text(binary.op)),
                         describe(left, in.builder.graph()), describe(right, in.builder.graph()));
      break;
    case StaticProblem::zero:
      in.reporter.report(binary.right->range, diag::division_by_zero,
                         std::string(to_text(binary.op)));
      break;
    case StaticProblem::remainder:
      in.reporter.report(range, diag::division_remainder, to_text(left), to_text(right))
          .hint(diag::hint_division);
      break;
    case StaticProblem::overflow:
    case StaticProblem::domain:
      in.reporter.report(range, diag::static_range, in.source(range));
      break;
  }
  return {};
}

Value evaluate(Elaboration& in, const ast::Range& range) {
  const std::optional<int64_t> begin = integer(in, *range.begin);
  const std::optional<int64_t> end = integer(in, *range.end);
  if (!begin || !end) return {};
  if (*begin > *end) {
    in.reporter.report(range.dots, diag::range_order, *begin, *end);
    return {};
  }
  return {RangeValue{*begin, *end}};
}

Value index_items(Elaboration& in, const ast::Index& index, const std::vector<Value>& items) {
  const auto* expr = std::get_if<ast::ExprPtr>(&index.subscripts.front().kind);
  if (expr == nullptr || index.subscripts.size() > 1) {
    in.reporter.report(index.brackets, diag::index_list);
    return {};
  }
  const std::optional<int64_t> written = integer(in, **expr);
  if (!written) return {};
  const auto count = static_cast<int64_t>(items.size());
  const int64_t at = *written < 0 ? *written + count : *written;  // from the end, as of tensors
  if (at < 0 || at >= count) {
    in.reporter.report((*expr)->range, diag::index_range, *written, count);
    return {};
  }
  return items[static_cast<size_t>(at)];
}

Value evaluate(Elaboration& in, const ast::Index& index, SourceRange range) {
  const Value base = evaluate(in, *index.base);
  if (base.is_error()) return {};
  if (const auto* tensor = base.get_if<TensorValue>())
    return index_tensor(in, index, tensor->id, range);
  if (const auto* list = base.get_if<ListValue>()) return index_items(in, index, list->items);
  if (const auto* tuple = base.get_if<TupleValue>()) return index_items(in, index, tuple->items);
  in.report_kind(index.base->range, "a tensor, a list or a tuple", base);
  return {};
}

}  // namespace

Value evaluate(Elaboration& in, const ast::Expr& expr) {
  if (!in.budget.spend(expr.range)) return {};
  const Budget::Level level(in.budget);
  if (in.budget.is_too_deep(expr.range)) return {};
  struct Visitor {
    Elaboration& in;
    SourceRange range;
    Value operator()(const ast::Number& number) const { return evaluate(in, number); }
    Value operator()(const ast::String& string) const { return {string.value}; }
    Value operator()(const ast::Bool& value) const { return {value.value}; }
    Value operator()(const ast::Name& name) const { return evaluate(in, name); }
    Value operator()(const ast::Tuple& tuple) const {
      return {TupleValue{evaluate_all(in, tuple.elements)}};
    }
    Value operator()(const ast::List& list) const {
      return {ListValue{evaluate_all(in, list.elements)}};
    }
    Value operator()(const ast::Unary& unary) const { return evaluate(in, unary, range); }
    Value operator()(const ast::Binary& binary) const { return evaluate(in, binary, range); }
    Value operator()(const ast::Range& each) const { return evaluate(in, each); }
    Value operator()(const ast::Call& call) const {
      return evaluate_call(in, call, nullptr, range);
    }
    Value operator()(const ast::Pipe& pipe) const {
      return evaluate_call(in, pipe.call, pipe.value.get(), range);
    }
    Value operator()(const ast::Index& index) const { return evaluate(in, index, range); }
  };
  return std::visit(Visitor{in, expr.range}, expr.kind);
}

std::optional<int64_t> integer(Elaboration& in, const ast::Expr& expr) {
  const Value value = evaluate(in, expr);
  if (const auto* result = value.get_if<int64_t>()) return *result;
  if (!value.has_error()) in.report_kind(expr.range, "an integer", value);
  return std::nullopt;
}

std::optional<double> static_number(Elaboration& in, const ast::Expr& expr) {
  const Value value = evaluate(in, expr);
  if (value.is_number()) return value.as_double();
  if (!value.has_error()) in.report_kind(expr.range, "a number", value);
  return std::nullopt;
}

bool is_f32(Elaboration& in, double number, SourceRange range) {
  constexpr double kFirstBeyond = 0x1.ffffffp127;  // the least that rounds to infinity
  if (std::abs(number) < kFirstBeyond) return true;
  in.reporter.report(range, diag::f32_range, in.source(range));
  return false;
}

}  // namespace tdc::check
