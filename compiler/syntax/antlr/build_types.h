#pragma once

#include "syntax/antlr/build_expressions.h"

namespace tdc::antlr {

/// Types and shapes (type-1 to type-3).
class TypeBuilder : public TreeReader {
 public:
  explicit TypeBuilder(Piece& piece) : TreeReader(piece), expressions_(piece) {}

  ast::Type build(TdParser::TypeExprContext* context);

 private:
  ast::Type build(TdParser::NamedTypeContext* context);
  ast::Type build(TdParser::TupleTypeContext* context);
  ast::Type build(TdParser::BlockTypeContext* context);
  ast::Shape build(
      TdParser::ShapeContext* context);  // `..` anywhere; `check` wants it first (type-2)

  ExpressionBuilder expressions_;
};

}  // namespace tdc::antlr
