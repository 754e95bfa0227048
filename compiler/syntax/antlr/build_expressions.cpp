#include "syntax/antlr/build_expressions.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>

namespace tdc::antlr {

namespace {

/// Counts operators, calls and indices on the way from the root, so that the tree never gets
/// deeper than every later stage can bear (lex-12). Brackets have been counted among the tokens.
class Level {
 public:
  Level(Piece& piece, size_t levels) : piece_(piece), before_(piece.level) {
    piece.level += levels;
  }
  ~Level() { piece_.level = before_; }
  Level(const Level&) = delete;
  Level& operator=(const Level&) = delete;
  [[nodiscard]] bool is_too_deep() const {
    return piece_.level > static_cast<size_t>(ast::kNestingLimit);
  }

 private:
  Piece& piece_;
  size_t before_;
};

std::optional<ast::BinaryOperator> binary_operator(const std::string& sign) {
  using enum ast::BinaryOperator;
  static const std::map<std::string, ast::BinaryOperator> operators = {
      {"or", kOr},    {"and", kAnd},      {"==", kEqual},   {"!=", kNotEqual},
      {"<", kLess},   {"<=", kLessEqual}, {">", kGreater},  {">=", kGreaterEqual},
      {"+", kAdd},    {"-", kSubtract},   {"*", kMultiply}, {"/", kDivide},
      {"%", kModulo}, {"@", kMatmul}};
  const auto found = operators.find(sign);
  return found == operators.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace

ast::ExprPtr ExpressionBuilder::too_deep(SourceRange range) {
  piece_.diagnostics.report(range, diag::nesting_limit, ast::kNestingLimit);
  return make_expr(range, ast::Bool{});
}

template <typename Operand, typename Chain>
ast::ExprPtr ExpressionBuilder::chain(Chain* context) {
  const auto& children = context->children;
  const size_t operators = children.size() / 2;
  if (const Level level(piece_, operators); level.is_too_deep()) return too_deep(range(context));
  ast::ExprPtr result;
  for (size_t i = 0; i < children.size(); i += 2) {
    // The first operand lies below all operators, the last only below its own.
    const Level level(piece_, std::min(operators, operators - i / 2 + 1));
    ast::ExprPtr operand = build(static_cast<Operand*>(children[i]));
    if (i == 0) {
      result = std::move(operand);
      continue;
    }
    const SourceRange whole = span(range(context), range(children[i]));
    const SourceRange op_range = range(children[i - 1]);
    if (const auto op = binary_operator(sign(children[i - 1]))) {
      result = make_expr(whole, ast::Binary{.op = *op,
                                            .op_range = op_range,
                                            .left = std::move(result),
                                            .right = std::move(operand)});
    } else {
      result = make_expr(
          whole,
          ast::Range{.begin = std::move(result), .end = std::move(operand), .dots = op_range});
    }
  }
  return result;
}

template <typename Operand, typename Prefixed>
ast::ExprPtr ExpressionBuilder::prefixed(Prefixed* context, ast::UnaryOperator op) {
  const auto& children = context->children;
  const Level level(piece_, children.size() - 1);
  if (level.is_too_deep()) return too_deep(range(context));
  ast::ExprPtr result = build(static_cast<Operand*>(children.back()));
  for (size_t i = children.size() - 1; i > 0; --i) {
    const SourceRange op_range = range(children[i - 1]);
    result = make_expr(span(op_range, range(context)),
                       ast::Unary{.op = op, .op_range = op_range, .operand = std::move(result)});
  }
  return result;
}

ast::ExprPtr ExpressionBuilder::build(TdParser::ExprContext* context) {
  const auto& children = context->children;
  const Level level(piece_, children.size() / 2);
  if (level.is_too_deep()) return too_deep(range(context));
  ast::ExprPtr result = build(static_cast<TdParser::OrExprContext*>(children[0]));
  for (size_t i = 1; i < children.size(); i += 2) {
    auto* stage = static_cast<TdParser::StageContext*>(children[i + 1]);
    result = make_expr(
        span(range(context), range(stage)),
        ast::Pipe{.value = std::move(result), .arrow = range(children[i]), .call = build(stage)});
  }
  return result;
}

ast::ExprPtr ExpressionBuilder::build(TdParser::OrExprContext* c) {
  return chain<TdParser::AndExprContext>(c);
}

ast::ExprPtr ExpressionBuilder::build(TdParser::AndExprContext* c) {
  return chain<TdParser::NotExprContext>(c);
}

ast::ExprPtr ExpressionBuilder::build(TdParser::NotExprContext* c) {
  return prefixed<TdParser::ComparisonContext>(c, ast::UnaryOperator::kNot);
}

ast::ExprPtr ExpressionBuilder::build(TdParser::ComparisonContext* c) {
  return chain<TdParser::RangeContext>(c);
}

ast::ExprPtr ExpressionBuilder::build(TdParser::RangeContext* c) {
  return chain<TdParser::AdditiveContext>(c);
}

ast::ExprPtr ExpressionBuilder::build(TdParser::AdditiveContext* c) {
  return chain<TdParser::MultiplicativeContext>(c);
}

ast::ExprPtr ExpressionBuilder::build(TdParser::MultiplicativeContext* c) {
  return chain<TdParser::FactorContext>(c);
}

ast::ExprPtr ExpressionBuilder::build(TdParser::FactorContext* c) {
  return prefixed<TdParser::PostfixContext>(c, ast::UnaryOperator::kNegate);
}

ast::Call ExpressionBuilder::build(TdParser::StageContext* context) {
  ast::Call call{.callee = name(context->name()),
                 .arguments = {},
                 .brackets = std::nullopt,
                 .path = std::nullopt,
                 .range = range(context)};
  if (auto* brackets = context->call()) add_arguments(brackets, call);
  if (auto* as = context->asPath()) call.path = build(as);
  return call;
}

ast::ExprPtr ExpressionBuilder::build(TdParser::PostfixContext* context) {
  const auto& children = context->children;
  const Level level(piece_, children.size() - 1);
  if (level.is_too_deep()) return too_deep(range(context));
  ast::ExprPtr result = build(static_cast<TdParser::PrimaryContext*>(children[0]));
  for (size_t i = 1; i < children.size(); ++i) {
    const SourceRange whole = span(range(context), range(children[i]));
    if (auto* call = dynamic_cast<TdParser::CallContext*>(children[i])) {
      result = called(std::move(result), children[i - 1], call, whole);
    } else if (auto* index = dynamic_cast<TdParser::IndexContext*>(children[i])) {
      result = indexed(std::move(result), index, whole);
    } else {
      auto* as = static_cast<TdParser::AsPathContext*>(children[i]);
      auto* named = std::get_if<ast::Call>(&result->kind);
      if (named == nullptr || i == 1) {
        piece_.diagnostics.report(range(as->children[0]), diag::as_no_call)
            .highlight(result->range);
        continue;
      }
      named->path = build(as);
      named->range = result->range = whole;
    }
  }
  return result;
}

ast::ExprPtr ExpressionBuilder::called(ast::ExprPtr callee, const antlr4::tree::ParseTree* written,
                                       TdParser::CallContext* brackets, SourceRange whole) {
  const auto* primary = dynamic_cast<const TdParser::PrimaryContext*>(written);
  const bool is_name =
      primary != nullptr && const_cast<TdParser::PrimaryContext*>(primary)->name() != nullptr;
  if (!is_name) {
    piece_.diagnostics.report(callee->range, diag::callee_no_name).highlight(range(brackets));
    return callee;
  }
  ast::Call call{.callee = std::get<ast::Name>(callee->kind),
                 .arguments = {},
                 .brackets = std::nullopt,
                 .path = std::nullopt,
                 .range = whole};
  add_arguments(brackets, call);
  return make_expr(whole, std::move(call));
}

ast::ExprPtr ExpressionBuilder::indexed(ast::ExprPtr base, TdParser::IndexContext* context,
                                        SourceRange whole) {
  check_line(context->start, "an index");
  ast::Index index{.base = std::move(base), .subscripts = {}, .brackets = range(context)};
  for (auto* subscript : context->subscript()) index.subscripts.push_back(build(subscript));
  return make_expr(whole, std::move(index));
}

void ExpressionBuilder::add_arguments(TdParser::CallContext* context, ast::Call& call) {
  check_line(context->start, "a call");
  call.brackets = range(context);
  for (auto* argument : context->argument()) call.arguments.push_back(build(argument));
}

ast::Argument ExpressionBuilder::build(TdParser::ArgumentContext* context) {
  ast::Argument argument{.label = std::nullopt, .value = nullptr, .range = range(context)};
  if (auto* label = context->anyName()) argument.label = name(label);
  argument.value = build(context->expr());
  return argument;
}

ast::Subscript ExpressionBuilder::build(TdParser::SubscriptContext* context) {
  const SourceRange place = range(context);
  ast::ExprPtr first = context->expr() != nullptr ? build(context->expr()) : nullptr;
  if (TdParser::SliceRestContext* rest = context->sliceRest()) {
    ast::Slice slice = {.begin = std::move(first), .end = nullptr, .step = nullptr};
    int colons = 0;
    for (auto* child : rest->children) {
      if (auto* expr = dynamic_cast<TdParser::ExprContext*>(child))
        (colons == 1 ? slice.end : slice.step) = build(expr);
      else
        ++colons;
    }
    return {.kind = std::move(slice), .range = place};
  }
  if (first == nullptr) return {.kind = ast::LeadingAxes{}, .range = place};
  return {.kind = std::move(first), .range = place};
}

ast::ExprPtr ExpressionBuilder::build(TdParser::PrimaryContext* context) {
  const SourceRange place = range(context);
  const auto& children = context->children;
  if (auto* number = context->number()) return make_expr(place, this->number(number));
  if (auto* literal = context->STRING()) return make_expr(place, string(literal));
  if (auto* word = context->name()) return make_expr(place, name(word));
  const std::string first = sign(children[0]);
  if (first == "true" || first == "false")
    return make_expr(place, ast::Bool{.value = first == "true"});

  const std::vector<TdParser::ExprContext*> expressions = context->expr();
  // A comma makes a tuple (expr-6); behind the last element of two or more it says nothing
  // (lex-11).
  const bool has_comma =
      std::ranges::any_of(children, [](auto* child) { return sign(child) == ","; });
  if (first == "(" && !has_comma) return build(expressions[0]);
  std::vector<ast::ExprPtr> elements;
  for (auto* element : expressions) elements.push_back(build(element));
  if (first == "(") return make_expr(place, ast::Tuple{.elements = std::move(elements)});
  return make_expr(place, ast::List{.elements = std::move(elements)});
}

ast::CallPath ExpressionBuilder::build(TdParser::AsPathContext* context) {
  ast::CallPath path = build(context->callPath());
  if (context->children.size() > 2) path.shared = range(context->children[2]);
  return path;
}

ast::CallPath ExpressionBuilder::build(TdParser::CallPathContext* context) {
  ast::CallPath path{.pieces = {}, .shared = std::nullopt, .range = range(context)};
  for (auto* child : context->children) {
    if (auto* segment = dynamic_cast<TdParser::SegmentContext*>(child)) {
      for (ast::Name& part : segments(range(segment))) path.pieces.emplace_back(std::move(part));
    } else if (auto* index = dynamic_cast<TdParser::ExprContext*>(child)) {
      path.pieces.emplace_back(build(index));
    } else if (auto* node = dynamic_cast<antlr4::tree::TerminalNode*>(child); sign(node) == "[") {
      check_line(node->getSymbol(), "an index");
    }
  }
  return path;
}

}  // namespace tdc::antlr
