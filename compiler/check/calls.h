#pragma once

#include "check/elaboration.h"
#include "syntax/ast.h"

namespace tdc::check {

/// A call of whatever it is that has the name; `piped` is its first argument, null if none is.
Value evaluate_call(Elaboration& in, const ast::Call& call, const ast::Expr* piped,
                    SourceRange range);

}  // namespace tdc::check
