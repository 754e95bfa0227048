#include "check/selectors.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace tdc::check {
namespace {

using Path = std::vector<std::string>;
/// How many segments have been matched: all possibilities at once, so that no pattern takes longer
/// than its length times that of the path.
using Positions = std::set<size_t>;

bool picks_segment(const std::vector<ast::Pick>& picks, const std::string& segment) {
  return std::any_of(picks.begin(), picks.end(), [&](const ast::Pick& pick) {
    if (pick.kind == ast::Pick::Kind::kIndex) return segment == fmt::format("{}", *pick.begin);
    if (pick.kind == ast::Pick::Kind::kSlice || segment.size() > 18 ||
        segment.find_first_not_of("0123456789") != std::string::npos)
      return false;
    const int64_t number = std::stoll(segment);
    return number >= *pick.begin && number < *pick.end;
  });
}

Positions advance(const std::vector<ast::PatternPiece>& pieces, const Path& path,
                  Positions positions) {
  for (const ast::PatternPiece& piece : pieces) {
    Positions next;
    if (const auto* name = std::get_if<std::string>(&piece.kind)) {
      for (const size_t at : positions)
        if (at < path.size() && path[at] == *name) next.insert(at + 1);
    } else if (std::holds_alternative<ast::AnySegment>(piece.kind)) {
      for (const size_t at : positions)
        if (at < path.size()) next.insert(at + 1);
    } else if (std::holds_alternative<ast::AnyPath>(piece.kind)) {
      if (!positions.empty())
        for (size_t at = *positions.begin(); at <= path.size(); ++at) next.insert(at);
    } else {
      for (const ast::Pattern& each : std::get<ast::Alternatives>(piece.kind).patterns)
        next.merge(advance(each.pieces, path, positions));
    }
    if (!piece.picks.empty()) {
      Positions picked;
      for (const size_t at : next)
        if (at < path.size() && picks_segment(piece.picks, path[at])) picked.insert(at + 1);
      next = std::move(picked);
    }
    positions = std::move(next);
  }
  return positions;
}

}  // namespace

Path split_path(std::string_view path) {
  Path segments;
  while (true) {
    const size_t dot = path.find('.');
    segments.emplace_back(path.substr(0, dot));
    if (dot == std::string_view::npos) return segments;
    path.remove_prefix(dot + 1);
  }
}

bool matches(const ast::Pattern& pattern, const Path& path) {
  return advance(pattern.pieces, path, {0}).contains(path.size());
}

bool matches_prefix(const ast::Pattern& pattern, const Path& path) {
  const Positions positions = advance(pattern.pieces, path, {0});
  return !positions.empty() && *positions.begin() < path.size();
}

std::vector<ast::Pattern> narrowed(const ast::Pattern& pattern) {
  std::vector<ast::Pattern> result;
  const auto keep = [&](size_t piece, SourceRange range) -> ast::PatternPiece& {
    result.push_back(pattern);
    result.back().range = range;
    return result.back().pieces[piece];
  };
  for (size_t i = 0; i < pattern.pieces.size(); ++i) {
    const ast::PatternPiece& piece = pattern.pieces[i];
    if (piece.picks.size() > 1)
      for (const ast::Pick& pick : piece.picks) keep(i, pick.range).picks = {pick};
    const auto* alternatives = std::get_if<ast::Alternatives>(&piece.kind);
    if (alternatives == nullptr) continue;
    for (const ast::Pattern& each : alternatives->patterns) {
      keep(i, each.range).kind = ast::Alternatives{{each}};
      for (const ast::Pattern& inner : narrowed(each))
        keep(i, inner.range).kind = ast::Alternatives{{inner}};
    }
  }
  return result;
}

const ast::Pick* find_slice(const ast::Pattern& pattern) {
  for (const ast::PatternPiece& piece : pattern.pieces) {
    for (const ast::Pick& pick : piece.picks)
      if (pick.kind == ast::Pick::Kind::kSlice) return &pick;
    if (const auto* alternatives = std::get_if<ast::Alternatives>(&piece.kind))
      for (const ast::Pattern& each : alternatives->patterns)
        if (const ast::Pick* slice = find_slice(each)) return slice;
  }
  return nullptr;
}

}  // namespace tdc::check
