#include "memory/validate_boxes.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace tdc::memory {
namespace {

std::vector<size_t> chain_axes(const ops::Space& space) {
  std::vector<size_t> axes;
  for (size_t i = 0; i < space.axes.size(); ++i)
    if (space.axes[i].kind == ops::AxisKind::chain) axes.push_back(i);
  return axes;
}

/// From the first to the last position of the box on a walk over `axes`, the last one fastest.
ops::Range walked(const ops::Space& space, const std::vector<size_t>& axes, const ops::Box& box) {
  int64_t first = 0, last = 0;
  for (const size_t axis : axes) {
    first = first * space.axes[axis].extent + box[axis].begin;
    last = last * space.axes[axis].extent + box[axis].end - 1;
  }
  return {first, last + 1};
}

/// A walk that leaves out none of the positions from its first to its last.
std::optional<std::string> walk_problem(const ops::Space& space, const std::vector<size_t>& axes,
                                        const ops::Box& box) {
  const ops::Range positions = walked(space, axes, box);
  int64_t count = 1;
  std::string names;
  for (const size_t axis : axes) {
    count *= box[axis].extent();
    names += (names.empty() ? "" : ", ") + space.axes[axis].name;
  }
  if (count == positions.extent()) return std::nullopt;
  return fmt::format("takes {} of the positions {}..{} of {}", count, positions.begin,
                     positions.end, names);
}

/// Whether so many nested loops walk the box: going outwards, an axis with several indices joins
/// the loop of those inside of it if that has all of theirs.
std::optional<std::string> loops_problem(const ops::Space& space, const ops::MergedAxes& merged,
                                         const ops::Box& box) {
  if (merged.loops == 1) return walk_problem(space, merged.axes, box);
  int64_t loops = 1;
  bool has_all = true;
  for (size_t i = merged.axes.size(); i-- > 0;) {
    const size_t axis = merged.axes[i];
    if (box[axis].extent() > 1 && !has_all) {
      ++loops;
      has_all = true;
    }
    has_all = has_all && box[axis].extent() == space.axes[axis].extent;
  }
  if (loops <= merged.loops) return std::nullopt;
  return fmt::format("takes {} loops, of which the kernel has {}", loops, merged.loops);
}

class Cover {
 public:
  explicit Cover(const ops::Space& space) : space_(space) {}

  /// Looks at the axes from the `at.size()`-th on, where `boxes` all contain `at`.
  std::optional<std::string> problem(std::vector<const ops::Box*> boxes, ops::Box& at) const {
    const size_t axis = at.size();
    if (axis == space_.axes.size()) {
      if (boxes.size() == 1) return std::nullopt;
      return fmt::format("{} launches compute {}", boxes.size(), to_text(at));
    }
    const auto range = [&](const ops::Box* box) { return (*box)[axis]; };
    std::sort(boxes.begin(), boxes.end(), [&](const ops::Box* a, const ops::Box* b) {
      return range(a).begin < range(b).begin;
    });
    std::vector<int64_t> cuts = {0, space_.axes[axis].extent};
    for (const ops::Box* box : boxes) {
      cuts.push_back(range(box).begin);
      cuts.push_back(range(box).end);
    }
    std::sort(cuts.begin(), cuts.end());
    cuts.erase(std::unique(cuts.begin(), cuts.end()), cuts.end());
    std::vector<const ops::Box*> here;
    auto next = boxes.begin();
    for (size_t i = 0; i + 1 < cuts.size(); ++i) {
      std::erase_if(here, [&](const ops::Box* box) { return range(box).end <= cuts[i]; });
      for (; next != boxes.end() && range(*next).begin == cuts[i]; ++next) here.push_back(*next);
      at.push_back({cuts[i], cuts[i + 1]});
      std::optional<std::string> found =
          here.empty() ? fmt::format("no launch computes {}", to_text(at)) : problem(here, at);
      at.pop_back();
      if (found) return found;
    }
    return std::nullopt;
  }

 private:
  /// The axes that are cut: `row 4..8`.
  [[nodiscard]] std::string to_text(const ops::Box& at) const {
    std::string text;
    for (size_t i = 0; i < at.size(); ++i)
      if (at[i].extent() < space_.axes[i].extent)
        text += fmt::format("{}{} {}..{}", text.empty() ? "" : ", ", space_.axes[i].name,
                            at[i].begin, at[i].end);
    return text.empty() ? "it" : text;
  }

  const ops::Space& space_;
};

}  // namespace

std::vector<ops::Range> taken(const ops::Access& access, const ops::Box& box) {
  std::vector<ops::Range> result;
  for (const ops::Reach& reach : access.dims) {
    double first = 0, last = 0;
    for (const ops::Reach::Term& term : reach.terms) {
      const auto at_begin = static_cast<double>(term.coefficient * box[term.axis].begin);
      const auto at_end = static_cast<double>(term.coefficient * (box[term.axis].end - 1));
      first += term.coefficient > 0 ? at_begin : at_end;
      last += term.coefficient > 0 ? at_end : at_begin;
    }
    for (const ops::Window& window : reach.windows) {
      const auto scale = static_cast<double>(window.scale);
      const auto divisor = static_cast<double>(window.divisor);
      first = std::ceil((first * scale + static_cast<double>(window.low)) / divisor);
      last = std::floor((last * scale + static_cast<double>(window.high)) / divisor);
      first = std::max(first, 0.0);
      last = std::min(last, static_cast<double>(window.extent - 1));
    }
    if (first > last)
      result.push_back({0, 0});
    else
      result.push_back({static_cast<int64_t>(first), static_cast<int64_t>(last) + 1});
  }
  return result;
}

ops::Range chain_positions(const ops::Space& space, const ops::Box& box) {
  return walked(space, chain_axes(space), box);
}

int64_t chain_length(const ops::Space& space) {
  int64_t length = 1;
  for (const size_t axis : chain_axes(space)) length *= space.axes[axis].extent;
  return length;
}

std::optional<std::string> box_problem(const ops::Space& space, const ops::Box& box) {
  if (box.size() != space.axes.size())
    return fmt::format("has a box of {} axes in a space of {}", box.size(), space.axes.size());
  for (size_t i = 0; i < box.size(); ++i)
    if (box[i].begin < 0 || box[i].begin >= box[i].end || box[i].end > space.axes[i].extent)
      return fmt::format("takes {}..{} of axis {}, which has {}", box[i].begin, box[i].end,
                         space.axes[i].name, space.axes[i].extent);
  if (auto problem = walk_problem(space, chain_axes(space), box)) return problem;
  for (const ops::MergedAxes& merged : space.merged)
    if (auto problem = loops_problem(space, merged, box)) return problem;
  return std::nullopt;
}

std::optional<std::string> cover_problem(const ops::Space& space,
                                         const std::vector<const ops::Box*>& boxes) {
  ops::Box at;
  return Cover(space).problem(boxes, at);
}

}  // namespace tdc::memory
