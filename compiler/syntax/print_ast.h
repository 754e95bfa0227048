#pragma once

#include <string>

#include "syntax/ast.h"

namespace tdc {

/// A file as text for `--dump=ast`: one line per declaration, statement and clause, indented by
/// two; expressions fully bracketed, operator first, `(+ a (* b c))`. Without places; the same tree
/// gives the same text.
std::string print_ast(const ast::File& file);

/// One expression in the same form.
std::string print_ast(const ast::Expr& expr);

}  // namespace tdc
