#pragma once

#include <string>
#include <string_view>

#include "diag/diagnostic.h"
#include "support/source.h"

namespace tdc {

/// `error`, `warning`, `note` or `hint`.
std::string_view to_text(Severity severity);

/// How messages are written.
struct RenderOptions {
  bool colours = false;  // terminal escape sequences; only if the output is a terminal
};

/// One message as text, every line ending in a newline:
///
///     digits.td:14:14: error: `matmul` inner dimensions differ: 784 and 128 [matmul-inner-dim]
///        14 |   h = matmul(x, w2)
///           |              ^  ~~
///     digits.td:6:3: note: `w2` has shape [128, 10]
///     hint: ...
///
/// A range of several lines is underlined to the end of its first line. Long lines are cut around
/// the place. Columns count bytes, the underline follows characters.
std::string render(const Diagnostic& diagnostic, const SourceFiles& files,
                   RenderOptions options = {});

/// All messages in the order of their places.
std::string render(const Diagnostics& diagnostics, const SourceFiles& files,
                   RenderOptions options = {});

}  // namespace tdc
