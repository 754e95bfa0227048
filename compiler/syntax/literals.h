#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "diag/diagnostic.h"
#include "support/source.h"
#include "syntax/ast.h"

namespace tdc {

/// Whether the underscores of a number stand singly between digits (lex-5).
bool is_well_grouped(std::string_view number);

/// The number `text` at `range`, with its unit if it has one (lex-5, lex-6). Reports what fits
/// neither an int64 nor a double; the value is then 0.
ast::Number decode_number(std::string_view text, SourceRange range, Diagnostics& diagnostics);

/// The string between quotes at `range`, escapes decoded (lex-7). Reports unknown escapes.
ast::String decode_string(std::string_view text, SourceRange range, Diagnostics& diagnostics);

/// A piece of a message: decoded text, or the place of an expression that stands in braces.
using MessagePiece = std::variant<std::string, SourceRange>;

/// The pieces of a `require` message at `range` (lex-7). Reports unknown escapes and single braces.
std::vector<MessagePiece> split_message(std::string_view text, SourceRange range,
                                        Diagnostics& diagnostics);

/// KiB, MiB, ...; in the order of `ast::Unit`.
const std::vector<std::string>& unit_names();

}  // namespace tdc
