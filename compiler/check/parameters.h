#pragma once

#include <optional>
#include <string>

#include "check/elaboration.h"
#include "ir/ir.h"
#include "syntax/ast.h"

namespace tdc::check {

/// `param weight: f32[n] = initial`: a variable, or for a later turn of a shared call the one that
/// is there (name-1).
void declare_parameter(Elaboration& in, const ast::VariableDecl& variable);

/// The text of an `as` path; null: reported.
std::optional<std::string> path_text(Elaboration& in, const ast::CallPath& path);
[[nodiscard]] bool has_index(const ast::CallPath& path);

/// An initial value; null: reported.
std::optional<ir::Initializer> initializer(Elaboration& in, const ast::Expr& expr);

}  // namespace tdc::check
