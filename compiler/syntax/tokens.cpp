#include "syntax/tokens.h"

#include "support/text.h"
#include "syntax/ast.h"
#include "syntax/literals.h"
#include "syntax/source_checks.h"

namespace tdc {
namespace {

/// What a user who writes `character` means, if that is known.
std::string meant_by(std::string_view character) {
  if (character == "&") return "`and`";
  if (character == "|") return "`or`, or `|>` for a pipe";
  if (character == ";") return "nothing: statements need no end mark";
  if (character == "'") return "strings between `\"`";
  if (character == "#") return "comments after `//`";
  return "";
}

char closing_of(char open) {
  return open == '(' ? ')' : open == '[' ? ']' : '}';
}

class Checker {
 public:
  Checker(const SourceFiles& files, std::vector<Token>& tokens, Diagnostics& diagnostics)
      : files_(files), tokens_(tokens), diagnostics_(diagnostics) {}

  TokenChecks run() {
    const auto count = static_cast<int64_t>(tokens_.size());
    if (count > kMostTokens) {
      diagnostics_.report(tokens_[kMostTokens].range, diag::source_tokens, count, kMostTokens);
      checks_.may_parse = false;
      return checks_;
    }
    int errors = 0;
    for (size_t i = 0; i < tokens_.size(); ++i) {
      check_form(i);
      check_bracket(tokens_[i]);
      errors += tokens_[i].has_error ? 1 : 0;
      if (errors <= kMostSyntaxErrors && checks_.may_parse) continue;
      if (checks_.may_parse) {
        diagnostics_.report(tokens_[i].range, diag::too_many_errors, kMostSyntaxErrors);
        checks_.may_parse = false;
      }
      return checks_;
    }
    for (const size_t index : open_) {
      Token& token = tokens_[index];
      diagnostics_.report(token.range, diag::bracket_unclosed,
                          std::string(files_.text(token.range)));
      stop_at(token.range.begin);
    }
    return checks_;
  }

 private:
  /// Everything about one token but brackets.
  void check_form(size_t index) {
    Token& token = tokens_[index];
    if (token.kind == TokenKind::kOpenString) {
      token.has_error = true;
      diagnostics_.report(token.range, diag::string_unterminated);
    } else if (token.kind == TokenKind::kUnknown) {
      check_unknown(token);
    } else if (is_number(token)) {
      check_number(token, tokens_[index + 1]);  // the last token is the end of the file
    }
  }

  /// A character of several bytes is several unknown tokens: its first one reports it.
  void check_unknown(Token& token) {
    token.has_error = true;
    const std::string_view text = files_.text(token.range.file);
    const size_t bytes = character_bytes(text, token.range.begin);
    if (bytes == 0) return;
    SourceRange range = token.range;
    range.end = range.begin + static_cast<uint32_t>(bytes);
    auto report = diagnostics_.report(range, diag::source_character,
                                      describe_character(text, token.range.begin));
    const std::string meant = meant_by(files_.text(range));
    if (!meant.empty()) report.hint(diag::hint_write_instead, meant);
  }

  static bool is_number(const Token& token) {
    return token.kind == TokenKind::kInteger || token.kind == TokenKind::kFloat ||
           token.kind == TokenKind::kQuantity;
  }

  void check_number(Token& token, const Token& next) {
    const std::string text(files_.text(token.range));
    if (!is_well_grouped(text)) {
      token.has_error = true;
      diagnostics_.report(token.range, diag::number_grouping, text);
    }
    const bool touches = next.range.begin == token.range.end;
    if (!touches || (next.kind != TokenKind::kWord && !is_number(next))) return;
    token.has_error = true;
    const std::string suffix(files_.text(next.range));
    auto report = diagnostics_.report(next.range, diag::number_suffix, suffix, text);
    if (const auto unit = nearest(suffix, unit_names()))
      report.hint(diag::hint_did_you_mean, *unit);
  }

  void check_bracket(Token& token) {
    token.depth = static_cast<int>(open_.size());
    if (token.kind != TokenKind::kSign) return;
    const char sign = files_.text(token.range)[0];
    if (sign == '(' || sign == '[' || sign == '{') {
      open_.push_back(static_cast<size_t>(&token - tokens_.data()));
      if (open_.size() <= static_cast<size_t>(ast::kNestingLimit)) return;
      diagnostics_.report(token.range, diag::nesting_limit, ast::kNestingLimit);
      checks_.may_parse = false;
    } else if (sign == ')' || sign == ']' || sign == '}') {
      close(token, sign);
    }
  }

  /// A brace closes what was left open inside of it; any other bracket that does not fit is
  /// skipped.
  void close(Token& token, char sign) {
    if (open_.empty()) {
      token.has_error = true;
      diagnostics_.report(token.range, diag::bracket_unopened, std::string(1, sign));
      stop_at(token.range.begin);
      return;
    }
    const auto opening = [&](size_t position) { return tokens_[open_[position]].range; };
    const char innermost = files_.text(opening(open_.size() - 1))[0];
    if (closing_of(innermost) != sign) {
      token.has_error = true;
      diagnostics_
          .report(token.range, diag::bracket_mismatch, std::string(1, sign),
                  std::string(1, closing_of(innermost)))
          .note(opening(open_.size() - 1), diag::note_opened_here, std::string(1, innermost));
      stop_at(opening(open_.size() - 1).begin);
      // It closes the nearest bracket of its kind, but no body; without one it is taken for a
      // misprint.
      size_t keep = open_.size();
      const auto kind = [&] { return files_.text(opening(keep - 1))[0]; };
      while (keep > 0 && closing_of(kind()) != sign && (sign == '}' || kind() != '{')) --keep;
      if (keep == 0 || closing_of(kind()) != sign) {
        if (innermost != '{') open_.pop_back();
        return;
      }
      open_.resize(keep);
    }
    open_.pop_back();
    token.depth = static_cast<int>(open_.size());
  }

  void stop_at(uint32_t offset) {
    if (!checks_.brackets_end || offset < *checks_.brackets_end) checks_.brackets_end = offset;
  }

  const SourceFiles& files_;
  std::vector<Token>& tokens_;
  Diagnostics& diagnostics_;
  std::vector<size_t> open_;  // indices of the open brackets
  TokenChecks checks_;
};

}  // namespace

TokenChecks check_tokens(const SourceFiles& files, std::vector<Token>& tokens,
                         Diagnostics& diagnostics) {
  return Checker(files, tokens, diagnostics).run();
}

}  // namespace tdc
