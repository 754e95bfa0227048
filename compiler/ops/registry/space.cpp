#include "ops/space.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <ranges>
#include <tuple>

#include "ops/kernel.h"
#include "support/check.h"

namespace tdc::ops {
namespace {

int64_t floor_div(int64_t a, int64_t b) {
  return a / b - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0);
}
int64_t ceil_div(int64_t a, int64_t b) {
  return -floor_div(-a, b);
}

/// Smallest and largest index, both included; first > last if there is none.
struct Interval {
  int64_t first, last;
};

Interval sum_of_terms(const Reach& reach, const Box& box) {
  Interval sum = {0, 0};
  for (const Reach::Term& term : reach.terms) {
    const int64_t a = term.coefficient * box.at(term.axis).begin;
    const int64_t b = term.coefficient * (box.at(term.axis).end - 1);
    sum.first += std::min(a, b);
    sum.last += std::max(a, b);
  }
  return sum;
}

Interval through(const Window& window, Interval in) {
  return {ceil_div(window.scale * in.first + window.low, window.divisor),
          floor_div(window.scale * in.last + window.high, window.divisor)};
}

Interval clamp(Interval in, int64_t extent) {
  return {std::max<int64_t>(in.first, 0), std::min(in.last, extent - 1)};
}

Interval before_last_clamp(const Reach& reach, const Box& box) {
  Interval interval = sum_of_terms(reach, box);
  for (size_t i = 0; i < reach.windows.size(); ++i) {
    interval = through(reach.windows[i], interval);
    if (i + 1 < reach.windows.size()) interval = clamp(interval, reach.windows[i].extent);
  }
  return interval;
}

Range range_of(Interval interval) {
  if (interval.first > interval.last) return {0, 0};
  return {interval.first, interval.last + 1};
}

/// x with a x = 1 modulo m, for a and m without a common divisor.
int64_t inverse(int64_t a, int64_t m) {
  int64_t x = 0, next = 1, rest = m, divisor = ((a % m) + m) % m;
  while (divisor != 0) {
    const int64_t times = rest / divisor;
    std::tie(x, next) = std::pair(next, x - times * next);
    std::tie(rest, divisor) = std::pair(divisor, rest - times * divisor);
  }
  return ((x % m) + m) % m;
}

/// How many b of `range` give an index: (sum + coefficient * b + low) / divisor exact and in
/// 0 .. extent - 1, for a window of one index.
int64_t count_inside(const Window& window, int64_t sum, int64_t coefficient, Range range) {
  if (coefficient < 0) {  // counts b' = -b instead
    return count_inside(window, sum, -coefficient, {1 - range.end, 1 - range.begin});
  }
  const int64_t base = sum + window.low;
  const int64_t first =
      std::max(range.begin, coefficient == 0 ? range.begin : ceil_div(-base, coefficient));
  const int64_t highest = window.divisor * (window.extent - 1) - base;
  const int64_t last =
      std::min(range.end - 1, coefficient == 0 ? range.end - 1 : floor_div(highest, coefficient));
  if (first > last) return 0;
  const int64_t common = std::gcd(coefficient, window.divisor);
  if (base % common != 0) return 0;
  const int64_t period = window.divisor / common;
  if (coefficient == 0 && (base < 0 || highest < 0)) return 0;
  // b = start modulo period
  const int64_t start = period == 1 ? 0
                                    : ((-base / common % period + period) % period) *
                                          inverse(coefficient / common, period) % period;
  return floor_div(last - start, period) - floor_div(first - 1 - start, period);
}

/// The points of the axes of one dimension that give an index of it.
int64_t points_of(const Reach& reach, const Box& box) {
  TDC_CHECK(reach.windows.size() == 1 && reach.windows[0].low == reach.windows[0].high &&
                reach.windows[0].scale == 1 && reach.terms.size() <= 2,
            "points are counted for one index a point");
  const Window& window = reach.windows[0];
  if (reach.terms.empty()) return 1;
  Reach::Term outer = reach.terms[0];
  if (reach.terms.size() == 1)
    return count_inside(window, 0, outer.coefficient, box.at(outer.axis));
  Reach::Term inner = reach.terms[1];
  if (box.at(outer.axis).extent() > box.at(inner.axis).extent()) std::swap(outer, inner);
  int64_t count = 0;
  for (int64_t a = box.at(outer.axis).begin; a < box.at(outer.axis).end; ++a)
    count += count_inside(window, outer.coefficient * a, inner.coefficient, box.at(inner.axis));
  return count;
}

}  // namespace

