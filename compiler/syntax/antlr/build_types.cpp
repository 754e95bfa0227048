#include "syntax/antlr/build_types.h"

#include <memory>

namespace tdc::antlr {

ast::Type TypeBuilder::build(TdParser::TypeExprContext* context) {
  if (auto* named = context->namedType()) return build(named);
  if (auto* tuple = context->tupleType()) return build(tuple);
  return build(context->blockType());
}

ast::Type TypeBuilder::build(TdParser::NamedTypeContext* context) {
  ast::NamedType type{.name = name(context->name()), .argument = nullptr, .shape = std::nullopt};
  if (auto* argument = context->expr()) type.argument = expressions_.build(argument);
  if (auto* shape = context->shape()) type.shape = build(shape);
  return {.range = range(context), .kind = std::move(type)};
}

ast::Type TypeBuilder::build(TdParser::TupleTypeContext* context) {
  ast::TupleType type;
  for (auto* element : context->typeExpr()) type.elements.push_back(build(element));
  return {.range = range(context), .kind = std::move(type)};
}

ast::Type TypeBuilder::build(TdParser::BlockTypeContext* context) {
  ast::BlockType type;
  for (auto* argument : context->typeExpr()) type.arguments.push_back(build(argument));
  auto* named = context->namedType();
  type.result =
      std::make_unique<ast::Type>(named != nullptr ? build(named) : build(context->tupleType()));
  return {.range = range(context), .kind = std::move(type)};
}

ast::Shape TypeBuilder::build(TdParser::ShapeContext* context) {
  ast::Shape shape{.dimensions = {}, .range = range(context)};
  for (auto* dimension : context->dimension()) {
    auto* size = dimension->expr();
    shape.dimensions.push_back(
        {.size = size != nullptr ? expressions_.build(size) : nullptr, .range = range(dimension)});
  }
  return shape;
}

}  // namespace tdc::antlr
