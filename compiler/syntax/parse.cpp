// From text to syntax tree, and the only file that includes ANTLR.
//
//   bytes --check_source--> characters --lexer--> tokens --check_tokens--> parse tree --Builder-->
//   ast
//
// Everything the grammar cannot say well is checked around it: before the parser what must hold so
// that it neither overflows the stack nor hangs (source_checks, tokens), after it, in the Builder,
// what belongs to one construct (lines of brackets, escapes, ranges of numbers, places of `///`).
//
// Syntax errors. The parser first runs in its fast mode and stops at the first error. Only then it
// runs again with `Recovery`, which reports all errors: an error abandons the statement, clause,
// parameter or declaration that it lies in, and parsing goes on with the next one. What was
// expected is found by running the grammar's automaton from the start of the abandoned piece to the
// error (`Expectation`), so that messages can speak of "an expression" instead of thirty tokens.

#include "syntax/parse.h"

#include <antlr4-runtime.h>
#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "TdLexer.h"
#include "TdParser.h"
#include "support/check.h"
#include "support/text.h"
#include "syntax/literals.h"
#include "syntax/source_checks.h"
#include "syntax/tokens.h"

namespace tdc {
namespace {

using antlr::TdLexer;
using antlr::TdParser;
using antlr4::ParserRuleContext;

// ---- bytes to tokens -------------------------------------------------------------------------

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

/// Our view of the tokens, at the same indices as ANTLR's. What must not reach the parser is hidden
/// from it: unknown characters go, an open string counts as a string.
std::vector<Token> take_tokens(const SourceFiles& files, FileId file, Stream& stream) {
  std::vector<Token> tokens;
  uint32_t last_line = 0;
  for (antlr4::Token* token : stream.tokens.getTokens()) {
    const SourceRange range = range_of(file, token, token);
    const auto line = static_cast<uint32_t>(token->getLine());
    TokenKind kind = kind_of(token->getType());
    if (kind == TokenKind::kSign && is_word(files.text(range))) kind = TokenKind::kWord;
    auto* writable = dynamic_cast<antlr4::WritableToken*>(token);
    if (kind == TokenKind::kUnknown) writable->setChannel(antlr4::Token::HIDDEN_CHANNEL);
    if (kind == TokenKind::kOpenString) writable->setType(TdLexer::STRING);
    tokens.push_back(
        {.kind = kind, .range = range, .line = line, .is_first_on_line = line != last_line});
    last_line = line;
  }
  stream.tokens.seek(0);
  return tokens;
}

// ---- what was expected -----------------------------------------------------------------------

/// How messages call what a rule of the grammar matches; null: they speak of its parts.
const char* phrase_of(size_t rule) {
  switch (rule) {
    case TdParser::RuleFile:
    case TdParser::RuleItem:
      return "a declaration";
    case TdParser::RuleStatement:
      return "a statement";
    case TdParser::RuleTrainClause:
    case TdParser::RuleDeployClause:
    case TdParser::RuleChipClause:
    case TdParser::RuleDataClause:
      return "a clause";
    case TdParser::RuleQuoted:
    case TdParser::RuleExpr:
    case TdParser::RuleOrExpr:
    case TdParser::RuleAndExpr:
    case TdParser::RuleNotExpr:
    case TdParser::RuleComparison:
    case TdParser::RuleRange:
    case TdParser::RuleAdditive:
    case TdParser::RuleMultiplicative:
    case TdParser::RuleFactor:
    case TdParser::RulePostfix:
    case TdParser::RulePrimary:
      return "an expression";
    case TdParser::RuleStage:
      return "an op or a block";
    case TdParser::RuleArgument:
      return "an argument";
    case TdParser::RuleSubscript:
      return "an index";
    case TdParser::RuleNumber:
      return "a number";
    case TdParser::RuleTypeExpr:
    case TdParser::RuleNamedType:
    case TdParser::RuleTupleType:
      return "a type";
    case TdParser::RuleDimension:
      return "a size";
    case TdParser::RuleParameter:
      return "a parameter";
    case TdParser::RuleResult:
    case TdParser::RuleNetResult:
      return "a result";
    case TdParser::RuleName:
    case TdParser::RuleAnyName:
    case TdParser::RuleBindingTarget:
    case TdParser::RuleUsePath:
    case TdParser::RuleBinder:
      return "a name";
    case TdParser::RuleCallPath:
    case TdParser::RuleSegment:
      return "a path";
    case TdParser::RuleSelection:
    case TdParser::RuleSelected:
    case TdParser::RulePattern:
    case TdParser::RulePiece:
    case TdParser::RuleWeightsEntry:
      return "a pattern";
    case TdParser::RuleClauseOption:
      return "an option";
    case TdParser::RuleBound:
      return "a memory level";
    default:
      return nullptr;
  }
}

/// Signs and words that continue an expression, and may be left out of a list that has more to say.
bool continues_expression(std::string_view token) {
  static const std::set<std::string_view> signs = {
      "'|>'", "'or'", "'and'", "'=='", "'!='", "'<'", "'<='", "'>'", "'>='", "'..'",
      "'+'",  "'-'",  "'*'",   "'/'",  "'%'",  "'@'", "'('",  "'['", "'as'", "'shared'"};
  return signs.contains(token);
}

/// What the grammar allows behind some tokens.
struct Expected {
  std::vector<std::string> phrases;  // "a name", "`,`"; without what continues an expression
  bool continues = false;            // an operator could come
  bool names = false;                // a name could come

  [[nodiscard]] std::string words() const {
    if (phrases.empty()) return continues ? "an operator" : "something else";
    std::vector<std::string> shown = phrases;
    if (shown.size() > 2) std::erase(shown, "`:`");  // rarely what is missing
    return join_words(shown, "or");
  }
};

/// Runs the grammar's automaton with its stack over tokens, all readings at once. The grammar has
/// no left recursion and recursion is limited by brackets, so that this always ends.
class Expectation {
 public:
  explicit Expectation(TdParser& parser)
      : automaton_(parser.getATN()), vocabulary_(parser.getVocabulary()) {}

  /// What may follow `types`, the tokens that `context`'s rule has seen.
  Expected behind(const ParserRuleContext* context, const std::vector<size_t>& types) {
    const size_t start = automaton_.ruleToStartState[context->getRuleIndex()]->stateNumber;
    std::set<Reading> readings = {{start, callers_of(context)}};
    for (const size_t type : types) {
      std::set<Reading> next;
      explore(readings, nullptr, [&](const Transition& step, int frame) {
        if (step.matches(type, 1, automaton_.maxTokenType))
          next.insert({step.target->stateNumber, frame});
      });
      readings = std::move(next);
    }
    Expected expected;
    explore(readings, &expected, [&](const Transition& step, int) {
      for (const size_t type : types_of(step.label())) add_token(type, expected);
    });
    return expected;
  }

