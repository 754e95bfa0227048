#include "unit/schedule/pieces.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <string>

#include "unit/ops/samples.h"

namespace tdc::test {
namespace {

/// Consecutive ranges of random lengths.
std::vector<ops::Range> ragged(int64_t extent, Random& random) {
  std::vector<ops::Range> parts;
  for (int64_t begin = 0; begin < extent;) {
    const int64_t end =
        std::min(extent, begin + random.between(1, std::max<int64_t>(extent / 2, 1)));
    parts.push_back({begin, end});
    begin = end;
  }
  return parts;
}

std::vector<ops::Range> singles(int64_t extent) {
  std::vector<ops::Range> parts;
  for (int64_t i = 0; i < extent; ++i) parts.push_back({i, i + 1});
  return parts;
}

/// Lets pieces of axes that kernels walk in several loops have one index along all but the last.
void keep_to_loops(const ops::Space& space, std::vector<std::vector<ops::Range>>& parts) {
  for (const ops::MergedAxes& merged : space.merged) {
    const auto is_cut = [&](size_t axis) { return parts[axis].size() > 1; };
    if (merged.loops == 1 || std::ranges::count_if(merged.axes, is_cut) < merged.loops) continue;
    for (const size_t axis : merged.axes)
      if (axis != merged.axes.back()) parts[axis] = singles(space.axes[axis].extent);
  }
}

}  // namespace

std::vector<size_t> outside_of(const ops::Space& space, size_t axis) {
  std::vector<size_t> result;
  if (space.axes[axis].kind == ops::AxisKind::chain)
    for (size_t i = 0; i < axis; ++i)
      if (space.axes[i].kind == ops::AxisKind::chain) result.push_back(i);
  for (const ops::MergedAxes& merged : space.merged) {
    const auto at = std::ranges::find(merged.axes, axis);
    if (merged.loops == 1 && at != merged.axes.end())
      result.insert(result.end(), merged.axes.begin(), at);
  }
  return result;
}

std::vector<ops::Box> boxes(const ops::Space& space, const std::vector<size_t>& axes,
                            Random& random) {
  std::vector<std::vector<ops::Range>> parts;
  for (const ops::SpaceAxis& axis : space.axes) parts.push_back({{0, axis.extent}});
  for (const size_t axis : axes) parts[axis] = ragged(space.axes[axis].extent, random);
  for (bool changes = true; changes;) {
    changes = false;
    for (size_t axis = 0; axis < parts.size(); ++axis) {
      if (parts[axis].size() == 1) continue;
      for (const size_t outer : outside_of(space, axis)) {
        const auto extent = static_cast<size_t>(space.axes[outer].extent);
        if (parts[outer].size() == extent) continue;
        parts[outer] = singles(space.axes[outer].extent);
        changes = true;
      }
    }
  }
  keep_to_loops(space, parts);
  std::vector<ops::Box> result = {{}};
  for (const std::vector<ops::Range>& ranges : parts) {
    std::vector<ops::Box> longer;
    for (const ops::Box& box : result)
      for (const ops::Range& range : ranges) {
        longer.push_back(box);
        longer.back().push_back(range);
      }
    result = std::move(longer);
  }
  return result;
}

void for_each_call(const ops::OpDef& op, const CheckCall& check) {
  uint64_t seed = 0;
  for (const ops::Sample& sample : op.samples()) {
    ++seed;
    std::mt19937_64 random(seed);
    ops::Call call = ops::call_of(op, sample);
    std::vector<std::optional<ops::Tensor>> tensors;
    for (size_t i = 0; i < sample.inputs.size(); ++i)
      tensors.push_back(sample.inputs[i] ? std::optional(ops::draw(sample, i, random))
                                         : std::nullopt);
    INFO("op ", std::string(op.name), ", sample ", seed);
    check(call, tensors, seed);
    if (op.accumulator < 0) continue;
    const auto at = static_cast<size_t>(op.accumulator);
    call.inputs[at] = call.outputs[0];
    tensors[at] =
        ops::draw({.inputs = {call.outputs[0]}, .attributes = {}, .domains = {}}, 0, random);
    check(call, tensors, seed + 1000);
  }
}

}  // namespace tdc::test
