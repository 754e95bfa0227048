#pragma once

#include <optional>

#include "diag/diagnostic.h"
#include "support/source.h"
#include "syntax/ast.h"

namespace tdc {

/// Reads one source file. Reports every syntax error of it; null if there was one.
std::optional<ast::File> parse(const SourceFiles& files, FileId file, Diagnostics& diagnostics);

}  // namespace tdc
