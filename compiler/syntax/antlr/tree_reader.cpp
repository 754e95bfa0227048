#include "syntax/antlr/tree_reader.h"

#include <fmt/format.h>

#include "syntax/literals.h"

namespace tdc::antlr {

SourceRange TreeReader::range(const ParserRuleContext* context) const {
  return range_of(piece_.file, context->start, context->stop);
}

SourceRange TreeReader::range(antlr4::tree::TerminalNode* node) const {
  return range_of(piece_.file, node->getSymbol(), node->getSymbol());
}

SourceRange TreeReader::range(const antlr4::tree::ParseTree* child) const {
  if (const auto* context = dynamic_cast<const ParserRuleContext*>(child)) return range(context);
  return range(const_cast<antlr4::tree::TerminalNode*>(
      dynamic_cast<const antlr4::tree::TerminalNode*>(child)));
}

SourceRange TreeReader::span(SourceRange first, SourceRange last) {
  return {.file = first.file, .begin = first.begin, .end = last.end};
}

std::string TreeReader::text(SourceRange range) const {
  return std::string(piece_.files.text(range));
}

std::string TreeReader::sign(const antlr4::tree::ParseTree* child) {
  const auto* node = dynamic_cast<const antlr4::tree::TerminalNode*>(child);
  return node == nullptr ? ""
                         : const_cast<antlr4::tree::TerminalNode*>(node)->getSymbol()->getText();
}

void TreeReader::report_doc(const Token& token) {
  piece_.diagnostics.report(token.range, diag::doc_place).hint(diag::hint_plain_comment);
}

std::string TreeReader::doc(const ParserRuleContext* context) {
  std::vector<std::string> lines;
  for (size_t i = context->start->getTokenIndex(); i > 0; --i) {
    const Token& token = piece_.tokens[i - 1];
    if (token.kind != TokenKind::kDoc && token.kind != TokenKind::kComment) break;
    if (token.kind == TokenKind::kComment) continue;
    piece_.is_claimed[i - 1] = true;
    if (!token.is_first_on_line) report_doc(token);
    std::string line = text(token.range).substr(3);
    if (line.starts_with(' ')) line.erase(0, 1);
    line.erase(line.find_last_not_of(" \t") + 1);
    lines.insert(lines.begin(), std::move(line));
  }
  return fmt::format("{}", fmt::join(lines, "\n"));
}

void TreeReader::check_line(const antlr4::Token* bracket, const char* what) {
  size_t last = bracket->getTokenIndex() - 1;
  while (piece_.tokens[last].kind == TokenKind::kComment ||
         piece_.tokens[last].kind == TokenKind::kDoc)
    --last;
  if (piece_.tokens[last].line != bracket->getLine())
    piece_.diagnostics.report(range_of(piece_.file, bracket, bracket), diag::bracket_line, what);
}

ast::Number TreeReader::integer(antlr4::tree::TerminalNode* node) {
  const SourceRange place = range(node);
  return decode_number(piece_.files.text(place), place, piece_.diagnostics);
}

ast::Number TreeReader::number(TdParser::NumberContext* context) {
  const SourceRange place = range(context);
  return decode_number(piece_.files.text(place), place, piece_.diagnostics);
}

ast::String TreeReader::string(antlr4::tree::TerminalNode* node) {
  const SourceRange place = range(node);
  return decode_string(piece_.files.text(place), place, piece_.diagnostics);
}

std::vector<ast::Name> TreeReader::segments(SourceRange place) {
  ast::Name whole{.text = text(place), .range = place};
  if (is_word(whole.text)) return {whole};
  const size_t point = whole.text.find('.');
  if (whole.text.find_first_not_of("0123456789.") != std::string::npos)
    piece_.diagnostics.report(place, diag::path_number, whole.text);
  if (point == std::string::npos) return {whole};
  ast::Name second{.text = whole.text.substr(point + 1), .range = place};
  whole.range.end = place.begin + static_cast<uint32_t>(point);
  second.range.begin = whole.range.end + 1;
  whole.text.resize(point);
  return {whole, second};
}

}  // namespace tdc::antlr
