#include "syntax/antlr/build_statements.h"

#include <string>
#include <variant>

#include "syntax/antlr/recovery.h"
#include "syntax/literals.h"

namespace tdc::antlr {

ast::Body StatementBuilder::build(TdParser::BodyContext* context) {
  ast::Body body{.statements = {}, .range = range(context)};
  for (auto* statement : context->statement())
    if (is_whole(statement)) body.statements.push_back(build(statement));
  return body;
}

ast::Statement StatementBuilder::build(TdParser::StatementContext* context) {
  ast::Statement statement{.range = range(context), .doc = doc(context), .kind = ast::Return{}};
  if (auto* let = context->letStmt()) statement.kind = build(let);
  if (auto* variable = context->variableDecl()) statement.kind = build(variable);
  if (auto* require = context->requireStmt()) statement.kind = build(require);
  if (auto* branches = context->ifStmt()) statement.kind = build(branches);
  if (auto* repeat = context->repeatStmt()) statement.kind = build(repeat);
  if (auto* values = context->returnStmt()) statement.kind = build(values);
  if (auto* update = context->updateStmt()) statement.kind = build(update);
  if (auto* binding = context->bindingStmt()) statement.kind = build(binding);
  return statement;
}

ast::Let StatementBuilder::build(TdParser::LetStmtContext* context) {
  return {.name = name(context->name()), .value = expressions_.build(context->expr())};
}

ast::VariableDecl StatementBuilder::build(TdParser::VariableDeclContext* context) {
  const bool is_param = sign(context->children[0]) == "param";
  ast::VariableDecl variable{
      .word = is_param ? ast::VariableWord::kParam : ast::VariableWord::kState,
      .name = name(context->name()),
      .type = types_.build(context->typeExpr()),
      .path = std::nullopt,
      .initial = nullptr};
  if (auto* path = context->callPath()) variable.path = expressions_.build(path);
  if (auto* initial = context->expr()) variable.initial = expressions_.build(initial);
  return variable;
}

ast::Require StatementBuilder::build(TdParser::RequireStmtContext* context) {
  ast::Require require{.condition = expressions_.build(context->expr()), .message = std::nullopt};
  if (auto* text = context->STRING()) require.message = message(text);
  return require;
}

ast::If StatementBuilder::build(TdParser::IfStmtContext* context) {
  ast::If result;
  const std::vector<TdParser::ExprContext*> conditions = context->expr();
  const std::vector<TdParser::BodyContext*> bodies = context->body();
  for (size_t i = 0; i < conditions.size(); ++i)
    result.branches.push_back(
        {.condition = expressions_.build(conditions[i]), .body = build(bodies[i])});
  if (bodies.size() > conditions.size()) result.otherwise = build(bodies.back());
  return result;
}

ast::Repeat StatementBuilder::build(TdParser::RepeatStmtContext* context) {
  ast::Repeat repeat{.index = std::nullopt,
                     .item = build(context->binder()),
                     .values = expressions_.build(context->expr()),
                     .body = build(context->body())};
  if (auto* index = context->name()) repeat.index = name(index);
  return repeat;
}

ast::Binder StatementBuilder::build(TdParser::BinderContext* context) {
  ast::Binder binder{
      .names = {}, .is_tuple = sign(context->children[0]) == "(", .range = range(context)};
  for (auto* word : context->name()) binder.names.push_back(name(word));
  return binder;
}

ast::Return StatementBuilder::build(TdParser::ReturnStmtContext* context) {
  ast::Return result;
  for (auto* value : context->expr()) result.values.push_back(expressions_.build(value));
  return result;
}

ast::Update StatementBuilder::build(TdParser::UpdateStmtContext* context) {
  return {.name = name(context->name()), .value = expressions_.build(context->expr())};
}

ast::Binding StatementBuilder::build(TdParser::BindingStmtContext* context) {
  ast::Binding binding;
  for (auto* target : context->bindingTarget()) {
    binding.targets.push_back({.name = name(target->name()), .type = std::nullopt});
    if (auto* type = target->typeExpr()) binding.targets.back().type = types_.build(type);
  }
  binding.value = expressions_.build(context->expr());
  return binding;
}

ast::Message StatementBuilder::message(antlr4::tree::TerminalNode* node) {
  const SourceRange place = range(node);
  ast::Message result{.pieces = {}, .range = place};
  for (MessagePiece& piece : split_message(piece_.files.text(place), place, piece_.diagnostics)) {
    if (auto* text = std::get_if<std::string>(&piece)) {
      result.pieces.emplace_back(std::move(*text));
    } else if (auto value = quoted(std::get<SourceRange>(piece))) {
      result.pieces.emplace_back(std::move(value));
    }
  }
  return result;
}

ast::ExprPtr StatementBuilder::quoted(SourceRange place) {
  Stream stream(piece_.files.text(piece_.file), place.begin, place.end);
  std::vector<Token> tokens = take_tokens(piece_.files, piece_.file, stream);
  const TokenChecks checks = check_tokens(piece_.files, tokens, piece_.diagnostics);
  if (!checks.may_parse) return nullptr;
  TdParser::QuotedContext* context =
      run_parser(piece_.files, stream, tokens, checks, &TdParser::quoted, piece_.diagnostics);
  if (!is_whole(context)) return nullptr;
  Piece inner = {.files = piece_.files,
                 .file = piece_.file,
                 .tokens = tokens,
                 .diagnostics = piece_.diagnostics,
                 .level = piece_.level};
  return ExpressionBuilder(inner).build(context->expr());
}

}  // namespace tdc::antlr
