#include "syntax/antlr/recovery.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <set>
#include <string>
#include <string_view>

#include "support/text.h"
#include "syntax/antlr/expectations.h"
#include "syntax/literals.h"
#include "syntax/source_checks.h"

namespace tdc::antlr {

namespace {

/// For the first, fast run: the first error ends it.
class StopAtError : public antlr4::BailErrorStrategy {
 public:
  void recover(antlr4::Parser*, std::exception_ptr) override {
    throw antlr4::ParseCancellationException();
  }
  antlr4::Token* recoverInline(antlr4::Parser*) override {
    throw antlr4::ParseCancellationException();
  }
};

/// Whether an error within `rule` ends there: the rule is abandoned and its caller goes on behind
/// it.
bool catches_errors(size_t rule) {
  switch (rule) {
    case TdParser::RuleFile:
    case TdParser::RuleQuoted:
    case TdParser::RuleItem:
    case TdParser::RuleStatement:
    case TdParser::RuleTrainClause:
    case TdParser::RuleDeployClause:
    case TdParser::RuleChipClause:
    case TdParser::RuleDataClause:
    case TdParser::RuleWeightsEntry:
    case TdParser::RuleParameter:
      return true;
    default:
      return false;
  }
}

/// Whether `rule` consists of repeated pieces between which unexpected tokens can be skipped.
bool is_list(size_t rule) {
  switch (rule) {
    case TdParser::RuleFile:
    case TdParser::RuleBody:
    case TdParser::RuleTrainDecl:
    case TdParser::RuleDeployDecl:
    case TdParser::RuleChipDecl:
    case TdParser::RuleDataDecl:
    case TdParser::RuleWeightsDecl:
      return true;
    default:
      return false;
  }
}

/// Reports all errors in our own words.
///
/// An exception rises from rule to rule, untouched, until a rule of `catches_errors`; so a tree
/// without an exception of its own has none below it, except in pieces of lists, which carry
/// theirs.
class Recovery : public antlr4::ANTLRErrorStrategy {
 public:
  Recovery(const SourceFiles& files, const std::vector<Token>& tokens, const TokenChecks& checks,
           Diagnostics& diagnostics)
      : files_(files), tokens_(tokens), checks_(checks), diagnostics_(diagnostics) {
    for (const Token& token : tokens)
      if (token.has_error) bad_lines_.insert(token.line);
  }

  void reset(antlr4::Parser*) override {}
  bool inErrorRecoveryMode(antlr4::Parser*) override { return false; }
  void reportMatch(antlr4::Parser*) override {}

  antlr4::Token* recoverInline(antlr4::Parser* parser) override {
    throw antlr4::InputMismatchException(parser);
  }

  void reportError(antlr4::Parser* parser, const antlr4::RecognitionException& error) override {
    const ParserRuleContext* context = parser->getContext();
    if (!catches_errors(context->getRuleIndex())) return;  // an outer rule will
    report(parser, context, error.getOffendingToken()->getTokenIndex());
  }

  void recover(antlr4::Parser* parser, std::exception_ptr error) override {
    const ParserRuleContext* context = parser->getContext();
    const size_t rule = context->getRuleIndex();
    if (!catches_errors(rule)) std::rethrow_exception(error);
    const size_t start = context->start->getTokenIndex();
    if (rule == TdParser::RuleParameter) {
      skip_to_separator(parser, tokens_[start].depth);
    } else if (rule == TdParser::RuleFile || rule == TdParser::RuleQuoted) {
      while (parser->getCurrentToken()->getType() != antlr4::Token::EOF) parser->consume();
    } else {
      skip_to_next(parser, start, nullptr);
    }
  }

  /// Between the pieces of a list: reports and skips what starts no piece.
  void sync(antlr4::Parser* parser) override {
    antlr4::atn::ATNState* state = parser->getATN().states[parser->getState()];
    const size_t kind = state->getStateType();
    const bool is_loop = kind == antlr4::atn::ATNState::STAR_LOOP_ENTRY ||
                         kind == antlr4::atn::ATNState::STAR_LOOP_BACK;
    if (!is_loop || !is_list(parser->getContext()->getRuleIndex())) return;
    const antlr4::misc::IntervalSet pieces = parser->getATN().nextTokens(state);
    if (pieces.contains(parser->getCurrentToken()->getType())) return;
    const size_t at = parser->getCurrentToken()->getTokenIndex();
    if (tokens_[at].kind == TokenKind::kEnd) return;  // the list is not closed, which is reported
    report_between(parser, state, at);
    skip_to_next(parser, at, &pieces);
  }