  /// The words that `context`'s rule may start with or continue by at `state`.
  std::vector<std::string> words_at(antlr4::atn::ATNState* state) const {
    std::vector<std::string> words;
    for (const size_t type : types_of(automaton_.nextTokens(state))) {
      const std::string name = vocabulary_.getLiteralName(type);
      if (name.size() > 2 && is_word(name.substr(1)))
        words.push_back(name.substr(1, name.size() - 2));
    }
    return words;
  }

 private:
  using Transition = antlr4::atn::Transition;
  using RuleTransition = antlr4::atn::RuleTransition;

  static constexpr int kNoFrame = -1;

  static std::vector<size_t> types_of(const antlr4::misc::IntervalSet& set) {
    std::vector<size_t> types;
    for (const auto& interval : set.getIntervals())
      for (ssize_t type = interval.a; type <= interval.b; ++type)
        types.push_back(static_cast<size_t>(type));
    return types;
  }

  /// Where a rule returns to: a state, by its number, and the frame of the rule that holds it.
  using Frame = std::pair<size_t, int>;
  /// A state, by its number, and the frame of its rule.
  using Reading = std::pair<size_t, int>;

  int push(const RuleTransition& call, int caller) {
    const Frame frame = {call.followState->stateNumber, caller};
    const auto [found, is_new] = frame_ids_.try_emplace(frame, static_cast<int>(frames_.size()));
    if (is_new) frames_.push_back(frame);
    return found->second;
  }

  int callers_of(const ParserRuleContext* context) {
    if (context->parent == nullptr) return kNoFrame;
    const int caller = callers_of(static_cast<const ParserRuleContext*>(context->parent));
    const Transition* call = automaton_.states[context->invokingState]->transitions[0];
    return push(*static_cast<const RuleTransition*>(call), caller);
  }

  /// Calls `visit` for each transition over a token that can be reached. With `expected`, a rule
  /// that has a phrase is noted there instead of being entered.
  template <typename Visit>
  void explore(const std::set<Reading>& from, Expected* expected, const Visit& visit) {
    std::vector<Reading> work(from.begin(), from.end());
    std::set<Reading> seen = from;
    const auto reach = [&](Reading reading) {
      if (seen.insert(reading).second) work.push_back(reading);
    };
    while (!work.empty()) {
      const auto [number, frame] = work.back();
      work.pop_back();
      antlr4::atn::ATNState* state = automaton_.states[number];
      if (state->getStateType() == antlr4::atn::ATNState::RULE_STOP) {
        if (frame != kNoFrame) reach(frames_[static_cast<size_t>(frame)]);
        continue;
      }
      // Pushed in reverse, so that phrases come in the order of the grammar.
      for (auto step = state->transitions.rbegin(); step != state->transitions.rend(); ++step) {
        if ((*step)->getSerializationType() == Transition::RULE) {
          const auto& call = static_cast<const RuleTransition&>(**step);
          const char* phrase = expected != nullptr ? phrase_of(call.ruleIndex) : nullptr;
          if (phrase != nullptr) {
            add_phrase(phrase, *expected);
          } else {
            reach({call.target->stateNumber, push(call, frame)});
          }
        } else if ((*step)->isEpsilon()) {
          reach({(*step)->target->stateNumber, frame});
        } else {
          visit(**step, frame);
        }
      }
    }
  }

  static void add_phrase(std::string phrase, Expected& expected) {
    static const std::set<std::string> named = {"a name",           "a statement", "an expression",
                                                "a type",           "a parameter", "a result",
                                                "an op or a block", "an argument", "a size"};
    expected.names = expected.names || named.contains(phrase);
    auto& phrases = expected.phrases;
    if (std::find(phrases.begin(), phrases.end(), phrase) == phrases.end())
      phrases.push_back(std::move(phrase));
  }

  void add_token(size_t type, Expected& expected) const {
    const std::string literal = vocabulary_.getLiteralName(type);
    if (literal == "'not'") {
      // a part of "an expression", which is named already
    } else if (continues_expression(literal)) {
      expected.continues = true;
    } else if (type == TdParser::INT) {
      add_phrase("a whole number", expected);
    } else if (type == TdParser::STRING) {
      add_phrase("a string", expected);
    } else if (type == antlr4::Token::EOF) {
      add_phrase("the end", expected);
    } else if (literal.size() > 2) {
      add_phrase(fmt::format("`{}`", literal.substr(1, literal.size() - 2)), expected);
    }
  }

  const antlr4::atn::ATN& automaton_;
  const antlr4::dfa::Vocabulary& vocabulary_;
  std::vector<Frame> frames_;
  std::map<Frame, int> frame_ids_;
};

// ---- errors and how to go on -------------------------------------------------------------------

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
    Expectation expectation(dynamic_cast<TdParser&>(*parser));
    constexpr size_t kMostTokensBehind = 10'000;  // a longer piece is not run through again
    const Expected expected =
        types.size() <= kMostTokensBehind ? expectation.behind(context, types) : Expected{};
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
    Expectation expectation(dynamic_cast<TdParser&>(*parser));
    const std::string found(files_.text(tokens_[at].range));
    auto message = report_found(parser, at, what);
    if (tokens_[at].kind != TokenKind::kWord || rule == TdParser::RuleBody) return;
    if (const auto word = nearest(found, expectation.words_at(state)))
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
      diagnostics_.report(token.range, diag::reserved_word, text);
    } else if (touches && (text == "*" || text == "**" || text == "{") && is_in_selection(parser)) {
      diagnostics_.report(token.range, diag::pattern_partial, text);
    } else {
      return false;
    }
    return true;
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
  int errors_ = 0;
};

// ---- parse tree to syntax tree
// -------------------------------------------------------------------

/// One typed function per rule. Only trees without an exception are turned into syntax.
class Builder {
 public:
  Builder(const SourceFiles& files, FileId file, const std::vector<Token>& tokens,
          Diagnostics& diagnostics)
      : files_(files),
        file_(file),
        tokens_(tokens),
        diagnostics_(diagnostics),
        is_claimed_(tokens.size()) {}

