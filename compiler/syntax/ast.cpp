#include "syntax/ast.h"

#include <algorithm>

namespace tdc::ast {

SourceRange String::place(size_t begin, size_t end) const {
  // Each escape before an index moves it by one byte; the opening quote by one more.
  const auto offset = [&](size_t index) {
    const auto before = std::lower_bound(escapes.begin(), escapes.end(), index) - escapes.begin();
    return range.begin + 1 + static_cast<uint32_t>(index) + static_cast<uint32_t>(before);
  };
  return {.file = range.file, .begin = offset(begin), .end = offset(end)};
}

}  // namespace tdc::ast
