#include "check/path_index.h"

#include <fmt/format.h>

#include <algorithm>

#include "check/selectors.h"

namespace tdc::check {
namespace {

using Segments = std::vector<std::string>;

/// The names that all paths of the pattern begin with.
Segments leading_names(const ast::Pattern& pattern) {
  Segments names;
  for (const ast::PatternPiece& piece : pattern.pieces) {
    const auto* name = std::get_if<std::string>(&piece.kind);
    if (name == nullptr) break;
    names.push_back(*name);
    if (piece.picks.empty()) continue;
    if (piece.picks.size() > 1 || piece.picks[0].kind != ast::Pick::Kind::kIndex) break;
    names.push_back(fmt::format("{}", *piece.picks[0].begin));
  }
  return names;
}

bool begins_with(const Segments& path, const Segments& names) {
  return path.size() >= names.size() && std::equal(names.begin(), names.end(), path.begin());
}

}  // namespace

void PathIndex::add(const std::string& path) {
  segments_.push_back(split_path(path));
  positions_[segments_.back()].push_back(paths_.size());
  paths_.push_back(path);
}

std::optional<size_t> PathIndex::find(const std::string& path) const {
  const auto found = positions_.find(split_path(path));
  return found == positions_.end() ? std::nullopt : std::optional(found->second.front());
}

std::vector<size_t> PathIndex::matches(const ast::Pattern& pattern) const {
  const Segments names = leading_names(pattern);
  std::vector<size_t> result;
  for (auto each = positions_.lower_bound(names);
       each != positions_.end() && begins_with(each->first, names); ++each)
    if (check::matches(pattern, each->first))
      result.insert(result.end(), each->second.begin(), each->second.end());
  std::sort(result.begin(), result.end());
  return result;
}

}  // namespace tdc::check
