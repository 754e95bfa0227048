#pragma once

#include "syntax/antlr/tree_reader.h"

namespace tdc::antlr {

/// Selections and their patterns (select-1 to select-5).
class SelectionBuilder : public TreeReader {
 public:
  using TreeReader::TreeReader;

  ast::Selection build(TdParser::SelectionContext* context);
  ast::Pattern build(TdParser::PatternContext* context);

 private:
  /// A slice stands at the end of a pattern only, and alone in its brackets (select-4).
  void check_no_slice(const ast::PatternPiece& piece);
  /// A segment, what stands for several (select-2), and what is picked below it (select-3).
  void add_piece(TdParser::PieceContext* context, ast::Pattern& pattern);
  ast::Pick build(TdParser::PickContext* context);
};

}  // namespace tdc::antlr
