#include "syntax/antlr/build_declarations.h"

#include <string>
#include <variant>

namespace tdc::antlr {

ast::File DeclarationBuilder::build(TdParser::FileContext* context) {
  ast::File result{.file = piece_.file, .version = std::nullopt, .declarations = {}};
  for (antlr4::tree::ParseTree* child : context->children) {
    // The grammar has the version in front of everything else (lex-4).
    if (auto* version = dynamic_cast<TdParser::VersionContext*>(child);
        version != nullptr && is_whole(version)) {
      result.version = integer(version->INT());
      check_version(*result.version);
    } else if (auto* item = dynamic_cast<TdParser::ItemContext*>(child);
               item != nullptr && is_whole(item)) {
      result.declarations.push_back(build(item));
    }
  }
  return result;
}

void DeclarationBuilder::check_docs() {
  for (size_t i = 0; i < piece_.tokens.size(); ++i)
    if (piece_.tokens[i].kind == TokenKind::kDoc && !piece_.is_claimed[i])
      report_doc(piece_.tokens[i]);
}

void DeclarationBuilder::check_version(const ast::Number& version) {
  constexpr int64_t kVersion = 1;
  if (std::get<int64_t>(version.value) != kVersion)
    piece_.diagnostics.report(version.range, diag::language_version, kVersion,
                              std::get<int64_t>(version.value));
}

ast::Declaration DeclarationBuilder::build(TdParser::ItemContext* context) {
  ast::Declaration item{.range = range(context), .doc = doc(context), .kind = ast::Use{}};
  if (auto* use = context->use()) item.kind = build(use);
  if (auto* block = context->blockDecl()) item.kind = build(block);
  if (auto* net = context->netDecl()) item.kind = build(net);
  if (auto* train = context->trainDecl()) item.kind = build(train);
  if (auto* deploy = context->deployDecl()) item.kind = build(deploy);
  if (auto* chip = context->chipDecl()) item.kind = build(chip);
  if (auto* data = context->dataDecl()) item.kind = build(data);
  if (auto* weights = context->weightsDecl()) item.kind = build(weights);
  if (auto* assertion = context->assertion()) item.kind = build(assertion);
  if (auto* let = context->letStmt()) item.kind = statements_.build(let);
  return item;
}

ast::Use DeclarationBuilder::build(TdParser::UseContext* context) {
  if (auto* file = context->STRING()) return {.what = string(file)};
  return {.what = names(context->usePath()->name())};
}

std::vector<ast::Name> DeclarationBuilder::names(
    const std::vector<TdParser::NameContext*>& words) const {
  std::vector<ast::Name> result;
  for (auto* word : words) result.push_back(name(word));
  return result;
}

std::vector<ast::Parameter> DeclarationBuilder::build(TdParser::ParametersContext* context) {
  std::vector<ast::Parameter> parameters;
  for (auto* written : context->parameter()) {
    if (!is_whole(written)) continue;
    parameters.push_back({.name = name(written->name()),
                          .type = types_.build(written->typeExpr()),
                          .initial = nullptr,
                          .doc = doc(written),
                          .range = range(written)});
    if (auto* initial = written->expr()) parameters.back().initial = expressions_.build(initial);
  }
  return parameters;
}

ast::Block DeclarationBuilder::build(TdParser::BlockDeclContext* context) {
  ast::Block block{.is_net = false,
                   .name = name(context->name()),
                   .parameters = build(context->parameters()),
                   .results = {},
                   .body = statements_.build(context->body())};
  for (auto* result : context->result()) {
    block.results.push_back(
        {.name = std::nullopt, .type = types_.build(result->typeExpr()), .range = range(result)});
    if (auto* word = result->name()) block.results.back().name = name(word);
    // All of them have names, or none (decl-2).
    if (block.results.back().name.has_value() != block.results.front().name.has_value())
      piece_.diagnostics.report(range(result), diag::result_names)
          .highlight(block.results.front().range);
  }
  return block;
}

ast::Block DeclarationBuilder::build(TdParser::NetDeclContext* context) {
  ast::Block net{.is_net = true,
                 .name = name(context->name()),
                 .parameters = build(context->parameters()),
                 .results = {},
                 .body = statements_.build(context->body())};
  for (auto* result : context->netResult())
    net.results.push_back({.name = name(result->name()),
                           .type = types_.build(result->typeExpr()),
                           .range = range(result)});
  return net;
}

ast::Train DeclarationBuilder::build(TdParser::TrainDeclContext* context) {
  ast::Train train{.name = name(context->name(0)),
                   .extends = sign(context->children[2]) == "extends",
                   .base = name(context->name(1)),
                   .clauses = {}};
  for (auto* clause : context->trainClause())
    if (is_whole(clause)) train.clauses.push_back(build(clause));
  return train;
}

SourceRange DeclarationBuilder::first_word(const ParserRuleContext* context) const {
  return range_of(piece_.file, context->start, context->start);
}

ast::TrainClause DeclarationBuilder::build(TdParser::TrainClauseContext* context) {
  ast::TrainClause clause{.range = range(context),
                          .word = first_word(context),
                          .doc = doc(context),
                          .kind = ast::LossClause{}};
  if (auto* target = context->targetClause())
    clause.kind =
        ast::TargetClause{.name = name(target->name()), .type = types_.build(target->typeExpr())};
  if (auto* loss = context->lossClause())
    clause.kind = ast::LossClause{expressions_.build(loss->expr())};
  if (auto* metric = context->metricClause()) clause.kind = build(metric);
  if (auto* optimizer = context->optimizerClause())
    clause.kind = ast::OptimizerClause{expressions_.build(optimizer->expr())};
  if (auto* schedule = context->scheduleClause())
    clause.kind = ast::ScheduleClause{expressions_.build(schedule->expr())};
  if (auto* batch = context->batchClause()) clause.kind = build(batch);
  if (auto* clip = context->clipClause())
    clause.kind = ast::ClipClause{.kind = name(clip->name()), .limit = number(clip->number())};
  if (auto* seed = context->seedClause()) clause.kind = ast::SeedClause{integer(seed->INT())};
  if (auto* freeze = context->freezeClause())
    clause.kind = ast::SelectClause{.word = ast::SelectClause::Word::kFreeze,
                                    .selection = selections_.build(freeze->selection()),
                                    .options = {}};
  if (auto* train = context->trainableClause())
    clause.kind = ast::SelectClause{.word = ast::SelectClause::Word::kTrain,
                                    .selection = selections_.build(train->selection()),
                                    .options = options(train->clauseOption())};
  if (auto* lora = context->loraClause())
    clause.kind = ast::SelectClause{.word = ast::SelectClause::Word::kLora,
                                    .selection = selections_.build(lora->selection()),
                                    .options = options(lora->clauseOption())};
  if (auto* quantize = context->quantizeClause())
    clause.kind = ast::QuantizeClause{.selection = selections_.build(quantize->selection()),
                                      .format = name(quantize->name())};
  if (auto* weights = context->weightsDecl()) clause.kind = build(weights);
  if (auto* assertion = context->assertion()) clause.kind = build(assertion);
  return clause;
}

ast::MetricClause DeclarationBuilder::build(TdParser::MetricClauseContext* context) {
  ast::MetricClause metric{.name = std::nullopt, .value = expressions_.build(context->expr())};
  if (auto* word = context->name()) metric.name = name(word);
  return metric;
}

ast::BatchClause DeclarationBuilder::build(TdParser::BatchClauseContext* context) {
  ast::BatchClause batch{.samples = integer(context->INT(0)), .accumulate = std::nullopt};
  if (auto* accumulate = context->INT(1)) batch.accumulate = integer(accumulate);
  return batch;
}

std::vector<ast::ClauseOption> DeclarationBuilder::options(
    const std::vector<TdParser::ClauseOptionContext*>& contexts) {
  std::vector<ast::ClauseOption> result;
  for (auto* option : contexts) {
    result.push_back({.word = name(option->children[0]), .value = nullptr, .range = range(option)});
    ast::ExprPtr& value = result.back().value;
    if (auto* number = option->number()) value = make_expr(range(number), this->number(number));
    if (auto* word = option->name()) value = make_expr(range(word), name(word));
    if (auto* expr = option->expr()) value = expressions_.build(expr);
  }
  return result;
}

ast::Assertion DeclarationBuilder::build(TdParser::AssertionContext* context) {
  const bool is_assert = sign(context->children[0]) == "assert";
  ast::Assertion assertion{
      .word = is_assert ? ast::Assertion::Word::kAssert : ast::Assertion::Word::kExpect,
      .condition = expressions_.build(context->expr()),
      .after_steps = std::nullopt};
  if (auto* steps = context->INT()) assertion.after_steps = integer(steps);
  return assertion;
}

ast::Weights DeclarationBuilder::build(TdParser::WeightsDeclContext* context) {
  ast::Weights weights{.file = string(context->STRING()), .map = {}};
  for (auto* entry : context->weightsEntry()) {
    if (!is_whole(entry)) continue;
    ast::Pattern path = selections_.build(entry->pattern(0));
    if (auto* text = entry->STRING()) {
      weights.map.push_back(
          {.path = std::move(path), .source = string(text), .range = range(entry)});
    } else {
      weights.map.push_back({.path = std::move(path),
                             .source = selections_.build(entry->pattern(1)),
                             .range = range(entry)});
    }
  }
  return weights;
}

ast::Deploy DeclarationBuilder::build(TdParser::DeployDeclContext* context) {
  ast::Deploy deploy{.name = name(context->name(0)), .chip = name(context->name(1)), .clauses = {}};
  for (auto* clause : context->deployClause())
    if (is_whole(clause)) deploy.clauses.push_back(build(clause));
  return deploy;
}

ast::DeployClause DeclarationBuilder::build(TdParser::DeployClauseContext* context) {
  ast::DeployClause clause{.range = range(context),
                           .word = first_word(context),
                           .doc = doc(context),
                           .kind = ast::AllowClause{}};
  if (auto* budget = context->budgetClause()) clause.kind = build(budget);
  if (auto* allow = context->allowClause()) clause.kind = ast::AllowClause{names(allow->name())};
  if (auto* emit = context->emitClause()) clause.kind = ast::EmitClause{names(emit->name())};
  if (auto* page = context->pageClause()) clause.kind = ast::PageClause{name(page->name())};
  if (auto* assertion = context->assertion()) clause.kind = build(assertion);
  return clause;
}

ast::BudgetClause DeclarationBuilder::build(TdParser::BudgetClauseContext* context) {
  ast::BudgetClause budget;
  for (auto* bound : context->bound())
    budget.bounds.push_back(
        {.level = name(bound->name()), .limit = number(bound->number()), .range = range(bound)});
  return budget;
}

ast::Chip DeclarationBuilder::build(TdParser::ChipDeclContext* context) {
  ast::Chip chip{.name = name(context->name()), .clauses = {}};
  for (auto* written : context->chipClause()) {
    if (!is_whole(written)) continue;
    chip.clauses.push_back({.word = name(written->name()),
                            .arguments = {},
                            .doc = doc(written),
                            .range = range(written)});
    for (auto* argument : written->argument())
      chip.clauses.back().arguments.push_back(expressions_.build(argument));
  }
  return chip;
}

ast::Data DeclarationBuilder::build(TdParser::DataDeclContext* context) {
  ast::Data data{.name = name(context->name(0)), .net = name(context->name(1)), .clauses = {}};
  for (auto* clause : context->dataClause())
    if (is_whole(clause)) data.clauses.push_back(build(clause));
  return data;
}

ast::DataClause DeclarationBuilder::build(TdParser::DataClauseContext* context) {
  ast::DataClause clause{.word = name(context->name(0)),
                         .source = expressions_.build(context->primary()),
                         .as = std::nullopt,
                         .doc = doc(context),
                         .range = range(context)};
  if (auto* call = context->call()) {
    const SourceRange whole = span(range(context->primary()), range(call));
    clause.source = expressions_.called(std::move(clause.source), context->primary(), call, whole);
  }
  if (auto* as = context->name(1)) clause.as = name(as);
  return clause;
}

}  // namespace tdc::antlr
