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

bool picks_segment(const ast::Pick& pick, const std::string& segment) {
  if (pick.kind == ast::Pick::Kind::kIndex) return segment == fmt::format("{}", *pick.begin);
  if (pick.kind == ast::Pick::Kind::kSlice || segment.size() > 18 ||
      segment.find_first_not_of("0123456789") != std::string::npos)
    return false;
  const int64_t number = std::stoll(segment);
  return number >= *pick.begin && number < *pick.end;
}

bool picks_segment(const std::vector<ast::Pick>& picks, const std::string& segment) {
  return std::any_of(picks.begin(), picks.end(),
                     [&](const ast::Pick& pick) { return picks_segment(pick, segment); });
}

Positions advance(const std::vector<ast::PatternPiece>& pieces, const Path& path,
                  Positions positions);

/// Where a piece can end that starts at one of `positions`, what stands in its brackets aside.
Positions advance_word(const ast::PatternPiece& piece, const Path& path,
                       const Positions& positions) {
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
  return next;
}

Positions advance(const ast::PatternPiece& piece, const Path& path, const Positions& positions) {
  Positions next = advance_word(piece, path, positions);
  if (piece.picks.empty()) return next;
  Positions picked;
  for (const size_t at : next)
    if (at < path.size() && picks_segment(piece.picks, path[at])) picked.insert(at + 1);
  return picked;
}

Positions advance(const std::vector<ast::PatternPiece>& pieces, const Path& path,
                  Positions positions) {
  for (const ast::PatternPiece& piece : pieces) positions = advance(piece, path, positions);
  return positions;
}

bool meet(const Positions& a, const Positions& b) {
  return std::any_of(a.begin(), a.end(), [&](size_t at) { return b.contains(at); });
}

/// Finds the parts of a pattern that matches of paths go through: those between a position that the
/// pieces before them reach, and one from which the pieces behind them reach the end.
class UsedParts {
 public:
  void add(const std::vector<ast::PatternPiece>& pieces, const Path& path, const Positions& starts,
           const Positions& ends) {
    std::vector<Positions> reached = {starts};
    for (const ast::PatternPiece& piece : pieces)
      reached.push_back(advance(piece, path, reached.back()));
    Positions leading = ends;  // to a match of all that follows
    for (size_t i = pieces.size(); i-- > 0;) {
      const ast::PatternPiece& piece = pieces[i];
      Positions word_ends = leading;
      if (!piece.picks.empty()) word_ends = add_picks(piece, path, reached[i], leading);
      if (const auto* alternatives = std::get_if<ast::Alternatives>(&piece.kind))
        for (const ast::Pattern& each : alternatives->patterns) {
          if (!meet(advance(each.pieces, path, reached[i]), word_ends)) continue;
          used_.insert(&each);
          add(each.pieces, path, reached[i], word_ends);
        }
      Positions before;
      for (const size_t at : reached[i])
        if (meet(advance_word(piece, path, {at}), word_ends)) before.insert(at);
      leading = std::move(before);
    }
  }

  [[nodiscard]] bool is_used(const void* part) const { return used_.contains(part); }

 private:
  /// Notes the entries in brackets that are used; gives where the word before them may end.
  Positions add_picks(const ast::PatternPiece& piece, const Path& path, const Positions& starts,
                      const Positions& leading) {
    Positions word_ends;
    const Positions words = advance_word(piece, path, starts);
    for (const ast::Pick& pick : piece.picks)
      for (const size_t at : words) {
        if (at >= path.size() || !picks_segment(pick, path[at]) || !leading.contains(at + 1))
          continue;
        word_ends.insert(at);
        used_.insert(&pick);
      }
    return word_ends;
  }

  std::set<const void*> used_;  // patterns and picks, by their address
};

void add_unused(const ast::Pattern& pattern, const UsedParts& used,
                std::vector<SourceRange>& unused) {
  for (const ast::PatternPiece& piece : pattern.pieces) {
    if (piece.picks.size() > 1)
      for (const ast::Pick& pick : piece.picks)
        if (!used.is_used(&pick)) unused.push_back(pick.range);
    const auto* alternatives = std::get_if<ast::Alternatives>(&piece.kind);
    if (alternatives == nullptr) continue;
    for (const ast::Pattern& each : alternatives->patterns) {
      if (!used.is_used(&each)) unused.push_back(each.range);
      add_unused(each, used, unused);
    }
  }
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

std::vector<SourceRange> unused_parts(const ast::Pattern& pattern, const std::vector<Path>& paths) {
  UsedParts used;
  for (const Path& path : paths) used.add(pattern.pieces, path, {0}, {path.size()});
  std::vector<SourceRange> unused;
  add_unused(pattern, used, unused);
  return unused;
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
