#include "check/static_math.h"

#include <doctest/doctest.h>

namespace tdc::check {
namespace {

using Op = ast::BinaryOperator;

std::string text(const StaticResult& result) {
  const auto* value = std::get_if<Value>(&result);
  if (value != nullptr) return to_text(*value);
  switch (std::get<StaticProblem>(result)) {
    case StaticProblem::kinds:
      return "kinds";
    case StaticProblem::overflow:
      return "overflow";
    case StaticProblem::zero:
      return "zero";
    case StaticProblem::remainder:
      return "remainder";
    case StaticProblem::domain:
      return "domain";
  }
  return "?";
}

std::string binary(Op op, Value left, Value right) {
  return text(static_binary(op, left, right));
}

Value integer(int64_t value) {
  return {value};
}
Value real(double value) {
  return {value};
}

TEST_CASE("integers stay integers, and division is exact") {
  CHECK(binary(Op::kAdd, integer(2), integer(3)) == "5");
  CHECK(binary(Op::kDivide, integer(12), integer(4)) == "3");
  CHECK(binary(Op::kDivide, integer(10), integer(4)) == "remainder");
  CHECK(binary(Op::kDivide, integer(10), integer(0)) == "zero");
  CHECK(binary(Op::kModulo, integer(-7), integer(3)) == "2");
  CHECK(binary(Op::kMultiply, integer(INT64_MAX), integer(2)) == "overflow");
  CHECK(binary(Op::kDivide, integer(INT64_MIN), integer(-1)) == "overflow");
  CHECK(binary(Op::kModulo, integer(INT64_MIN), integer(-1)) == "0");
}

TEST_CASE("an integer beside a float is converted") {
  CHECK(binary(Op::kDivide, integer(1), real(4)) == "0.25");
  CHECK(binary(Op::kModulo, real(1), real(4)) == "kinds");
  CHECK(binary(Op::kLess, integer(1), real(1.5)) == "true");
  CHECK(binary(Op::kMultiply, real(1e300), real(1e300)) == "domain");
}

TEST_CASE("equality compares values of one kind") {
  CHECK(binary(Op::kEqual, {std::string("a")}, {std::string("a")}) == "true");
  CHECK(binary(Op::kNotEqual, {true}, {false}) == "true");
  CHECK(binary(Op::kEqual, {true}, integer(1)) == "kinds");
  CHECK(binary(Op::kLess, {std::string("a")}, {std::string("b")}) == "kinds");
}

TEST_CASE("functions") {
  CHECK(text(static_call("floordiv", {integer(-7), integer(2)})) == "-4");
  CHECK(text(static_call("ceildiv", {integer(-7), integer(2)})) == "-3");
  CHECK(text(static_call("ceildiv", {integer(7), integer(2)})) == "4");
  CHECK(text(static_call("floordiv", {integer(7), real(2)})) == "kinds");
  CHECK(text(static_call("sqrt", {integer(64)})) == "8.0");
  CHECK(text(static_call("sqrt", {integer(-1)})) == "domain");
  CHECK(text(static_call("min", {integer(3), integer(1), integer(2)})) == "1");
  CHECK(text(static_call("max", {integer(3), real(3.5)})) == "3.5");
  CHECK(text(static_unary(ast::UnaryOperator::kNegate, integer(INT64_MIN))) == "overflow");
}

}  // namespace
}  // namespace tdc::check
