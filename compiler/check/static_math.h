#pragma once

#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "check/value.h"

namespace tdc::check {

/// Why a static operation has no result.
enum class StaticProblem : uint8_t {
  kinds,      ///< not defined for these kinds of operands
  overflow,   ///< an integer beyond 64 bits
  zero,       ///< division by zero
  remainder,  ///< `dim / dim` that is not exact (static-2)
  domain,     ///< square root of a negative number, or a float that is not finite
};

using StaticResult = std::variant<Value, StaticProblem>;

/// `+ - * / %` and comparisons of static values; two integers give an integer, `/` of integers is
/// exact, an integer beside a float is converted (static-1).
StaticResult static_binary(ast::BinaryOperator op, const Value& left, const Value& right);

/// `-x` and `not x`.
StaticResult static_unary(ast::UnaryOperator op, const Value& operand);

/// `sqrt(x)`, `floordiv(a, b)`, `ceildiv(a, b)`, `min(a, b, ..)`, `max(a, b, ..)` (static-3).
StaticResult static_call(std::string_view function, const std::vector<Value>& arguments);

/// The number of arguments that a static function takes: exactly, or -1 for two or more.
int static_arity(std::string_view function);

/// `== != < <= > >=`.
bool is_comparison(ast::BinaryOperator op);

/// The operator as written.
std::string_view to_text(ast::BinaryOperator op);

}  // namespace tdc::check
