#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "syntax/ast.h"

namespace tdc::check {

/// Paths that patterns are matched with, in the order in which they were added. A pattern that
/// begins with names is only compared with the paths that begin so: many lines that name one
/// parameter each take as long as there are lines, not as lines times parameters.
class PathIndex {
 public:
  void add(const std::string& path);

  [[nodiscard]] const std::vector<std::string>& paths() const { return paths_; }
  /// Of the path at `position`.
  [[nodiscard]] const std::vector<std::string>& segments(size_t position) const {
    return segments_[position];
  }
  /// Where the path stands that is exactly this, the first if there are several.
  [[nodiscard]] std::optional<size_t> find(const std::string& path) const;
  /// Which paths the pattern names, its negation aside, in order (match-1 to match-4).
  [[nodiscard]] std::vector<size_t> matches(const ast::Pattern& pattern) const;

 private:
  std::vector<std::string> paths_;
  std::vector<std::vector<std::string>> segments_;
  std::map<std::vector<std::string>, std::vector<size_t>> positions_;  // by segments
};

}  // namespace tdc::check