 private:
  static size_t type_at(antlr4::Parser* parser, size_t index) {
    return parser->getTokenStream()->get(index)->getType();
  }

  /// Moves behind the piece that starts at `start`: to the next token outside of its brackets that
  /// starts a line with a word or closes the list. `pieces` restricts the words.
  void skip_to_next(antlr4::Parser* parser, size_t start, const antlr4::misc::IntervalSet* pieces) {
    const int depth = tokens_[start].depth;
    while (parser->getCurrentToken()->getType() != antlr4::Token::EOF) {
      const size_t at = parser->getCurrentToken()->getTokenIndex();
      const Token& token = tokens_[at];
      if (token.depth < depth) return;
      const bool is_new = at > start && token.depth == depth && token.is_first_on_line &&
                          token.kind == TokenKind::kWord && !is_reserved_inside(token);
      if (is_new && (pieces == nullptr || pieces->contains(type_at(parser, at)))) return;
      parser->consume();
    }
  }

  /// Words that never start a statement.
  bool is_reserved_inside(const Token& token) const {
    static const std::set<std::string_view> words = {"and", "as", "else", "false",
                                                     "not", "or", "true"};
    return words.contains(files_.text(token.range));
  }

  /// Moves to the comma or bracket that ends a parameter which started at `depth`.
  void skip_to_separator(antlr4::Parser* parser, int depth) {
    while (parser->getCurrentToken()->getType() != antlr4::Token::EOF) {
      const Token& token = tokens_[parser->getCurrentToken()->getTokenIndex()];
      const bool is_comma = token.depth == depth && files_.text(token.range) == ",";
      if (is_comma || token.depth < depth) return;
      parser->consume();
    }
  }

  /// The last token that the parser saw before `index`; null at the start.
  const Token* before(antlr4::Parser* parser, size_t index) const {
    while (index > 0) {
      const antlr4::Token* token = parser->getTokenStream()->get(--index);
      if (token->getChannel() == antlr4::Token::DEFAULT_CHANNEL) return &tokens_[index];
    }
    return nullptr;
  }

  /// The types of the tokens in [begin, end) that the parser sees.
  static std::vector<size_t> types_between(antlr4::Parser* parser, size_t begin, size_t end) {
    std::vector<size_t> types;
    for (size_t i = begin; i < end; ++i) {
      const antlr4::Token* token = parser->getTokenStream()->get(i);
      if (token->getChannel() == antlr4::Token::DEFAULT_CHANNEL) types.push_back(token->getType());
    }
    return types;
  }

  /// An error at token `at`, within a piece that `context` stands for.
  void report(antlr4::Parser* parser, const ParserRuleContext* context, size_t at) {
    if (is_silenced(at)) return;
    const size_t start = context->start->getTokenIndex();
    const std::vector<size_t> types = types_between(parser, start, std::max(start, at));
    // `x = 3 y`: the piece `y` is no piece at all, but a mistake behind `3`.
    const size_t rule = context->getRuleIndex();
    if (types.size() == 1 && rule != TdParser::RuleParameter && !tokens_[start].is_first_on_line &&
        is_behind_expression(parser, start)) {
      report_found(parser, start, behind_expression(phrase_of(rule)));
      return;
    }
    constexpr size_t kMostTokensBehind = 10'000;  // a longer piece is not run through again
    const Expected expected =
        types.size() <= kMostTokensBehind
            ? expected_behind(dynamic_cast<TdParser&>(*parser), context, types)
            : Expected{};
    // Behind a wrong parameter nothing of the declaration is known any more, and enough is said.
    const bool is_known = expected.continues || !expected.phrases.empty();
    if (is_known || types.size() > kMostTokensBehind) report_known(parser, at, expected);
  }

  /// What may follow an expression when the next piece of the list is `piece`.
  static std::string behind_expression(std::string_view piece) {
    return fmt::format("an operator or a new {}", piece.substr(piece.find(' ') + 1));
  }

