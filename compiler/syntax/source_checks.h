#pragma once

#include "diag/diagnostic.h"
#include "support/source.h"

namespace tdc {

/// A stage stops reporting after this many errors of one file (lex-12).
inline constexpr int kMostSyntaxErrors = 50;
inline constexpr Bytes kMostSourceBytes{8 << 20};

/// Checks the bytes of a file before anything looks at its text: size, UTF-8, and no control
/// characters but tab and newline (written `\n` or `\r\n`) (lex-1, lex-12). False if something was
/// reported.
bool check_source(const SourceFiles& files, FileId file, Diagnostics& diagnostics);

/// The character that starts at `offset` of valid UTF-8, as `U+00E9`, with the character itself if
/// it can be shown: "`é` (U+00E9)".
std::string describe_character(std::string_view text, size_t offset);

/// The number of bytes of the UTF-8 character at `offset`; 0 if there is none.
size_t character_bytes(std::string_view text, size_t offset);

}  // namespace tdc
