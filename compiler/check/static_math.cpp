#include "check/static_math.h"

#include <cmath>

#include "support/check.h"

namespace tdc::check {
namespace {

using Op = ast::BinaryOperator;

StaticResult integer(int64_t value) {
  return Value{value};
}
StaticResult truth(bool value) {
  return Value{value};
}
StaticResult real(double value) {
  if (!std::isfinite(value)) return StaticProblem::domain;
  return Value{value};
}

/// Rounds towards minus infinity. `b` is not 0 and the quotient fits.
int64_t floor_divide(int64_t a, int64_t b) {
  const int64_t quotient = a / b;
  return a % b != 0 && (a < 0) != (b < 0) ? quotient - 1 : quotient;
}

bool quotient_overflows(int64_t a, int64_t b) {
  return a == INT64_MIN && b == -1;
}

StaticResult integers(Op op, int64_t a, int64_t b) {
  int64_t result = 0;
  switch (op) {
    case Op::kAdd:
      if (__builtin_add_overflow(a, b, &result)) return StaticProblem::overflow;
      return integer(result);
    case Op::kSubtract:
      if (__builtin_sub_overflow(a, b, &result)) return StaticProblem::overflow;
      return integer(result);
    case Op::kMultiply:
      if (__builtin_mul_overflow(a, b, &result)) return StaticProblem::overflow;
      return integer(result);
    case Op::kDivide:
      if (b == 0) return StaticProblem::zero;
      if (quotient_overflows(a, b)) return StaticProblem::overflow;
      if (a % b != 0) return StaticProblem::remainder;
      return integer(a / b);
    case Op::kModulo:
      if (b == 0) return StaticProblem::zero;
      if (quotient_overflows(a, b)) return integer(0);
      return integer(a - floor_divide(a, b) * b);
    default:
      return StaticProblem::kinds;
  }
}

StaticResult reals(Op op, double a, double b) {
  switch (op) {
    case Op::kAdd:
      return real(a + b);
    case Op::kSubtract:
      return real(a - b);
    case Op::kMultiply:
      return real(a * b);
    case Op::kDivide:
      if (b == 0) return StaticProblem::zero;
      return real(a / b);
    default:
      return StaticProblem::kinds;
  }
}

template <typename T>
StaticResult compare(Op op, const T& a, const T& b) {
  switch (op) {
    case Op::kEqual:
      return truth(a == b);
    case Op::kNotEqual:
      return truth(a != b);
    case Op::kLess:
      return truth(a < b);
    case Op::kLessEqual:
      return truth(a <= b);
    case Op::kGreater:
      return truth(a > b);
    case Op::kGreaterEqual:
      return truth(a >= b);
    default:
      return StaticProblem::kinds;
  }
}

bool is_equality(Op op) {
  return op == Op::kEqual || op == Op::kNotEqual;
}

/// Static values that have no order but can be equal: compares what they print as, which is exact.
bool is_comparable(const Value& value) {
  return value.get_if<bool>() != nullptr || value.get_if<std::string>() != nullptr ||
         value.get_if<TupleValue>() != nullptr || value.get_if<ListValue>() != nullptr;
}

}  // namespace

bool is_comparison(Op op) {
  return op == Op::kEqual || op == Op::kNotEqual || op == Op::kLess || op == Op::kLessEqual ||
         op == Op::kGreater || op == Op::kGreaterEqual;
}

StaticResult static_binary(Op op, const Value& left, const Value& right) {
  const auto* a = left.get_if<int64_t>();
  const auto* b = right.get_if<int64_t>();
  if (a != nullptr && b != nullptr)
    return is_comparison(op) ? compare(op, *a, *b) : integers(op, *a, *b);
  if (left.is_number() && right.is_number())
    return is_comparison(op) ? compare(op, left.as_double(), right.as_double())
                             : reals(op, left.as_double(), right.as_double());
  if (is_equality(op) && left.kind.index() == right.kind.index() && is_comparable(left))
    return compare(op, to_text(left), to_text(right));
  return StaticProblem::kinds;
}

StaticResult static_unary(ast::UnaryOperator op, const Value& operand) {
  if (op == ast::UnaryOperator::kNot) {
    const auto* value = operand.get_if<bool>();
    return value != nullptr ? truth(!*value) : StaticResult(StaticProblem::kinds);
  }
  if (const auto* value = operand.get_if<int64_t>())
    return static_binary(Op::kSubtract, Value{int64_t{0}}, Value{*value});
  if (const auto* value = operand.get_if<double>()) return real(-*value);
  return StaticProblem::kinds;
}

int static_arity(std::string_view function) {
  if (function == "sqrt") return 1;
  if (function == "floordiv" || function == "ceildiv") return 2;
  return -1;
}

StaticResult static_call(std::string_view function, const std::vector<Value>& arguments) {
  if (function == "sqrt") {
    if (!arguments.at(0).is_number()) return StaticProblem::kinds;
    const double value = arguments[0].as_double();
    return value < 0 ? StaticResult(StaticProblem::domain) : real(std::sqrt(value));
  }
  if (function == "floordiv" || function == "ceildiv") {
    const auto* a = arguments.at(0).get_if<int64_t>();
    const auto* b = arguments.at(1).get_if<int64_t>();
    if (a == nullptr || b == nullptr) return StaticProblem::kinds;
    if (*b == 0) return StaticProblem::zero;
    if (quotient_overflows(*a, *b)) return StaticProblem::overflow;
    const int64_t floor = floor_divide(*a, *b);
    return integer(function == "ceildiv" && *a % *b != 0 ? floor + 1 : floor);
  }
  TDC_CHECK(function == "min" || function == "max", "no static function is called {}", function);
  Value best = arguments.at(0);
  for (const Value& argument : arguments) {
    const StaticResult is_better =
        static_binary(function == "min" ? Op::kLess : Op::kGreater, argument, best);
    if (const auto* problem = std::get_if<StaticProblem>(&is_better)) return *problem;
    if (*std::get<Value>(is_better).get_if<bool>()) best = argument;
  }
  return best;
}

std::string_view to_text(Op op) {
  switch (op) {
    case Op::kOr:
      return "or";
    case Op::kAnd:
      return "and";
    case Op::kEqual:
      return "==";
    case Op::kNotEqual:
      return "!=";
    case Op::kLess:
      return "<";
    case Op::kLessEqual:
      return "<=";
    case Op::kGreater:
      return ">";
    case Op::kGreaterEqual:
      return ">=";
    case Op::kAdd:
      return "+";
    case Op::kSubtract:
      return "-";
    case Op::kMultiply:
      return "*";
    case Op::kDivide:
      return "/";
    case Op::kModulo:
      return "%";
    case Op::kMatmul:
      return "@";
  }
  return "?";
}

}  // namespace tdc::check
