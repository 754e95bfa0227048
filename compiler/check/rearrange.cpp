#include "check/rearrange.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <optional>

namespace tdc::check {
namespace {

/// A name in the pattern, or the literal `1` (op-6).
struct Axis {
  std::string name;  // `1` for a unit axis
  size_t begin = 0, end = 0;
  [[nodiscard]] bool is_unit() const { return name == "1"; }
};

/// Axes that are one axis of the tensor: `(h w)`, or one alone.
struct Group {
  std::vector<Axis> axes;
  size_t begin = 0, end = 0;
};

struct Side {
  std::vector<Group> groups;
  bool has_leading = false;
};

class Parser {
 public:
  explicit Parser(std::string_view pattern) : pattern_(pattern) {}

  std::optional<std::pair<Side, Side>> parse() {
    Side left = side(true);
    if (!problem && !take("->"))
      fail("a pattern has the form `axes -> axes`", at_, pattern_.size());
    Side right = problem ? Side{} : side(false);
    if (problem) return std::nullopt;
    return std::pair(std::move(left), std::move(right));
  }

  std::optional<RearrangeProblem> problem;

 private:
  void skip_blanks() {
    while (at_ < pattern_.size() && pattern_[at_] == ' ') ++at_;
  }
  bool take(std::string_view token) {
    if (!pattern_.substr(at_).starts_with(token)) return false;
    at_ += token.size();
    return true;
  }
  void fail(std::string text, size_t begin, size_t end) {
    if (!problem) problem = {std::move(text), begin, std::max(end, begin)};
  }

  Side side(bool is_left) {
    Side result;
    skip_blanks();
    if (take("..")) {
      take(".");  // einops writes `...`
      result.has_leading = true;
    }
    while (!problem) {
      skip_blanks();
      if (at_ == pattern_.size() || (is_left && pattern_.substr(at_).starts_with("->"))) break;
      const size_t begin = at_;
      if (take("(")) {
        Group group = {.begin = begin};
        while (!problem) {
          skip_blanks();
          if (take(")")) break;
          if (at_ == pattern_.size())
            fail("`(` without `)`", begin, begin + 1);
          else if (const auto axis = name())
            group.axes.push_back(*axis);
        }
        group.end = at_;
        result.groups.push_back(std::move(group));
      } else if (const auto axis = name()) {
        result.groups.push_back({.axes = {*axis}, .begin = axis->begin, .end = axis->end});
      }
    }
    return result;
  }

  std::optional<Axis> name() {
    const auto is_word = [&](size_t i) {
      return i < pattern_.size() &&
             (std::isalnum(static_cast<unsigned char>(pattern_[i])) || pattern_[i] == '_');
    };
    const size_t begin = at_;
    while (is_word(at_)) ++at_;
    Axis axis = {std::string(pattern_.substr(begin, at_ - begin)), begin, at_};
    const bool is_number =
        !axis.name.empty() && std::isdigit(static_cast<unsigned char>(axis.name[0]));
    if (axis.name.empty())
      fail(fmt::format("`{}` has no meaning in a pattern", pattern_.substr(begin, 1)), begin,
           begin + 1);
    else if (is_number && !axis.is_unit())
      fail("`1` is the only number in a pattern; give an axis a name and its extent by keyword",
           begin, at_);
    else
      return axis;
    return std::nullopt;
  }

