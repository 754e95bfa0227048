#pragma once

#include <string>

#include "check/elaboration.h"
#include "ir/ir.h"
#include "syntax/ast.h"

namespace tdc::check {

/// Runs statements up to a `return`, in the current frame and its innermost scope.
void run_body(Elaboration& in, const ast::Body& body);

/// Gives a tensor that has no name yet the name of a binding.
void name_value(Elaboration& in, ir::ValueId value, const std::string& name);

}  // namespace tdc::check