  ast::File build(TdParser::FileContext* context) {
    ast::File result{.file = file_, .version = std::nullopt, .declarations = {}};
    for (antlr4::tree::ParseTree* child : context->children) {
      if (auto* version = dynamic_cast<TdParser::VersionContext*>(child);
          version != nullptr && is_whole(version)) {
        result.version = integer(version->INT());
        check_version(*result.version);
      } else if (auto* item = dynamic_cast<TdParser::ItemContext*>(child);
                 item != nullptr && is_whole(item)) {
        result.declarations.push_back(build(item));
      }
    }
    return result;
  }

  /// Reports the doc comments that belong to nothing. Only after a tree without errors.
  void check_docs() {
    for (size_t i = 0; i < tokens_.size(); ++i)
      if (tokens_[i].kind == TokenKind::kDoc && !is_claimed_[i]) report_doc(tokens_[i]);
  }

 private:
  // ---- places, words, comments

  static bool is_whole(const ParserRuleContext* context) { return context->exception == nullptr; }

  SourceRange range(const ParserRuleContext* context) const {
    return range_of(file_, context->start, context->stop);
  }
  SourceRange range(antlr4::tree::TerminalNode* node) const {
    return range_of(file_, node->getSymbol(), node->getSymbol());
  }
  SourceRange range(const antlr4::tree::ParseTree* child) const {
    if (const auto* context = dynamic_cast<const ParserRuleContext*>(child)) return range(context);
    return range(const_cast<antlr4::tree::TerminalNode*>(
        dynamic_cast<const antlr4::tree::TerminalNode*>(child)));
  }
  /// From the start of `first` to the end of `last`.
  static SourceRange span(SourceRange first, SourceRange last) {
    return {.file = first.file, .begin = first.begin, .end = last.end};
  }

  std::string text(SourceRange range) const { return std::string(files_.text(range)); }
  template <typename Tree>
  ast::Name name(Tree* tree) const {
    const SourceRange place = range(tree);
    return {.text = text(place), .range = place};
  }
  /// The text of a terminal child; empty for a rule.
  static std::string sign(const antlr4::tree::ParseTree* child) {
    const auto* node = dynamic_cast<const antlr4::tree::TerminalNode*>(child);
    return node == nullptr ? ""
                           : const_cast<antlr4::tree::TerminalNode*>(node)->getSymbol()->getText();
  }

  void report_doc(const Token& token) {
    diagnostics_.report(token.range, diag::doc_place).hint(diag::hint_plain_comment);
  }

  /// The doc comment directly before a piece, its lines joined, without `///` and the blank behind
  /// (lex-9).
  std::string doc(const ParserRuleContext* context) {
    std::vector<std::string> lines;
    for (size_t i = context->start->getTokenIndex(); i > 0; --i) {
      const Token& token = tokens_[i - 1];
      if (token.kind != TokenKind::kDoc && token.kind != TokenKind::kComment) break;
      if (token.kind == TokenKind::kComment) continue;
      is_claimed_[i - 1] = true;
      if (!token.is_first_on_line) report_doc(token);
      std::string line = text(token.range).substr(3);
      if (line.starts_with(' ')) line.erase(0, 1);
      line.erase(line.find_last_not_of(" \t") + 1);
      lines.insert(lines.begin(), std::move(line));
    }
    return fmt::format("{}", fmt::join(lines, "\n"));
  }

  /// The bracket of `what` at `node` stands on the line on which the token before it ends (lex-10).
  void check_line(const antlr4::Token* bracket, const char* what) {
    size_t last = bracket->getTokenIndex() - 1;
    while (tokens_[last].kind == TokenKind::kComment || tokens_[last].kind == TokenKind::kDoc)
      --last;
    if (tokens_[last].line != bracket->getLine())
      diagnostics_.report(range_of(file_, bracket, bracket), diag::bracket_line, what);
  }

  void check_version(const ast::Number& version) {
    constexpr int64_t kVersion = 1;
    if (std::get<int64_t>(version.value) != kVersion)
      diagnostics_.report(version.range, diag::language_version, kVersion,
                          std::get<int64_t>(version.value));
  }

  // ---- literals

  ast::Number integer(antlr4::tree::TerminalNode* node) {
    const SourceRange place = range(node);
    return decode_number(files_.text(place), place, diagnostics_);
  }
  ast::Number build(TdParser::NumberContext* context) {
    const SourceRange place = range(context);
    return decode_number(files_.text(place), place, diagnostics_);
  }
  ast::String string(antlr4::tree::TerminalNode* node) {
    const SourceRange place = range(node);
    return decode_string(files_.text(place), place, diagnostics_);
  }

  /// The text of a `require`; what stands in braces is parsed on its own (lex-7).
  ast::Message message(antlr4::tree::TerminalNode* node) {
    const SourceRange place = range(node);
    ast::Message result{.pieces = {}, .range = place};
    for (MessagePiece& piece : split_message(files_.text(place), place, diagnostics_)) {
      if (auto* text = std::get_if<std::string>(&piece)) {
        result.pieces.emplace_back(std::move(*text));
      } else if (auto value = quoted(std::get<SourceRange>(piece))) {
        result.pieces.emplace_back(std::move(value));
      }
    }
    return result;
  }
  ast::ExprPtr quoted(SourceRange place);

  // ---- expressions

  /// Counts operators, calls and indices on the way from the root, so that the tree never gets
  /// deeper than every later stage can bear (lex-12). Brackets have been counted among the tokens.
  class Level {
   public:
    Level(Builder& builder, size_t levels) : builder_(builder), before_(builder.level_) {
      builder.level_ += levels;
    }
    ~Level() { builder_.level_ = before_; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;
    [[nodiscard]] bool is_too_deep() const {
      return builder_.level_ > static_cast<size_t>(ast::kNestingLimit);
    }

   private:
    Builder& builder_;
    size_t before_;
  };

  template <typename Kind>
  static ast::ExprPtr make(SourceRange range, Kind kind) {
    return std::make_unique<ast::Expr>(ast::Expr{.range = range, .kind = std::move(kind)});
  }

  /// Stands for an expression that is too deep, which is reported here.
  ast::ExprPtr too_deep(SourceRange range) {
    diagnostics_.report(range, diag::nesting_limit, ast::kNestingLimit);
    return make(range, ast::Bool{});
  }

