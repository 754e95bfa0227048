#pragma once

// The expressions that stand directly in another, for whoever looks through all of a text.

#include <variant>

#include "syntax/ast.h"

namespace tdc::ast {

/// Calls `visit` with each index of a path.
template <typename Visit>
void visit_parts(const CallPath& path, const Visit& visit) {
  for (const auto& piece : path.pieces)
    if (const auto* index = std::get_if<ExprPtr>(&piece)) visit(**index);
}

/// Calls `visit` with each argument of a call, then with each index of its path.
template <typename Visit>
void visit_parts(const Call& call, const Visit& visit) {
  for (const Argument& argument : call.arguments) visit(*argument.value);
  if (call.path) visit_parts(*call.path, visit);
}

/// Calls `visit` with each operand, element or subscript of an expression, in the order of the
/// text, and with the parts of its call, if it is one or a pipe into one.
template <typename Visit>
void visit_parts(const Expr& expr, const Visit& visit) {
  const auto all = [&](const std::vector<ExprPtr>& items) {
    for (const ExprPtr& item : items) visit(*item);
  };
  if (const auto* tuple = expr.get_if<Tuple>()) {
    all(tuple->elements);
  } else if (const auto* list = expr.get_if<List>()) {
    all(list->elements);
  } else if (const auto* unary = expr.get_if<Unary>()) {
    visit(*unary->operand);
  } else if (const auto* binary = expr.get_if<Binary>()) {
    visit(*binary->left);
    visit(*binary->right);
  } else if (const auto* range = expr.get_if<Range>()) {
    visit(*range->begin);
    visit(*range->end);
  } else if (const auto* call = expr.get_if<Call>()) {
    visit_parts(*call, visit);
  } else if (const auto* pipe = expr.get_if<Pipe>()) {
    visit(*pipe->value);
    visit_parts(pipe->call, visit);
  } else if (const auto* index = expr.get_if<Index>()) {
    visit(*index->base);
    for (const Subscript& subscript : index->subscripts) {
      if (const auto* one = std::get_if<ExprPtr>(&subscript.kind)) {
        visit(**one);
      } else if (const auto* slice = std::get_if<Slice>(&subscript.kind)) {
        for (const ExprPtr* part : {&slice->begin, &slice->end, &slice->step})
          if (*part != nullptr) visit(**part);
      }
    }
  }
}

}  // namespace tdc::ast
