#pragma once

#include <optional>
#include <string>
#include <vector>

#include "diag/diagnostic.h"
#include "support/source.h"
#include "syntax/ast.h"

namespace tdc {

/// Reads one source file. Reports every syntax error of it; null if there was one.
std::optional<ast::File> parse(const SourceFiles& files, FileId file, Diagnostics& diagnostics);

/// The places of a file, as "rule: text", that the grammar can read in two ways. A test holds that
/// there are none.
std::vector<std::string> find_ambiguities(const SourceFiles& files, FileId file);

}  // namespace tdc