  static std::optional<ast::BinaryOperator> binary_operator(const std::string& sign) {
    using enum ast::BinaryOperator;
    static const std::map<std::string, ast::BinaryOperator> operators = {
        {"or", kOr},    {"and", kAnd},      {"==", kEqual},   {"!=", kNotEqual},
        {"<", kLess},   {"<=", kLessEqual}, {">", kGreater},  {">=", kGreaterEqual},
        {"+", kAdd},    {"-", kSubtract},   {"*", kMultiply}, {"/", kDivide},
        {"%", kModulo}, {"@", kMatmul}};
    const auto found = operators.find(sign);
    return found == operators.end() ? std::nullopt : std::optional(found->second);
  }

  /// `operand (sign operand)*`, to the left.
  template <typename Operand, typename Chain>
  ast::ExprPtr chain(Chain* context) {
    const auto& children = context->children;
    const size_t operators = children.size() / 2;
    if (const Level level(*this, operators); level.is_too_deep()) return too_deep(range(context));
    ast::ExprPtr result;
    for (size_t i = 0; i < children.size(); i += 2) {
      // The first operand lies below all operators, the last only below its own.
      const Level level(*this, std::min(operators, operators - i / 2 + 1));
      ast::ExprPtr operand = build(static_cast<Operand*>(children[i]));
      if (i == 0) {
        result = std::move(operand);
        continue;
      }
      const SourceRange whole = span(range(context), range(children[i]));
      const SourceRange op_range = range(children[i - 1]);
      if (const auto op = binary_operator(sign(children[i - 1]))) {
        result = make(whole, ast::Binary{.op = *op,
                                         .op_range = op_range,
                                         .left = std::move(result),
                                         .right = std::move(operand)});
      } else {
        result = make(
            whole,
            ast::Range{.begin = std::move(result), .end = std::move(operand), .dots = op_range});
      }
    }
    return result;
  }

  /// `sign* operand`.
  template <typename Operand, typename Prefixed>
  ast::ExprPtr prefixed(Prefixed* context, ast::UnaryOperator op) {
    const auto& children = context->children;
    const Level level(*this, children.size() - 1);
    if (level.is_too_deep()) return too_deep(range(context));
    ast::ExprPtr result = build(static_cast<Operand*>(children.back()));
    for (size_t i = children.size() - 1; i > 0; --i) {
      const SourceRange op_range = range(children[i - 1]);
      result = make(span(op_range, range(context)),
                    ast::Unary{.op = op, .op_range = op_range, .operand = std::move(result)});
    }
    return result;
  }

  ast::ExprPtr build(TdParser::ExprContext* context) {
    const auto& children = context->children;
    const Level level(*this, children.size() / 2);
    if (level.is_too_deep()) return too_deep(range(context));
    ast::ExprPtr result = build(static_cast<TdParser::OrExprContext*>(children[0]));
    for (size_t i = 1; i < children.size(); i += 2) {
      auto* stage = static_cast<TdParser::StageContext*>(children[i + 1]);
      result = make(
          span(range(context), range(stage)),
          ast::Pipe{.value = std::move(result), .arrow = range(children[i]), .call = build(stage)});
    }
    return result;
  }
  ast::ExprPtr build(TdParser::OrExprContext* c) { return chain<TdParser::AndExprContext>(c); }
  ast::ExprPtr build(TdParser::AndExprContext* c) { return chain<TdParser::NotExprContext>(c); }
  ast::ExprPtr build(TdParser::NotExprContext* c) {
    return prefixed<TdParser::ComparisonContext>(c, ast::UnaryOperator::kNot);
  }
  ast::ExprPtr build(TdParser::ComparisonContext* c) { return chain<TdParser::RangeContext>(c); }
  ast::ExprPtr build(TdParser::RangeContext* c) { return chain<TdParser::AdditiveContext>(c); }
  ast::ExprPtr build(TdParser::AdditiveContext* c) {
    return chain<TdParser::MultiplicativeContext>(c);
  }
  ast::ExprPtr build(TdParser::MultiplicativeContext* c) {
    return chain<TdParser::FactorContext>(c);
  }
  ast::ExprPtr build(TdParser::FactorContext* c) {
    return prefixed<TdParser::PostfixContext>(c, ast::UnaryOperator::kNegate);
  }

  ast::Call build(TdParser::StageContext* context) {
    ast::Call call{.callee = name(context->name()),
                   .arguments = {},
                   .brackets = std::nullopt,
                   .path = std::nullopt,
                   .range = range(context)};
    if (auto* brackets = context->call()) add_arguments(brackets, call);
    if (auto* as = context->asPath()) call.path = build(as);
    return call;
  }

  ast::ExprPtr build(TdParser::PostfixContext* context) {
    const auto& children = context->children;
    const Level level(*this, children.size() - 1);
    if (level.is_too_deep()) return too_deep(range(context));
    ast::ExprPtr result = build(static_cast<TdParser::PrimaryContext*>(children[0]));
    for (size_t i = 1; i < children.size(); ++i) {
      const SourceRange whole = span(range(context), range(children[i]));
      if (auto* call = dynamic_cast<TdParser::CallContext*>(children[i])) {
        result = called(std::move(result), children[i - 1], call, whole);
      } else if (auto* index = dynamic_cast<TdParser::IndexContext*>(children[i])) {
        result = indexed(std::move(result), index, whole);
      } else {
        auto* as = static_cast<TdParser::AsPathContext*>(children[i]);
        auto* named = std::get_if<ast::Call>(&result->kind);
        if (named == nullptr || i == 1) {
          diagnostics_.report(range(as->children[0]), diag::as_no_call).highlight(result->range);
          continue;
        }
        named->path = build(as);
        named->range = result->range = whole;
      }
    }
    return result;
  }

  /// `callee(...)`. Only a name without brackets of its own is a callee.
  ast::ExprPtr called(ast::ExprPtr callee, const antlr4::tree::ParseTree* written,
                      TdParser::CallContext* brackets, SourceRange whole) {
    const auto* primary = dynamic_cast<const TdParser::PrimaryContext*>(written);
    const bool is_name =
        primary != nullptr && const_cast<TdParser::PrimaryContext*>(primary)->name() != nullptr;
    if (!is_name) {
      diagnostics_.report(callee->range, diag::callee_no_name).highlight(range(brackets));
      return callee;
    }
    ast::Call call{.callee = std::get<ast::Name>(callee->kind),
                   .arguments = {},
                   .brackets = std::nullopt,
                   .path = std::nullopt,
                   .range = whole};
    add_arguments(brackets, call);
    return make(whole, std::move(call));
  }

