#include "syntax/antlr/expectations.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "support/text.h"

namespace tdc::antlr {

namespace {

/// Signs and words that continue an expression, and may be left out of a list that has more to say.
bool continues_expression(std::string_view token) {
  static const std::set<std::string_view> signs = {
      "'|>'", "'or'", "'and'", "'=='", "'!='", "'<'", "'<='", "'>'", "'>='", "'..'",
      "'+'",  "'-'",  "'*'",   "'/'",  "'%'",  "'@'", "'('",  "'['", "'as'", "'shared'"};
  return signs.contains(token);
}

/// Runs the grammar's automaton with its stack over tokens, all readings at once. The grammar has
/// no left recursion and recursion is limited by brackets, so that this always ends.
class Expectation {
 public:
  explicit Expectation(TdParser& parser)
      : automaton_(parser.getATN()), vocabulary_(parser.getVocabulary()) {}

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
    std::set<size_t> types_behind;
    explore(readings, &expected, [&](const Transition& step, int) {
      for (const size_t type : types_of(step.label())) types_behind.insert(type);
    });
    for (const size_t type : types_behind) add_token(type, expected);
    // A sign alone continues nothing: the `<=` of a budget.
    if (types_behind.size() == 1 && expected.phrases.empty() && expected.continues) {
      expected.continues = false;
      add_sign(vocabulary_.getLiteralName(*types_behind.begin()), expected);
    }
    return expected;
  }

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
      add_sign(literal, expected);
    }
  }

  /// `literal` stands in quotes, as the grammar has it.
  static void add_sign(const std::string& literal, Expected& expected) {
    add_phrase(fmt::format("`{}`", literal.substr(1, literal.size() - 2)), expected);
  }

  const antlr4::atn::ATN& automaton_;
  const antlr4::dfa::Vocabulary& vocabulary_;
  std::vector<Frame> frames_;
  std::map<Frame, int> frame_ids_;
};

}  // namespace

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

std::string Expected::words() const {
  if (phrases.empty()) return continues ? "an operator" : "something else";
  std::vector<std::string> shown = phrases;
  if (shown.size() > 2) std::erase(shown, "`:`");  // rarely what is missing
  return join_words(shown, "or");
}

Expected expected_behind(TdParser& parser, const ParserRuleContext* context,
                         const std::vector<size_t>& types) {
  return Expectation(parser).behind(context, types);
}

std::vector<std::string> words_at(TdParser& parser, antlr4::atn::ATNState* state) {
  return Expectation(parser).words_at(state);
}

}  // namespace tdc::antlr
