#include "syntax/antlr/build_selections.h"

#include <string>
#include <variant>

namespace tdc::antlr {

ast::Selection SelectionBuilder::build(TdParser::SelectionContext* context) {
  ast::Selection selection{.patterns = {}, .range = range(context)};
  for (auto* selected : context->selected()) {
    ast::Pattern pattern = build(selected->pattern());
    if (selected->children.size() > 1) {
      pattern.negation = range(selected->children[0]);
      pattern.range = range(selected);
      if (selection.patterns.empty())
        piece_.diagnostics.report(*pattern.negation, diag::pattern_negation);
    }
    selection.patterns.push_back(std::move(pattern));
  }
  return selection;
}

ast::Pattern SelectionBuilder::build(TdParser::PatternContext* context) {
  ast::Pattern pattern{.negation = std::nullopt, .pieces = {}, .range = range(context)};
  for (auto* piece : context->piece()) {
    if (!pattern.pieces.empty()) check_no_slice(pattern.pieces.back());
    add_piece(piece, pattern);
  }
  return pattern;
}

void SelectionBuilder::check_no_slice(const ast::PatternPiece& piece) {
  for (const ast::Pick& pick : piece.picks)
    if (pick.kind == ast::Pick::Kind::kSlice)
      piece_.diagnostics.report(pick.range, diag::pattern_slice);
}

void SelectionBuilder::add_piece(TdParser::PieceContext* context, ast::Pattern& pattern) {
  auto* first = context->children[0];
  const std::string word = sign(first);
  std::vector<ast::PatternPiece> pieces;
  if (word == "*") {
    pieces.push_back({.kind = ast::AnySegment{}, .picks = {}, .range = range(first)});
  } else if (word == "**") {
    pieces.push_back({.kind = ast::AnyPath{}, .picks = {}, .range = range(first)});
  } else if (word == "{") {
    ast::Alternatives alternatives;
    for (auto* alternative : context->pattern())
      alternatives.patterns.push_back(build(alternative));
    const SourceRange place = range(context);
    pieces.push_back({.kind = std::move(alternatives), .picks = {}, .range = place});
  } else {
    for (ast::Name& segment : segments(range(first)))
      pieces.push_back({.kind = std::move(segment.text), .picks = {}, .range = segment.range});
  }
  if (auto* picks = context->picks()) {
    check_line(picks->start, "an index");
    for (auto* pick : picks->pick()) pieces.back().picks.push_back(build(pick));
    if (pieces.back().picks.size() > 1) check_no_slice(pieces.back());
    pieces.back().range.end = range(context).end;
  }
  for (ast::PatternPiece& piece : pieces) pattern.pieces.push_back(std::move(piece));
}

ast::Pick SelectionBuilder::build(TdParser::PickContext* context) {
  using Kind = ast::Pick::Kind;
  ast::Pick pick{.kind = Kind::kIndex, .begin = {}, .end = {}, .range = range(context)};
  for (auto* child : context->children) {
    auto* node = dynamic_cast<antlr4::tree::TerminalNode*>(child);
    if (sign(node) == "..") {
      pick.kind = Kind::kRange;
    } else if (sign(node) == ":") {
      pick.kind = Kind::kSlice;
    } else {
      (pick.kind == Kind::kIndex ? pick.begin : pick.end) = std::get<int64_t>(integer(node).value);
    }
  }
  return pick;
}

}  // namespace tdc::antlr