  ast::ExprPtr indexed(ast::ExprPtr base, TdParser::IndexContext* context, SourceRange whole) {
    check_line(context->start, "an index");
    ast::Index index{.base = std::move(base), .subscripts = {}, .brackets = range(context)};
    for (auto* subscript : context->subscript()) index.subscripts.push_back(build(subscript));
    return make(whole, std::move(index));
  }

  void add_arguments(TdParser::CallContext* context, ast::Call& call) {
    check_line(context->start, "a call");
    call.brackets = range(context);
    for (auto* argument : context->argument()) call.arguments.push_back(build(argument));
  }

  ast::Argument build(TdParser::ArgumentContext* context) {
    ast::Argument argument{.label = std::nullopt, .value = nullptr, .range = range(context)};
    if (auto* label = context->anyName()) argument.label = name(label);
    argument.value = build(context->expr());
    return argument;
  }

  ast::Subscript build(TdParser::SubscriptContext* context) {
    const auto& children = context->children;
    const SourceRange place = range(context);
    if (sign(children[0]) == "..") return {.kind = ast::LeadingAxes{}, .range = place};
    const bool is_slice = children.size() > 1 || sign(children[0]) == ":";
    if (!is_slice) return {.kind = build(context->expr(0)), .range = place};
    ast::Slice slice;
    bool is_behind_colon = false;
    for (auto* child : children) {
      if (auto* expr = dynamic_cast<TdParser::ExprContext*>(child)) {
        (is_behind_colon ? slice.end : slice.begin) = build(expr);
      } else {
        is_behind_colon = true;
      }
    }
    return {.kind = std::move(slice), .range = place};
  }

  ast::ExprPtr build(TdParser::PrimaryContext* context) {
    const SourceRange place = range(context);
    const auto& children = context->children;
    if (auto* number = context->number()) return make(place, build(number));
    if (auto* literal = context->STRING()) return make(place, string(literal));
    if (auto* word = context->name()) return make(place, name(word));
    const std::string first = sign(children[0]);
    if (first == "true" || first == "false")
      return make(place, ast::Bool{.value = first == "true"});

    const std::vector<TdParser::ExprContext*> expressions = context->expr();
    const bool has_comma =
        std::ranges::any_of(children, [](auto* child) { return sign(child) == ","; });
    if (first == "(" && !has_comma) return build(expressions[0]);
    std::vector<ast::ExprPtr> elements;
    for (auto* element : expressions) elements.push_back(build(element));
    if (first == "(") return make(place, ast::Tuple{.elements = std::move(elements)});
    return make(place, ast::List{.elements = std::move(elements)});
  }

  // ---- paths

  ast::CallPath build(TdParser::AsPathContext* context) {
    ast::CallPath path = build(context->callPath());
    if (context->children.size() > 2) path.shared = range(context->children[2]);
    return path;
  }

  ast::CallPath build(TdParser::CallPathContext* context) {
    ast::CallPath path{.pieces = {}, .shared = std::nullopt, .range = range(context)};
    for (auto* child : context->children) {
      if (auto* segment = dynamic_cast<TdParser::SegmentContext*>(child)) {
        for (ast::Name& part : segments(range(segment))) path.pieces.emplace_back(std::move(part));
      } else if (auto* index = dynamic_cast<TdParser::ExprContext*>(child)) {
        path.pieces.emplace_back(build(index));
      } else if (auto* node = dynamic_cast<antlr4::tree::TerminalNode*>(child); sign(node) == "[") {
        check_line(node->getSymbol(), "an index");
      }
    }
    return path;
  }

  /// A segment of a path. In `features.0.1.weight` the lexer sees the float `0.1`: two segments
  /// (path-2).
  std::vector<ast::Name> segments(SourceRange place) {
    ast::Name whole{.text = text(place), .range = place};
    if (is_word(whole.text)) return {whole};
    const size_t point = whole.text.find('.');
    if (whole.text.find_first_not_of("0123456789.") != std::string::npos)
      diagnostics_.report(place, diag::path_number, whole.text);
    if (point == std::string::npos) return {whole};
    ast::Name second{.text = whole.text.substr(point + 1), .range = place};
    whole.range.end = place.begin + static_cast<uint32_t>(point);
    second.range.begin = whole.range.end + 1;
    whole.text.resize(point);
    return {whole, second};
  }

  // ---- types

  ast::Type build(TdParser::TypeExprContext* context) {
    if (auto* named = context->namedType()) return build(named);
    if (auto* tuple = context->tupleType()) return build(tuple);
    return build(context->blockType());
  }

  ast::Type build(TdParser::NamedTypeContext* context) {
    ast::NamedType type{.name = name(context->name()), .argument = nullptr, .shape = std::nullopt};
    if (auto* argument = context->expr()) type.argument = build(argument);
    if (auto* shape = context->shape()) type.shape = build(shape);
    return {.range = range(context), .kind = std::move(type)};
  }

  ast::Type build(TdParser::TupleTypeContext* context) {
    ast::TupleType type;
    for (auto* element : context->typeExpr()) type.elements.push_back(build(element));
    return {.range = range(context), .kind = std::move(type)};
  }

  ast::Type build(TdParser::BlockTypeContext* context) {
    ast::BlockType type;
    for (auto* argument : context->typeExpr()) type.arguments.push_back(build(argument));
    auto* named = context->namedType();
    type.result =
        std::make_unique<ast::Type>(named != nullptr ? build(named) : build(context->tupleType()));
    return {.range = range(context), .kind = std::move(type)};
  }

  ast::Shape build(TdParser::ShapeContext* context) {
    ast::Shape shape{.dimensions = {}, .range = range(context)};
    for (auto* dimension : context->dimension()) {
      auto* size = dimension->expr();
      shape.dimensions.push_back(
          {.size = size != nullptr ? build(size) : nullptr, .range = range(dimension)});
    }
    return shape;
  }

  // ---- statements

  ast::Body build(TdParser::BodyContext* context) {
    ast::Body body{.statements = {}, .range = range(context)};
    for (auto* statement : context->statement())
      if (is_whole(statement)) body.statements.push_back(build(statement));
    return body;
  }

  ast::Statement build(TdParser::StatementContext* context) {
    ast::Statement statement{.range = range(context), .doc = doc(context), .kind = ast::Return{}};
    if (auto* let = context->letStmt()) statement.kind = build(let);
    if (auto* variable = context->variableDecl()) statement.kind = build(variable);
    if (auto* require = context->requireStmt()) statement.kind = build(require);
    if (auto* branches = context->ifStmt()) statement.kind = build(branches);
    if (auto* repeat = context->repeatStmt()) statement.kind = build(repeat);
    if (auto* values = context->returnStmt()) statement.kind = build(values);
    if (auto* update = context->updateStmt()) statement.kind = build(update);
    if (auto* binding = context->bindingStmt()) statement.kind = build(binding);
    return statement;
  }