size_t SpaceBuilder::axis(std::string_view name, int64_t extent, AxisKind kind) {
  space_.axes.push_back({.name = std::string(name), .extent = extent, .kind = kind});
  return space_.axes.size() - 1;
}

Reach SpaceBuilder::along(size_t axis) {
  return {.terms = {{axis, 1}}, .windows = {}};
}

Reach SpaceBuilder::all(int64_t extent) {
  return {.terms = {}, .windows = {{.high = extent - 1, .extent = extent}}};
}

Reach SpaceBuilder::nested(size_t outer, size_t inner) {
  merge({outer, inner});
  return {.terms = {{outer, space_.axes.at(inner).extent}, {inner, 1}}, .windows = {}};
}

void SpaceBuilder::merge(std::vector<size_t> axes, int64_t loops) {
  const auto is_same = [&](const MergedAxes& merged) { return merged.axes == axes; };
  if (std::ranges::none_of(space_.merged, is_same))
    space_.merged.push_back({.axes = std::move(axes), .loops = loops});
}

SpaceBuilder& SpaceBuilder::input(std::optional<Access> access) {
  space_.inputs.push_back(std::move(access));
  return *this;
}

SpaceBuilder& SpaceBuilder::output(Access access) {
  space_.outputs.push_back(std::move(access));
  return *this;
}

std::vector<size_t> add_axes(SpaceBuilder& builder, const ir::Dims& dims, AxisKind kind) {
  std::vector<size_t> axes;
  for (size_t i = 0; i < dims.size(); ++i)
    axes.push_back(builder.axis(fmt::format("axis{}", i), dims[i], kind));
  return axes;
}

Access broadcast_access(const ir::Dims& own, const ir::Dims& dims,
                        const std::vector<size_t>& axes) {
  const size_t missing = dims.size() - own.size();
  Access access;
  for (size_t i = 0; i < own.size(); ++i)
    access.dims.push_back(own[i] == dims[missing + i] ? SpaceBuilder::along(axes[missing + i])
                                                      : SpaceBuilder::all(own[i]));
  return access;
}

Access whole_access(const ir::Dims& own) {
  Access access;
  for (const int64_t extent : own) access.dims.push_back(SpaceBuilder::all(extent));
  return access;
}

Box whole_box(const Space& space) {
  Box box;
  for (const SpaceAxis& axis : space.axes) box.push_back({0, axis.extent});
  return box;
}

bool is_whole(const Space& space, const Box& box) {
  return box == whole_box(space);
}

Region region(const Access& access, const Box& box) {
  Region result;
  for (const Reach& reach : access.dims) {
    Interval interval = before_last_clamp(reach, box);
    if (!reach.windows.empty()) interval = clamp(interval, reach.windows.back().extent);
    result.push_back(range_of(interval));
  }
  return result;
}

ir::Dims extents(const Region& region) {
  ir::Dims dims;
  for (const Range& range : region) dims.push_back(range.extent());
  return dims;
}

std::optional<Box> inside(const Access& access, Box box) {
  for (const Reach& reach : access.dims) {
    if (reach.windows.empty()) continue;
    const Window& window = reach.windows.front();
    TDC_CHECK(reach.windows.size() == 1 && window.scale == 1 && window.divisor == 1 &&
                  window.low == window.high && reach.terms.size() == 1 &&
                  reach.terms[0].coefficient == 1,
              "a dimension is more than one axis and a distance");
    Range& range = box.at(reach.terms[0].axis);
    range = {std::max(range.begin, -window.low), std::min(range.end, window.extent - window.low)};
    if (range.begin >= range.end) return std::nullopt;
  }
  return box;
}