  std::string_view pattern_;
  size_t at_ = 0;
};

RearrangeProblem at(const Axis& axis, std::string text) {
  return {std::move(text), axis.begin, axis.end};
}

}  // namespace

std::variant<Rearrangement, RearrangeProblem> plan_rearrangement(
    std::string_view pattern, const ir::Dims& dims, const std::map<std::string, int64_t>& sizes) {
  Parser parser(pattern);
  const auto sides = parser.parse();
  if (!sides) return *parser.problem;
  const auto& [left, right] = *sides;
  const RearrangeProblem everywhere = {"", 0, pattern.size()};
  const auto whole = [&](std::string text) {
    return RearrangeProblem{std::move(text), everywhere.begin, everywhere.end};
  };
  if (left.has_leading != right.has_leading) return whole("`..` stands on one side only");
  const size_t written = left.groups.size();
  if (left.has_leading ? dims.size() < written : dims.size() != written)
    return whole(fmt::format("the pattern has {} {} on its left, the tensor has shape {}", written,
                             written == 1 ? "axis" : "axes", ir::to_text(dims)));
  const size_t leading = dims.size() - written;

  // Extents of all names on the left, in order; at most one unknown in each group.
  std::map<std::string, size_t> positions;  // name to position after splitting
  ir::Dims extents(dims.begin(), dims.begin() + static_cast<ptrdiff_t>(leading));
  for (size_t g = 0; g < written; ++g) {
    const Group& group = left.groups[g];
    const int64_t total = dims[leading + g];
    int64_t known = 1;
    const Axis* unknown = nullptr;
    const size_t first = extents.size();
    for (const Axis& axis : group.axes) {
      int64_t extent = 1;
      if (!axis.is_unit()) {
        if (!positions.emplace(axis.name, extents.size()).second)
          return at(axis, fmt::format("`{}` stands twice on the left", axis.name));
        if (const auto size = sizes.find(axis.name); size != sizes.end()) {
          extent = size->second;
        } else if (unknown != nullptr) {
          return at(axis, fmt::format("the extents of `{}` and `{}` are both unknown; give one by "
                                      "keyword, `{}: ...`",
                                      unknown->name, axis.name, axis.name));
        } else {
          unknown = &axis;
        }
      }
      extents.push_back(unknown == &axis ? 0 : extent);
      if (__builtin_mul_overflow(known, extent, &known)) known = INT64_MAX;
    }
    const bool fits = unknown != nullptr ? total % known == 0 : total == known;
    if (!fits)
      return RearrangeProblem{unknown != nullptr
                                  ? fmt::format("an axis of {} cannot be split by {}", total, known)
                                  : fmt::format("this is {}, the axis has {}", known, total),
                              group.begin, group.end};
    for (size_t i = first; i < extents.size(); ++i)
      if (extents[i] == 0) extents[i] = total / known;
  }
  for (const auto& [name, extent] : sizes)
    if (!positions.contains(name))
      return whole(fmt::format("`{}` is given by keyword but does not stand on the left", name));

  // Unit axes of the left vanish, those of the right appear: neither needs a transposition.
  Rearrangement result;
  std::vector<size_t> order;
  result.merged.assign(extents.begin(), extents.begin() + static_cast<ptrdiff_t>(leading));
  std::map<std::string, size_t> seen;
  for (const Group& group : right.groups) {
    int64_t merged = 1;
    for (const Axis& axis : group.axes) {
      if (axis.is_unit()) continue;
      const auto position = positions.find(axis.name);
      if (position == positions.end())
        return at(axis, fmt::format("`{}` stands on the right only", axis.name));
      if (!seen.emplace(axis.name, 0).second)
        return at(axis, fmt::format("`{}` stands twice on the right", axis.name));
      order.push_back(position->second);
      merged *= extents[position->second];
    }
    result.merged.push_back(merged);
  }
  for (const Group& group : left.groups)
    for (const Axis& axis : group.axes)
      if (!axis.is_unit() && !seen.contains(axis.name))
        return at(axis, fmt::format("`{}` stands on the left only", axis.name));

  // Positions among the axes that are transposed, unit axes left out.
  std::vector<size_t> kept = order;
  std::sort(kept.begin(), kept.end());
  result.split.assign(extents.begin(), extents.begin() + static_cast<ptrdiff_t>(leading));
  for (const size_t position : kept) result.split.push_back(extents[position]);
  for (const size_t position : order)
    result.axes.push_back(std::lower_bound(kept.begin(), kept.end(), position) - kept.begin());
  return result;
}

}  // namespace tdc::check