  /// An error at token `at`, which starts no piece of the list that the parser is in.
  void report_between(antlr4::Parser* parser, antlr4::atn::ATNState* state, size_t at) {
    if (is_silenced(at)) return;
    const size_t rule = parser->getContext()->getRuleIndex();
    const char* piece = rule == TdParser::RuleFile          ? "a declaration"
                        : rule == TdParser::RuleBody        ? "a statement"
                        : rule == TdParser::RuleWeightsDecl ? "a pattern"
                                                            : "a clause";
    if (!tokens_[at].is_first_on_line && is_behind_expression(parser, at)) {
      if (report_special(parser, at, {.phrases = {}, .continues = true, .names = false})) return;
      report_found(parser, at, behind_expression(piece));
      return;
    }
    const std::string what = rule == TdParser::RuleFile ? piece : std::string(piece) + " or `}`";
    if (report_special(parser, at, {.phrases = {what}, .continues = false, .names = false})) return;
    const std::string found(files_.text(tokens_[at].range));
    auto message = report_found(parser, at, what);
    if (tokens_[at].kind != TokenKind::kWord || rule == TdParser::RuleBody) return;
    if (const auto word = nearest(found, words_at(dynamic_cast<TdParser&>(*parser), state)))
      message.hint(diag::hint_did_you_mean, *word);
  }

  /// Whether the token before `at` may end an expression.
  bool is_behind_expression(antlr4::Parser* parser, size_t at) const {
    const Token* last = before(parser, at);
    if (last == nullptr) return false;
    if (last->kind != TokenKind::kSign) return true;
    const std::string_view sign = files_.text(last->range);
    return sign == ")" || sign == "]";
  }

  /// Errors that other errors explain: at or behind brackets that do not fit, on a line with a
  /// wrong token, or at the same place.
  bool is_silenced(size_t at) {
    const Token& token = tokens_[at];
    if (checks_.brackets_end && token.range.begin >= *checks_.brackets_end) return true;
    if (bad_lines_.contains(token.line)) return true;
    if (errors_ > kMostSyntaxErrors || !reported_.insert(at).second) return true;
    if (++errors_ <= kMostSyntaxErrors) return false;
    diagnostics_.report(token.range, diag::too_many_errors, kMostSyntaxErrors);
    return true;
  }

  void report_known(antlr4::Parser* parser, size_t at, const Expected& expected) {
    if (report_special(parser, at, expected)) return;
    const Token& token = tokens_[at];
    auto message = report_found(parser, at, expected.words());
    if (expected.continues && files_.text(token.range) == "=")
      message.hint(diag::hint_compare_with);
  }

  /// Mistakes that have a message of their own.
  bool report_special(antlr4::Parser* parser, size_t at, const Expected& expected) {
    static const std::set<std::string_view> comparisons = {"==", "!=", "<", "<=", ">", ">="};
    const Token& token = tokens_[at];
    const std::string text(files_.text(token.range));
    const Token* last = before(parser, at);
    const bool touches = last != nullptr && last->range.end == token.range.begin;
    if (last != nullptr && (last->kind == TokenKind::kInteger || last->kind == TokenKind::kFloat) &&
        std::ranges::find(unit_names(), text) != unit_names().end()) {
      diagnostics_.report(token.range, diag::unit_place, text).highlight(last->range);
    } else if (text == "." && ((touches && last->kind == TokenKind::kInteger) ||
                               tokens_[at + 1].kind == TokenKind::kInteger)) {
      const bool is_before = touches && last->kind == TokenKind::kInteger;
      SourceRange range = token.range;
      if (is_before) range.begin = last->range.begin;
      if (!is_before) range.end = tokens_[at + 1].range.end;
      diagnostics_.report(range, diag::float_form);
    } else if (expected.continues && comparisons.contains(text)) {
      diagnostics_.report(token.range, diag::comparison_chain)
          .hint(diag::hint_write_instead, "`a < b and b < c`");
    } else if (expected.names && !expected.continues && is_reserved(parser, at) &&
               (last == nullptr || last->line == token.line)) {
      report_reserved(token);
    } else if (is_used_as_name(parser, at, expected)) {
      report_reserved(*last);
    } else if (touches && (text == "*" || text == "**" || text == "{") && is_in_selection(parser)) {
      diagnostics_.report(token.range, diag::pattern_partial, text);
    } else {
      return false;
    }
    return true;
  }

