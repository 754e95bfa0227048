#pragma once

#include "syntax/antlr/build_expressions.h"
#include "syntax/antlr/build_types.h"

namespace tdc::antlr {

/// The statements of a body (stmt-1 to stmt-8).
class StatementBuilder : public TreeReader {
 public:
  explicit StatementBuilder(Piece& piece) : TreeReader(piece), expressions_(piece), types_(piece) {}

  ast::Body build(TdParser::BodyContext* context);
  ast::Let build(TdParser::LetStmtContext* context);  // stmt-2

 private:
  ast::Statement build(TdParser::StatementContext* context);
  ast::VariableDecl build(TdParser::VariableDeclContext* context);  // stmt-3
  ast::Require build(TdParser::RequireStmtContext* context);        // stmt-4
  ast::If build(TdParser::IfStmtContext* context);                  // stmt-5
  ast::Repeat build(TdParser::RepeatStmtContext* context);          // stmt-6
  ast::Binder build(TdParser::BinderContext* context);
  ast::Return build(TdParser::ReturnStmtContext* context);    // stmt-7
  ast::Update build(TdParser::UpdateStmtContext* context);    // stmt-8
  ast::Binding build(TdParser::BindingStmtContext* context);  // stmt-1
  /// The text of a `require`; what stands in braces is parsed on its own (lex-7).
  ast::Message message(antlr4::tree::TerminalNode* node);
  ast::ExprPtr quoted(SourceRange place);

  ExpressionBuilder expressions_;
  TypeBuilder types_;
};

}  // namespace tdc::antlr