  ast::Let build(TdParser::LetStmtContext* context) {
    return {.name = name(context->name()), .value = build(context->expr())};
  }

  ast::VariableDecl build(TdParser::VariableDeclContext* context) {
    const bool is_param = sign(context->children[0]) == "param";
    ast::VariableDecl variable{
        .word = is_param ? ast::VariableWord::kParam : ast::VariableWord::kState,
        .name = name(context->name()),
        .type = build(context->typeExpr()),
        .path = std::nullopt,
        .initial = nullptr};
    if (auto* path = context->callPath()) variable.path = build(path);
    if (auto* initial = context->expr()) variable.initial = build(initial);
    return variable;
  }

  ast::Require build(TdParser::RequireStmtContext* context) {
    ast::Require require{.condition = build(context->expr()), .message = std::nullopt};
    if (auto* text = context->STRING()) require.message = message(text);
    return require;
  }

  ast::If build(TdParser::IfStmtContext* context) {
    ast::If result;
    const std::vector<TdParser::ExprContext*> conditions = context->expr();
    const std::vector<TdParser::BodyContext*> bodies = context->body();
    for (size_t i = 0; i < conditions.size(); ++i)
      result.branches.push_back({.condition = build(conditions[i]), .body = build(bodies[i])});
    if (bodies.size() > conditions.size()) result.otherwise = build(bodies.back());
    return result;
  }

  ast::Repeat build(TdParser::RepeatStmtContext* context) {
    ast::Repeat repeat{.index = std::nullopt,
                       .item = build(context->binder()),
                       .values = build(context->expr()),
                       .body = build(context->body())};
    if (auto* index = context->name()) repeat.index = name(index);
    return repeat;
  }

  ast::Binder build(TdParser::BinderContext* context) {
    ast::Binder binder{
        .names = {}, .is_tuple = sign(context->children[0]) == "(", .range = range(context)};
    for (auto* word : context->name()) binder.names.push_back(name(word));
    return binder;
  }

  ast::Return build(TdParser::ReturnStmtContext* context) {
    ast::Return result;
    for (auto* value : context->expr()) result.values.push_back(build(value));
    return result;
  }

  ast::Update build(TdParser::UpdateStmtContext* context) {
    return {.name = name(context->name()), .value = build(context->expr())};
  }

  ast::Binding build(TdParser::BindingStmtContext* context) {
    ast::Binding binding;
    for (auto* target : context->bindingTarget()) {
      binding.targets.push_back({.name = name(target->name()), .type = std::nullopt});
      if (auto* type = target->typeExpr()) binding.targets.back().type = build(type);
    }
    binding.value = build(context->expr());
    return binding;
  }

  // ---- selections

  ast::Selection build(TdParser::SelectionContext* context) {
    ast::Selection selection{.patterns = {}, .range = range(context)};
    for (auto* selected : context->selected()) {
      ast::Pattern pattern = build(selected->pattern());
      if (selected->children.size() > 1) {
        pattern.negation = range(selected->children[0]);
        pattern.range = range(selected);
        if (selection.patterns.empty())
          diagnostics_.report(*pattern.negation, diag::pattern_negation);
      }
      selection.patterns.push_back(std::move(pattern));
    }
    return selection;
  }

  ast::Pattern build(TdParser::PatternContext* context) {
    ast::Pattern pattern{.negation = std::nullopt, .pieces = {}, .range = range(context)};
    for (auto* piece : context->piece()) {
      if (!pattern.pieces.empty()) check_no_slice(pattern.pieces.back());
      add_piece(piece, pattern);
    }
    return pattern;
  }

  /// A slice stands at the end of a pattern only, and alone in its brackets (select-4).
  void check_no_slice(const ast::PatternPiece& piece) {
    for (const ast::Pick& pick : piece.picks)
      if (pick.kind == ast::Pick::Kind::kSlice)
        diagnostics_.report(pick.range, diag::pattern_slice);
  }

