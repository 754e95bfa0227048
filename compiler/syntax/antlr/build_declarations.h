#pragma once

#include "syntax/antlr/build_expressions.h"
#include "syntax/antlr/build_selections.h"
#include "syntax/antlr/build_statements.h"
#include "syntax/antlr/build_types.h"

namespace tdc::antlr {

/// A file and its declarations with their clauses (decl-1 to decl-4, train-1 to train-6, deploy-1
/// to deploy-3).
class DeclarationBuilder : public TreeReader {
 public:
  explicit DeclarationBuilder(Piece& piece)
      : TreeReader(piece),
        expressions_(piece),
        types_(piece),
        statements_(piece),
        selections_(piece) {}

  ast::File build(TdParser::FileContext* context);

  /// Reports the doc comments that belong to nothing. Only after a tree without errors.
  void check_docs();

 private:
  ast::Declaration build(TdParser::ItemContext* context);
  ast::Use build(TdParser::UseContext* context);
  std::vector<ast::Name> names(const std::vector<TdParser::NameContext*>& words) const;
  std::vector<ast::Parameter> build(TdParser::ParametersContext* context);
  ast::Block build(TdParser::BlockDeclContext* context);
  ast::Block build(TdParser::NetDeclContext* context);  // all results have names (decl-3)
  ast::Train build(TdParser::TrainDeclContext* context);
  /// Where the first word of a clause stands.
  SourceRange first_word(const ParserRuleContext* context) const;
  /// Any clause (train-2), those with a selection too (train-3).
  ast::TrainClause build(TdParser::TrainClauseContext* context);
  ast::MetricClause build(TdParser::MetricClauseContext* context);
  ast::BatchClause build(TdParser::BatchClauseContext* context);
  /// Words and values behind a selection, in any order (train-4).
  std::vector<ast::ClauseOption> options(
      const std::vector<TdParser::ClauseOptionContext*>& contexts);
  ast::Assertion build(TdParser::AssertionContext* context);
  ast::Weights build(TdParser::WeightsDeclContext* context);  // with its map (train-5)
  ast::Deploy build(TdParser::DeployDeclContext* context);
  ast::DeployClause build(TdParser::DeployClauseContext* context);
  ast::BudgetClause build(TdParser::BudgetClauseContext* context);
  ast::Chip build(TdParser::ChipDeclContext* context);  // lines of any word (deploy-2)
  ast::Data build(TdParser::DataDeclContext* context);
  ast::DataClause build(TdParser::DataClauseContext* context);
  void check_version(const ast::Number& version);

  ExpressionBuilder expressions_;
  TypeBuilder types_;
  StatementBuilder statements_;
  SelectionBuilder selections_;
};

}  // namespace tdc::antlr
