#pragma once

#include <string>
#include <vector>

#include "diag/diagnostic.h"
#include "support/source.h"
#include "syntax/antlr/stream.h"
#include "syntax/ast.h"
#include "syntax/tokens.h"

namespace tdc::antlr {

/// A piece of source whose parse tree becomes syntax, and what is known of it on the way.
struct Piece {
  const SourceFiles& files;
  FileId file;
  const std::vector<Token>& tokens;
  Diagnostics& diagnostics;
  std::vector<bool> is_claimed =
      std::vector<bool>(tokens.size());  ///< docs that belong to a piece, by token
  size_t level = 0;                      ///< operators, calls and indices on the way from the root
};

/// What every builder reads off the parse tree: places, words, literals, comments.
class TreeReader {
 public:
  explicit TreeReader(Piece& piece) : piece_(piece) {}

  /// Only trees without an exception are turned into syntax.
  static bool is_whole(const ParserRuleContext* context) { return context->exception == nullptr; }

  SourceRange range(const ParserRuleContext* context) const;
  SourceRange range(antlr4::tree::TerminalNode* node) const;
  SourceRange range(const antlr4::tree::ParseTree* child) const;
  /// From the start of `first` to the end of `last`.
  static SourceRange span(SourceRange first, SourceRange last);
  std::string text(SourceRange range) const;
  template <typename Tree>
  ast::Name name(Tree* tree) const {
    const SourceRange place = range(tree);
    return {.text = text(place), .range = place};
  }
  /// The text of a terminal child; empty for a rule.
  static std::string sign(const antlr4::tree::ParseTree* child);
  void report_doc(const Token& token);
  /// The doc comment directly before a piece, its lines joined, without `///` and the blank behind
  /// (lex-9).
  std::string doc(const ParserRuleContext* context);
  /// The bracket of `what` at `node` stands on the line on which the token before it ends (lex-10).
  void check_line(const antlr4::Token* bracket, const char* what);
  ast::Number integer(antlr4::tree::TerminalNode* node);
  ast::Number number(TdParser::NumberContext* context);
  ast::String string(antlr4::tree::TerminalNode* node);
  /// A segment of a path. In `features.0.1.weight` the lexer sees the float `0.1`: two segments
  /// (path-2).
  std::vector<ast::Name> segments(SourceRange place);

 protected:
  Piece& piece_;
};

}  // namespace tdc::antlr
