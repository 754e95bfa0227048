#pragma once

#include "check/elaboration.h"
#include "syntax/ast.h"

namespace tdc::check {

/// `rearrange(x, "c h w -> (h w) c")`.
Value rearrange(Elaboration& in, const CallContext& context);

/// `zeros([n])`, `ones([n])`, `full([n], value: 0.5)` (op-9).
Value filled(Elaboration& in, const CallContext& context, SourceRange range);

/// A function of static values: `sqrt`, `floordiv` and so on.
Value static_function(Elaboration& in, const CallContext& context);

/// `params(trainable)` in an assertion.
Value parameter_count(Elaboration& in, const ast::Call& call);

}  // namespace tdc::check
