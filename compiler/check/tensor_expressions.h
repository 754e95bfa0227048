#pragma once

#include "check/elaboration.h"
#include "ir/ir.h"
#include "syntax/ast.h"

namespace tdc::check {

/// A scalar tensor.
ir::ValueId constant(Elaboration& in, double value);

/// An operator one of whose sides is a tensor or holds one (op-2 to op-4).
Value tensor_binary(Elaboration& in, const ast::Binary& binary, SourceRange range,
                    const Value& left, const Value& right);

/// `x[1..3, .., 0]` (op-5).
Value index_tensor(Elaboration& in, const ast::Index& index, ir::ValueId base, SourceRange range);

}  // namespace tdc::check