Range unclamped(const Reach& reach, const Box& box) {
  return range_of(before_last_clamp(reach, box));
}

bool starts_chains(const Space& space, const Box& box) {
  for (size_t i = 0; i < space.axes.size(); ++i)
    if (space.axes[i].kind == AxisKind::chain && box.at(i).begin != 0) return false;
  return true;
}

std::optional<std::string> cut_problem(const Space& space, const Box& box) {
  TDC_CHECK(box.size() == space.axes.size(), "a box of another space");
  const auto is_cut = [&](size_t axis) { return box[axis].extent() < space.axes[axis].extent; };
  std::string_view wide_chain;  // an outer chain axis with more than one index
  for (size_t i = 0; i < box.size(); ++i) {
    const SpaceAxis& axis = space.axes[i];
    if (box[i].begin < 0 || box[i].begin >= box[i].end || box[i].end > axis.extent)
      return fmt::format("{}..{} is empty or outside of axis {} of {}", box[i].begin, box[i].end,
                         axis.name, axis.extent);
    if (axis.kind != AxisKind::chain) continue;
    if (is_cut(i) && !wide_chain.empty())
      return fmt::format("axis {} is cut inside of {}, which has several indices", axis.name,
                         wide_chain);
    if (box[i].extent() > 1) wide_chain = axis.name;
  }
  for (const MergedAxes& merged : space.merged) {
    // Going outwards, an axis with several indices joins the loop of those inside of it if that has
    // all of theirs.
    int64_t loops = 1;
    std::optional<size_t> cut;  // in the loop so far
    for (const size_t axis : merged.axes | std::views::reverse) {
      if (box[axis].extent() > 1 && cut) {
        if (++loops > merged.loops)
          return fmt::format("axis {} is cut inside of {}, of which there are {}",
                             space.axes[*cut].name, space.axes[axis].name, box[axis].extent());
        cut.reset();
      }
      if (is_cut(axis)) cut = axis;
    }
  }
  return std::nullopt;
}

int64_t points(const Space& space, const Box& box) {
  // Each dimension with a window restricts the axes of its terms, and no axis is restricted twice.
  std::vector<bool> is_counted(space.axes.size(), false);
  int64_t count = 1;
  const auto restrict = [&](const Access& access) {
    for (const Reach& reach : access.dims) {
      if (reach.windows.empty() || reach.terms.empty()) continue;
      for (const Reach::Term& term : reach.terms) {
        TDC_CHECK(!is_counted[term.axis], "axis {} is restricted twice",
                  space.axes[term.axis].name);
        is_counted[term.axis] = true;
      }
      count *= points_of(reach, box);
    }
  };
  for (const auto& input : space.inputs)
    if (input) restrict(*input);
  for (const Access& output : space.outputs) restrict(output);
  for (size_t i = 0; i < box.size(); ++i)
    if (!is_counted[i]) count *= box[i].extent();
  return count;
}

int64_t chain_length(const Space& space, const Box& box) {
  int64_t length = 1;
  for (size_t axis = 0; axis < box.size(); ++axis)
    if (space.axes[axis].kind == AxisKind::chain) length *= box[axis].extent();
  return length;
}

int64_t output_elements(const Space& space, const Box& box) {
  int64_t count = 0;
  for (const Access& output : space.outputs)
    count += ir::element_count(extents(region(output, box)));
  return count;
}

Range KernelCall::range(std::string_view axis) const {
  for (size_t i = 0; i < space.axes.size(); ++i)
    if (space.axes[i].name == axis) return box.at(i);
  TDC_CHECK(false, "no axis {}", axis);
  return {};
}

int64_t KernelCall::input_begin(size_t input, size_t dimension) const {
  return region(space.inputs.at(input).value(), box).at(dimension).begin;
}

int64_t KernelCall::unclamped_begin(size_t input, size_t dimension) const {
  return unclamped(space.inputs.at(input)->dims.at(dimension), box).begin;
}

}  // namespace tdc::ops