  void add_piece(TdParser::PieceContext* context, ast::Pattern& pattern) {
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

  ast::Pick build(TdParser::PickContext* context) {
    using Kind = ast::Pick::Kind;
    ast::Pick pick{.kind = Kind::kIndex, .begin = {}, .end = {}, .range = range(context)};
    for (auto* child : context->children) {
      auto* node = dynamic_cast<antlr4::tree::TerminalNode*>(child);
      if (sign(node) == "..") {
        pick.kind = Kind::kRange;
      } else if (sign(node) == ":") {
        pick.kind = Kind::kSlice;
      } else {
        (pick.kind == Kind::kIndex ? pick.begin : pick.end) =
            std::get<int64_t>(integer(node).value);
      }
    }
    return pick;
  }

  // ---- declarations

  ast::Declaration build(TdParser::ItemContext* context) {
    ast::Declaration item{.range = range(context), .doc = doc(context), .kind = ast::Use{}};
    if (auto* use = context->use()) item.kind = build(use);
    if (auto* block = context->blockDecl()) item.kind = build(block);
    if (auto* net = context->netDecl()) item.kind = build(net);
    if (auto* train = context->trainDecl()) item.kind = build(train);
    if (auto* deploy = context->deployDecl()) item.kind = build(deploy);
    if (auto* chip = context->chipDecl()) item.kind = build(chip);
    if (auto* data = context->dataDecl()) item.kind = build(data);
    if (auto* weights = context->weightsDecl()) item.kind = build(weights);
    if (auto* assertion = context->assertion()) item.kind = build(assertion);
    if (auto* let = context->letStmt()) item.kind = build(let);
    return item;
  }

  ast::Use build(TdParser::UseContext* context) {
    if (auto* file = context->STRING()) return {.what = string(file)};
    return {.what = names(context->usePath()->name())};
  }

  std::vector<ast::Name> names(const std::vector<TdParser::NameContext*>& words) const {
    std::vector<ast::Name> result;
    for (auto* word : words) result.push_back(name(word));
    return result;
  }

  std::vector<ast::Parameter> build(TdParser::ParametersContext* context) {
    std::vector<ast::Parameter> parameters;
    for (auto* written : context->parameter()) {
      if (!is_whole(written)) continue;
      parameters.push_back({.name = name(written->name()),
                            .type = build(written->typeExpr()),
                            .initial = nullptr,
                            .doc = doc(written),
                            .range = range(written)});
      if (auto* initial = written->expr()) parameters.back().initial = build(initial);
    }
    return parameters;
  }

  ast::Block build(TdParser::BlockDeclContext* context) {
    ast::Block block{.is_net = false,
                     .name = name(context->name()),
                     .parameters = build(context->parameters()),
                     .results = {},
                     .body = build(context->body())};
    for (auto* result : context->result()) {
      block.results.push_back(
          {.name = std::nullopt, .type = build(result->typeExpr()), .range = range(result)});
      if (auto* word = result->name()) block.results.back().name = name(word);
      if (block.results.back().name.has_value() != block.results.front().name.has_value())
        diagnostics_.report(range(result), diag::result_names)
            .highlight(block.results.front().range);
    }
    return block;
  }

  ast::Block build(TdParser::NetDeclContext* context) {
    ast::Block net{.is_net = true,
                   .name = name(context->name()),
                   .parameters = build(context->parameters()),
                   .results = {},
                   .body = build(context->body())};
    for (auto* result : context->netResult())
      net.results.push_back({.name = name(result->name()),
                             .type = build(result->typeExpr()),
                             .range = range(result)});
    return net;
  }

  ast::Train build(TdParser::TrainDeclContext* context) {
    ast::Train train{.name = name(context->name(0)),
                     .extends = sign(context->children[2]) == "extends",
                     .base = name(context->name(1)),
                     .clauses = {}};
    for (auto* clause : context->trainClause())
      if (is_whole(clause)) train.clauses.push_back(build(clause));
    return train;
  }

  /// Where the first word of a clause stands.
  SourceRange first_word(const ParserRuleContext* context) const {
    return range_of(file_, context->start, context->start);
  }

  ast::TrainClause build(TdParser::TrainClauseContext* context) {
    ast::TrainClause clause{.range = range(context),
                            .word = first_word(context),
                            .doc = doc(context),
                            .kind = ast::LossClause{}};
    if (auto* target = context->targetClause())
      clause.kind =
          ast::TargetClause{.name = name(target->name()), .type = build(target->typeExpr())};
    if (auto* loss = context->lossClause()) clause.kind = ast::LossClause{build(loss->expr())};
    if (auto* metric = context->metricClause()) clause.kind = build(metric);
    if (auto* optimizer = context->optimizerClause())
      clause.kind = ast::OptimizerClause{build(optimizer->expr())};
    if (auto* schedule = context->scheduleClause())
      clause.kind = ast::ScheduleClause{build(schedule->expr())};
    if (auto* batch = context->batchClause()) clause.kind = build(batch);
    if (auto* clip = context->clipClause())
      clause.kind = ast::ClipClause{.kind = name(clip->name()), .limit = build(clip->number())};
    if (auto* seed = context->seedClause()) clause.kind = ast::SeedClause{integer(seed->INT())};
    if (auto* freeze = context->freezeClause())
      clause.kind = ast::SelectClause{.word = ast::SelectClause::Word::kFreeze,
                                      .selection = build(freeze->selection()),
                                      .options = {}};
    if (auto* train = context->trainableClause())
      clause.kind = ast::SelectClause{.word = ast::SelectClause::Word::kTrain,
                                      .selection = build(train->selection()),
                                      .options = options(train->clauseOption())};
    if (auto* lora = context->loraClause())
      clause.kind = ast::SelectClause{.word = ast::SelectClause::Word::kLora,
                                      .selection = build(lora->selection()),
                                      .options = options(lora->clauseOption())};
    if (auto* quantize = context->quantizeClause())
      clause.kind = ast::QuantizeClause{.selection = build(quantize->selection()),
                                        .format = name(quantize->name())};
    if (auto* weights = context->weightsDecl()) clause.kind = build(weights);
    if (auto* assertion = context->assertion()) clause.kind = build(assertion);
    return clause;
  }

  ast::MetricClause build(TdParser::MetricClauseContext* context) {
    ast::MetricClause metric{.name = std::nullopt, .value = build(context->expr())};
    if (auto* word = context->name()) metric.name = name(word);
    return metric;
  }

  ast::BatchClause build(TdParser::BatchClauseContext* context) {
    ast::BatchClause batch{.samples = integer(context->INT(0)), .accumulate = std::nullopt};
    if (auto* accumulate = context->INT(1)) batch.accumulate = integer(accumulate);
    return batch;
  }

  std::vector<ast::ClauseOption> options(
      const std::vector<TdParser::ClauseOptionContext*>& contexts) {
    std::vector<ast::ClauseOption> result;
    for (auto* option : contexts) {
      result.push_back(
          {.word = name(option->children[0]), .value = nullptr, .range = range(option)});
      ast::ExprPtr& value = result.back().value;
      if (auto* number = option->number()) value = make(range(number), build(number));
      if (auto* word = option->name()) value = make(range(word), name(word));
      if (auto* expr = option->expr()) value = build(expr);
    }
    return result;
  }

  ast::Assertion build(TdParser::AssertionContext* context) {
    const bool is_assert = sign(context->children[0]) == "assert";
    ast::Assertion assertion{
        .word = is_assert ? ast::Assertion::Word::kAssert : ast::Assertion::Word::kExpect,
        .condition = build(context->expr()),
        .after_steps = std::nullopt};
    if (auto* steps = context->INT()) assertion.after_steps = integer(steps);
    return assertion;
  }

  ast::Weights build(TdParser::WeightsDeclContext* context) {
    ast::Weights weights{.file = string(context->STRING()), .map = {}};
    for (auto* entry : context->weightsEntry()) {
      if (!is_whole(entry)) continue;
      ast::Pattern path = build(entry->pattern(0));
      if (auto* text = entry->STRING()) {
        weights.map.push_back(
            {.path = std::move(path), .source = string(text), .range = range(entry)});
      } else {
        weights.map.push_back(
            {.path = std::move(path), .source = build(entry->pattern(1)), .range = range(entry)});
      }
    }
    return weights;
  }

  ast::Deploy build(TdParser::DeployDeclContext* context) {
    ast::Deploy deploy{
        .name = name(context->name(0)), .chip = name(context->name(1)), .clauses = {}};
    for (auto* clause : context->deployClause())
      if (is_whole(clause)) deploy.clauses.push_back(build(clause));
    return deploy;
  }

  ast::DeployClause build(TdParser::DeployClauseContext* context) {
    ast::DeployClause clause{.range = range(context),
                             .word = first_word(context),
                             .doc = doc(context),
                             .kind = ast::AllowClause{}};
    if (auto* budget = context->budgetClause()) clause.kind = build(budget);
    if (auto* allow = context->allowClause()) clause.kind = ast::AllowClause{names(allow->name())};
    if (auto* emit = context->emitClause()) clause.kind = ast::EmitClause{names(emit->name())};
    if (auto* page = context->pageClause()) clause.kind = ast::PageClause{name(page->name())};
    if (auto* assertion = context->assertion()) clause.kind = build(assertion);
    return clause;
  }

  ast::BudgetClause build(TdParser::BudgetClauseContext* context) {
    ast::BudgetClause budget;
    for (auto* bound : context->bound())
      budget.bounds.push_back(
          {.level = name(bound->name()), .limit = build(bound->number()), .range = range(bound)});
    return budget;
  }

  ast::Chip build(TdParser::ChipDeclContext* context) {
    ast::Chip chip{.name = name(context->name()), .clauses = {}};
    for (auto* written : context->chipClause()) {
      if (!is_whole(written)) continue;
      chip.clauses.push_back({.word = name(written->name()),
                              .arguments = {},
                              .doc = doc(written),
                              .range = range(written)});
      for (auto* argument : written->argument())
        chip.clauses.back().arguments.push_back(build(argument));
    }
    return chip;
  }

  ast::Data build(TdParser::DataDeclContext* context) {
    ast::Data data{.name = name(context->name(0)), .net = name(context->name(1)), .clauses = {}};
    for (auto* clause : context->dataClause())
      if (is_whole(clause)) data.clauses.push_back(build(clause));
    return data;
  }

  ast::DataClause build(TdParser::DataClauseContext* context) {
    ast::DataClause clause{.word = name(context->name(0)),
                           .source = build(context->primary()),
                           .as = std::nullopt,
                           .doc = doc(context),
                           .range = range(context)};
    if (auto* call = context->call()) {
      const SourceRange whole = span(range(context->primary()), range(call));
      clause.source = called(std::move(clause.source), context->primary(), call, whole);
    }
    if (auto* as = context->name(1)) clause.as = name(as);
    return clause;
  }

  const SourceFiles& files_;
  FileId file_;
  const std::vector<Token>& tokens_;
  Diagnostics& diagnostics_;
  std::vector<bool> is_claimed_;  // doc comments that belong to a piece, by token
  size_t level_ = 0;
};

// ---- the stage
// -----------------------------------------------------------------------------------

/// Runs `rule` on tokens that may be parsed: fast, and if that fails once more with all errors
/// reported.
template <typename Context>
Context* run_parser(const SourceFiles& files, Stream& stream, const std::vector<Token>& tokens,
                    const TokenChecks& checks, Context* (TdParser::*rule)(),
                    Diagnostics& diagnostics) {
  auto* simulator = stream.parser.getInterpreter<antlr4::atn::ParserATNSimulator>();
  simulator->setPredictionMode(antlr4::atn::PredictionMode::SLL);
  stream.parser.setErrorHandler(std::make_shared<StopAtError>());
  try {
    return (stream.parser.*rule)();
  } catch (const antlr4::ParseCancellationException&) {
    stream.tokens.seek(0);
    stream.parser.reset();
    simulator->setPredictionMode(antlr4::atn::PredictionMode::LL);
    stream.parser.setErrorHandler(std::make_shared<Recovery>(files, tokens, checks, diagnostics));
    return (stream.parser.*rule)();
  }
}

ast::ExprPtr Builder::quoted(SourceRange place) {
  Stream stream(files_.text(file_), place.begin, place.end);
  std::vector<Token> tokens = take_tokens(files_, file_, stream);
  const TokenChecks checks = check_tokens(files_, tokens, diagnostics_);
  if (!checks.may_parse) return nullptr;
  TdParser::QuotedContext* context =
      run_parser(files_, stream, tokens, checks, &TdParser::quoted, diagnostics_);
  if (!is_whole(context)) return nullptr;
  Builder inner(files_, file_, tokens, diagnostics_);
  inner.level_ = level_;
  return inner.build(context->expr());
}

}  // namespace

std::optional<ast::File> parse(const SourceFiles& files, FileId file, Diagnostics& diagnostics) {
  const int errors_before = diagnostics.error_count();
  if (!check_source(files, file, diagnostics)) return std::nullopt;

  const std::string_view text = files.text(file);
  Stream stream(text, 0, text.size());
  std::vector<Token> tokens = take_tokens(files, file, stream);
  const TokenChecks checks = check_tokens(files, tokens, diagnostics);
  if (!checks.may_parse) return std::nullopt;

  TdParser::FileContext* tree =
      run_parser(files, stream, tokens, checks, &TdParser::file, diagnostics);
  const bool is_whole_tree = diagnostics.error_count() == errors_before;
  Builder builder(files, file, tokens, diagnostics);
  ast::File result = builder.build(tree);
  if (is_whole_tree) builder.check_docs();
  if (diagnostics.error_count() > errors_before) return std::nullopt;
  return result;
}

std::vector<std::string> find_ambiguities(const SourceFiles& files, FileId file) {
  class Listener : public antlr4::BaseErrorListener {
   public:
    void reportAmbiguity(antlr4::Parser* parser, const antlr4::dfa::DFA& dfa, size_t start,
                         size_t stop, bool, const antlrcpp::BitSet&,
                         antlr4::atn::ATNConfigSet*) override {
      const std::string& rule = parser->getRuleNames()[dfa.atnStartState->ruleIndex];
      found.push_back(fmt::format(
          "{}: {}", rule, parser->getTokenStream()->getText(antlr4::misc::Interval(start, stop))));
    }
    std::vector<std::string> found;
  };
  const std::string_view text = files.text(file);
  Stream stream(text, 0, text.size());
  Listener listener;
  stream.parser.addErrorListener(&listener);
  stream.parser.getInterpreter<antlr4::atn::ParserATNSimulator>()->setPredictionMode(
      antlr4::atn::PredictionMode::LL_EXACT_AMBIG_DETECTION);
  stream.parser.setErrorHandler(std::make_shared<StopAtError>());
  try {
    stream.parser.file();
  } catch (const antlr4::ParseCancellationException&) {
    listener.found.push_back("the file does not parse");
  }
  return listener.found;
}

}  // namespace tdc
