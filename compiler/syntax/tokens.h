#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "diag/diagnostic.h"
#include "support/source.h"

namespace tdc {

enum class TokenKind : uint8_t {
  kWord,
  kInteger,
  kFloat,
  kQuantity,  // a number with its unit
  kString,
  kOpenString,  // a string that its line ends before its quote
  kSign,        // brackets, operators, commas
  kDoc,
  kComment,
  kUnknown,  // a byte that starts nothing
  kEnd,
};

/// A token of any kind, comments included (lex-8). Blanks are not tokens.
struct Token {
  TokenKind kind;
  SourceRange range;
  uint32_t line;           // on which it starts, from 1
  bool is_first_on_line;   // nothing but blanks before it
  int depth = 0;           // brackets around it; a bracket lies outside of itself
  bool has_error = false;  // reported; parse errors of its line are only its consequences
};

/// The tokens of a source file are limited too, because every one costs memory in the parser
/// (lex-12).
inline constexpr int64_t kMostTokens = 250'000;

/// Checks what can be said of tokens before parsing: number of them, unknown characters, open
/// strings, what stands directly behind a number, pairs of brackets and their nesting (lex-2 ..
/// lex-12). Fills in `depth` and `has_error`.
struct TokenChecks {
  bool may_parse = true;                 // false: too many or too deep, the parser must not run
  std::optional<uint32_t> brackets_end;  // offset from which on brackets do not fit together
};
TokenChecks check_tokens(const SourceFiles& files, std::vector<Token>& tokens,
                         Diagnostics& diagnostics);

}  // namespace tdc
