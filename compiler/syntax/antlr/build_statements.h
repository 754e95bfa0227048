#pragma once

#include "syntax/antlr/build_expressions.h"
#include "syntax/antlr/build_types.h"

namespace tdc::antlr {

/// The statements of a body (stmt-1 to stmt-8).
class StatementBuilder : public TreeReader {
 public:
  explicit StatementBuilder(Piece& piece) : TreeReader(piece), expressions_(piece), types_(piece) {}

  ast::Body build(TdParser::BodyContext* context);
  ast::Let build(TdParser::LetStmtContext* context);

 private:
  ast::Statement build(TdParser::StatementContext* context);
  ast::VariableDecl build(TdParser::VariableDeclContext* context);
  ast::Require build(TdParser::RequireStmtContext* context);
  ast::If build(TdParser::IfStmtContext* context);
  ast::Repeat build(TdParser::RepeatStmtContext* context);
  ast::Binder build(TdParser::BinderContext* context);
  ast::Return build(TdParser::ReturnStmtContext* context);
  ast::Update build(TdParser::UpdateStmtContext* context);
  ast::Binding build(TdParser::BindingStmtContext* context);
  /// The text of a `require`; what stands in braces is parsed on its own (lex-7).
  ast::Message message(antlr4::tree::TerminalNode* node);
  ast::ExprPtr quoted(SourceRange place);

  ExpressionBuilder expressions_;
  TypeBuilder types_;
};

}  // namespace tdc::antlr
