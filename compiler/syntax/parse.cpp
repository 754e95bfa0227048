// From text to syntax tree. ANTLR stays behind the door `syntax/antlr/`.
//
//   bytes --check_source--> characters --lexer--> tokens --check_tokens--> parse tree --builders-->
//   ast
//
// Everything the grammar cannot say well is checked around it: before the parser what must hold so
// that it neither overflows the stack nor hangs (source_checks, tokens), after it, in the builders,
// what belongs to one construct (lines of brackets, escapes, ranges of numbers, places of `///`).

#include "syntax/parse.h"

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "syntax/antlr/build_declarations.h"
#include "syntax/antlr/recovery.h"
#include "syntax/antlr/stream.h"
#include "syntax/source_checks.h"
#include "syntax/tokens.h"

namespace tdc {

using antlr::DeclarationBuilder;
using antlr::Piece;
using antlr::Stream;
using antlr::TdParser;

std::optional<ast::File> parse(const SourceFiles& files, FileId file, Diagnostics& diagnostics) {
  const int errors_before = diagnostics.error_count();
  if (!check_source(files, file, diagnostics)) return std::nullopt;

  const std::string_view text = files.text(file);
  Stream stream(text, 0, text.size());
  std::vector<Token> tokens = antlr::take_tokens(files, file, stream);
  const TokenChecks checks = check_tokens(files, tokens, diagnostics);
  if (!checks.may_parse) return std::nullopt;

  TdParser::FileContext* tree =
      antlr::run_parser(files, stream, tokens, checks, &TdParser::file, diagnostics);
  const bool is_whole_tree = diagnostics.error_count() == errors_before;
  Piece piece = {.files = files, .file = file, .tokens = tokens, .diagnostics = diagnostics};
  DeclarationBuilder builder(piece);
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
  stream.parser.setErrorHandler(antlr::stop_at_error());
  try {
    stream.parser.file();
  } catch (const antlr4::ParseCancellationException&) {
    listener.found.push_back("the file does not parse");
  }
  return listener.found;
}

}  // namespace tdc