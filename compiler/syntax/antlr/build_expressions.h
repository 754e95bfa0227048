#pragma once

#include <memory>
#include <utility>

#include "syntax/antlr/tree_reader.h"

namespace tdc::antlr {

template <typename Kind>
ast::ExprPtr make_expr(SourceRange range, Kind kind) {
  return std::make_unique<ast::Expr>(ast::Expr{.range = range, .kind = std::move(kind)});
}

/// Expressions, with the calls, indices and paths in them (expr-1 to expr-7, path-1, path-2).
class ExpressionBuilder : public TreeReader {
 public:
  using TreeReader::TreeReader;

  ast::ExprPtr build(TdParser::ExprContext* context);
  /// `callee(...)`. Only a name without brackets of its own is a callee (expr-3).
  ast::ExprPtr called(ast::ExprPtr callee, const antlr4::tree::ParseTree* written,
                      TdParser::CallContext* brackets, SourceRange whole);
  ast::Argument build(TdParser::ArgumentContext* context);
  ast::ExprPtr build(TdParser::PrimaryContext* context);
  ast::CallPath build(TdParser::CallPathContext* context);

 private:
  /// Stands for an expression that is too deep, which is reported here.
  ast::ExprPtr too_deep(SourceRange range);
  /// `operand (sign operand)*`, to the left.
  template <typename Operand, typename Chain>
  ast::ExprPtr chain(Chain* context);
  /// `sign* operand`.
  template <typename Operand, typename Prefixed>
  ast::ExprPtr prefixed(Prefixed* context, ast::UnaryOperator op);
  ast::ExprPtr build(TdParser::OrExprContext* c);
  ast::ExprPtr build(TdParser::AndExprContext* c);
  ast::ExprPtr build(TdParser::NotExprContext* c);
  ast::ExprPtr build(TdParser::ComparisonContext* c);
  ast::ExprPtr build(TdParser::RangeContext* c);
  ast::ExprPtr build(TdParser::AdditiveContext* c);
  ast::ExprPtr build(TdParser::MultiplicativeContext* c);
  ast::ExprPtr build(TdParser::FactorContext* c);
  ast::Call build(TdParser::StageContext* context);  // expr-2
  /// Calls and indices behind a value, and the path of the last call (expr-4).
  ast::ExprPtr build(TdParser::PostfixContext* context);
  ast::ExprPtr indexed(ast::ExprPtr base, TdParser::IndexContext* context, SourceRange whole);
  void add_arguments(TdParser::CallContext* context, ast::Call& call);
  ast::Subscript build(TdParser::SubscriptContext* context);  // expr-5
  ast::CallPath build(TdParser::AsPathContext* context);
};

}  // namespace tdc::antlr
