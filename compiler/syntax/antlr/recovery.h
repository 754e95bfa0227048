#pragma once

// Syntax errors. The parser first runs in its fast mode and stops at the first error. Only then it
// runs again with recovery, which reports all errors: an error abandons the statement, clause,
// parameter or declaration that it lies in, and parsing goes on with the next one.

#include <memory>
#include <vector>

#include "diag/diagnostic.h"
#include "support/source.h"
#include "syntax/antlr/stream.h"
#include "syntax/tokens.h"

namespace tdc::antlr {

/// For the first, fast run: the first error ends it with a `ParseCancellationException`.
std::shared_ptr<antlr4::ANTLRErrorStrategy> stop_at_error();

/// For the second run: reports all errors in our own words.
std::shared_ptr<antlr4::ANTLRErrorStrategy> recovery(const SourceFiles& files,
                                                     const std::vector<Token>& tokens,
                                                     const TokenChecks& checks,
                                                     Diagnostics& diagnostics);

/// Runs `rule` on tokens that may be parsed: fast, and if that fails once more with all errors
/// reported.
template <typename Context>
Context* run_parser(const SourceFiles& files, Stream& stream, const std::vector<Token>& tokens,
                    const TokenChecks& checks, Context* (TdParser::*rule)(),
                    Diagnostics& diagnostics) {
  auto* simulator = stream.parser.getInterpreter<antlr4::atn::ParserATNSimulator>();
  simulator->setPredictionMode(antlr4::atn::PredictionMode::SLL);
  stream.parser.setErrorHandler(stop_at_error());
  try {
    return (stream.parser.*rule)();
  } catch (const antlr4::ParseCancellationException&) {
    stream.tokens.seek(0);
    stream.parser.reset();
    simulator->setPredictionMode(antlr4::atn::PredictionMode::LL);
    stream.parser.setErrorHandler(recovery(files, tokens, checks, diagnostics));
    return (stream.parser.*rule)();
  }
}

}  // namespace tdc::antlr
