#pragma once

#include <antlr4-runtime.h>

#include <string>
#include <string_view>
#include <vector>

#include "TdLexer.h"
#include "TdParser.h"
#include "support/source.h"
#include "syntax/tokens.h"

namespace tdc::antlr {

using antlr4::ParserRuleContext;

/// The bytes [begin, end) of a source file as ANTLR's input, so that its positions are our offsets.
class ByteStream : public antlr4::CharStream {
 public:
  ByteStream(std::string_view text, size_t begin, size_t end)
      : text_(text.substr(0, end)), position_(begin) {}

  void consume() override { ++position_; }
  size_t LA(ssize_t i) override {
    const auto at = static_cast<size_t>(static_cast<ssize_t>(position_) + (i < 0 ? i : i - 1));
    return at < text_.size() ? static_cast<unsigned char>(text_[at]) : EOF;
  }
  ssize_t mark() override { return -1; }
  void release(ssize_t) override {}
  size_t index() override { return position_; }
  void seek(size_t index) override { position_ = index; }
  size_t size() override { return text_.size(); }
  std::string getSourceName() const override { return "source"; }
  std::string getText(const antlr4::misc::Interval& interval) override {
    const auto begin = static_cast<size_t>(interval.a);
    if (begin >= text_.size()) return {};
    return std::string(text_.substr(begin, static_cast<size_t>(interval.b) + 1 - begin));
  }
  std::string toString() const override { return std::string(text_); }

 private:
  std::string_view text_;
  size_t position_;
};

/// A piece of source on its way through ANTLR. The parser's trees live as long as this.
struct Stream {
  Stream(std::string_view text, size_t begin, size_t end)
      : bytes(text, begin, end), lexer(&bytes), tokens(&lexer), parser(&tokens) {
    lexer.removeErrorListeners();
    parser.removeErrorListeners();
    tokens.fill();
  }
  ByteStream bytes;
  TdLexer lexer;
  antlr4::CommonTokenStream tokens;
  TdParser parser;
};

/// Our view of the tokens, at the same indices as ANTLR's. What must not reach the parser is hidden
/// from it: unknown characters go, and with a `#`, which starts a comment elsewhere, what stands
/// behind it on its line; an open string counts as a string.
std::vector<Token> take_tokens(const SourceFiles& files, FileId file, Stream& stream);

/// Whether `text` starts like a word (lex-3).
bool is_word(std::string_view text);

/// From the start of `first` to the end of `last`; the end of the file is empty.
SourceRange range_of(FileId file, const antlr4::Token* first, const antlr4::Token* last);

}  // namespace tdc::antlr