  /// Whether the token before `at` is a reserved word that was meant as a name: `state = f(x)`,
  /// `f(state, 1)`, where the grammar can only see the start of a statement or a label.
  bool is_used_as_name(antlr4::Parser* parser, size_t at, const Expected& expected) const {
    const Token* last = before(parser, at);
    if (last == nullptr || !is_reserved(parser, static_cast<size_t>(last - tokens_.data())))
      return false;
    const std::string_view text = files_.text(tokens_[at].range);
    const bool is_label = expected.phrases == std::vector<std::string>{"`:`"};
    return is_label ? text == "," || text == ")" : expected.names && text == "=";
  }

  /// Once for each word: who gives it to something uses it, too.
  void report_reserved(const Token& token) {
    const std::string text(files_.text(token.range));
    if (reserved_.insert(text).second) diagnostics_.report(token.range, diag::reserved_word, text);
  }

  static bool is_reserved(antlr4::Parser* parser, size_t at) {
    static const antlr4::misc::IntervalSet words = [parser] {
      const antlr4::atn::ATN& automaton = parser->getATN();
      return automaton.nextTokens(automaton.ruleToStartState[TdParser::RuleReservedWord]);
    }();
    return words.contains(type_at(parser, at));
  }

  /// Whether the clause that the parser is in, or has just left, holds a selection.
  static bool is_in_selection(antlr4::Parser* parser) {
    const ParserRuleContext* context = parser->getContext();
    if (context->getRuleIndex() == TdParser::RuleWeightsEntry) return true;
    const antlr4::tree::ParseTree* clause = context;
    if (context->getRuleIndex() == TdParser::RuleTrainDecl) clause = context->children.back();
    const auto* found = dynamic_cast<const TdParser::TrainClauseContext*>(clause);
    if (found == nullptr || found->children.empty()) return false;
    const auto* form = dynamic_cast<const ParserRuleContext*>(found->children.front());
    static const std::set<size_t> forms = {TdParser::RuleFreezeClause,
                                           TdParser::RuleTrainableClause, TdParser::RuleLoraClause,
                                           TdParser::RuleQuantizeClause};
    return form != nullptr && forms.contains(form->getRuleIndex());
  }

  /// "expected ..., found ...": at the token, or behind the line that should have gone on.
  Diagnostics::Report report_found(antlr4::Parser* parser, size_t at, const std::string& expected) {
    const Token& token = tokens_[at];
    const Token* last = before(parser, at);
    SourceRange range = token.range;
    std::string found = fmt::format("`{}`", files_.text(range).substr(0, 40));
    if (token.kind == TokenKind::kEnd) {
      // A quoted expression ends at a brace, a file at nothing.
      const std::string_view rest = files_.text(range.file).substr(range.begin);
      found = rest.empty() ? "the end of the file" : fmt::format("`{}`", rest.substr(0, 1));
    }
    if (last != nullptr && last->line != token.line && token.kind != TokenKind::kEnd &&
        expected.find("a declaration") == std::string::npos &&
        expected.find("a statement") == std::string::npos &&
        expected.find("a clause") == std::string::npos) {
      found = "the end of the line";
      range.begin = range.end = last->range.end;
    }
    return diagnostics_.report(range, diag::syntax, expected, found);
  }

  const SourceFiles& files_;
  const std::vector<Token>& tokens_;
  const TokenChecks& checks_;
  Diagnostics& diagnostics_;
  std::set<uint32_t> bad_lines_;
  std::set<size_t> reported_;
  std::set<std::string> reserved_;  // words that were reported
  int errors_ = 0;
};

}  // namespace

std::shared_ptr<antlr4::ANTLRErrorStrategy> stop_at_error() {
  return std::make_shared<StopAtError>();
}

std::shared_ptr<antlr4::ANTLRErrorStrategy> recovery(const SourceFiles& files,
                                                     const std::vector<Token>& tokens,
                                                     const TokenChecks& checks,
                                                     Diagnostics& diagnostics) {
  return std::make_shared<Recovery>(files, tokens, checks, diagnostics);
}

}  // namespace tdc::antlr
