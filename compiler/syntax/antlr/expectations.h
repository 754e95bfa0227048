#pragma once

// What a syntax error says that was expected: the grammar's automaton is run from the start of the
// abandoned piece to the error, so that messages can speak of "an expression" instead of thirty
// tokens.

#include <string>
#include <vector>

#include "syntax/antlr/stream.h"

namespace tdc::antlr {

/// How messages call what a rule of the grammar matches; null: they speak of its parts.
const char* phrase_of(size_t rule);

/// What the grammar allows behind some tokens.
struct Expected {
  std::vector<std::string> phrases;  // "a name", "`,`"; without what continues an expression
  bool continues = false;            // an operator could come
  bool names = false;                // a name could come

  /// All of it in words: "a name or `,`".
  [[nodiscard]] std::string words() const;
};

/// What may follow `types`, the tokens that `context`'s rule has seen.
Expected expected_behind(TdParser& parser, const ParserRuleContext* context,
                         const std::vector<size_t>& types);

/// The words by which a rule may go on at `state`.
std::vector<std::string> words_at(TdParser& parser, antlr4::atn::ATNState* state);

}  // namespace tdc::antlr
