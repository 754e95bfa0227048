#include "syntax/antlr/stream.h"

namespace tdc::antlr {
namespace {

TokenKind kind_of(size_t type) {
  switch (type) {
    case TdLexer::INT:
      return TokenKind::kInteger;
    case TdLexer::FLOAT:
      return TokenKind::kFloat;
    case TdLexer::QUANTITY:
      return TokenKind::kQuantity;
    case TdLexer::STRING:
      return TokenKind::kString;
    case TdLexer::OPEN_STRING:
      return TokenKind::kOpenString;
    case TdLexer::DOC:
      return TokenKind::kDoc;
    case TdLexer::COMMENT:
      return TokenKind::kComment;
    case TdLexer::UNKNOWN:
      return TokenKind::kUnknown;
    case antlr4::Token::EOF:
      return TokenKind::kEnd;
    default:
      return TokenKind::kSign;
  }
}

}  // namespace

bool is_word(std::string_view text) {
  const char first = text.empty() ? ' ' : text[0];
  return first == '_' || (first >= 'a' && first <= 'z') || (first >= 'A' && first <= 'Z');
}

SourceRange range_of(FileId file, const antlr4::Token* first, const antlr4::Token* last) {
  const auto begin = static_cast<uint32_t>(first->getStartIndex());
  const bool is_end = last->getType() == antlr4::Token::EOF;
  const auto end = is_end ? begin : static_cast<uint32_t>(last->getStopIndex() + 1);
  return {.file = file, .begin = begin, .end = end};
}

std::vector<Token> take_tokens(const SourceFiles& files, FileId file, Stream& stream) {
  std::vector<Token> tokens;
  uint32_t last_line = 0;
  uint32_t hidden_line = 0;
  for (antlr4::Token* token : stream.tokens.getTokens()) {
    const SourceRange range = range_of(file, token, token);
    const auto line = static_cast<uint32_t>(token->getLine());
    TokenKind kind = kind_of(token->getType());
    if (kind == TokenKind::kSign && is_word(files.text(range))) kind = TokenKind::kWord;
    auto* writable = dynamic_cast<antlr4::WritableToken*>(token);
    const bool is_hidden = line == hidden_line && kind != TokenKind::kEnd;
    if (is_hidden) kind = TokenKind::kComment;
    if (kind == TokenKind::kUnknown && files.text(range) == "#") hidden_line = line;
    if (kind == TokenKind::kUnknown || is_hidden)
      writable->setChannel(antlr4::Token::HIDDEN_CHANNEL);
    if (kind == TokenKind::kOpenString) writable->setType(TdLexer::STRING);
    tokens.push_back(
        {.kind = kind, .range = range, .line = line, .is_first_on_line = line != last_line});
    last_line = line;
  }
  stream.tokens.seek(0);
  return tokens;
}

}  // namespace tdc::antlr
