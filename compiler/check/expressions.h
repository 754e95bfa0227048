#pragma once

#include <cstdint>
#include <optional>

#include "check/elaboration.h"
#include "syntax/ast.h"

namespace tdc::check {

/// The value of an expression; an error: reported.
Value evaluate(Elaboration& in, const ast::Expr& expr);

/// An integer; null: reported.
std::optional<int64_t> integer(Elaboration& in, const ast::Expr& expr);
/// An integer or a float; null: reported.
std::optional<double> static_number(Elaboration& in, const ast::Expr& expr);

/// Whether f32 can hold `number` (limit-4); false: reported. `range` is what gave it.
bool is_f32(Elaboration& in, double number, SourceRange range);

}  // namespace tdc::check
