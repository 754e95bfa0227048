#include "schedule/overlap.h"

#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <vector>

#include "ops/space.h"

namespace tdc::schedule {
namespace {

/// Offsets of the first and behind the last element.
ops::Range span_of(const View& view) {
  ops::Range span = {view.offset, view.offset + 1};
  for (size_t i = 0; i < view.extent.size(); ++i) {
    const int64_t reach = (view.extent[i] - 1) * view.stride[i];
    (reach < 0 ? span.begin : span.end) += reach;
  }
  return span;
}

/// Looks for indices i of `a` and j of `b` with the sum of (i - j) * stride = distance, the axis
/// with the longest stride first: few differences leave what the others can reach.
class Meeting {
 public:
  Meeting(const View& a, const View& b) : a_(a), b_(b), axes_(a.stride.size()) {
    std::iota(axes_.begin(), axes_.end(), size_t{0});
    std::ranges::sort(
        axes_, [&](size_t x, size_t y) { return std::abs(a.stride[x]) > std::abs(a.stride[y]); });
  }

  [[nodiscard]] bool exists(size_t at, int64_t distance) const {
    if (at == axes_.size()) return distance == 0;
    const size_t axis = axes_[at];
    const int64_t stride = a_.stride[axis];
    for (int64_t step = 1 - b_.extent[axis]; step < a_.extent[axis]; ++step) {
      const int64_t left = distance - step * stride;
      if (std::abs(left) <= reach(at + 1) && exists(at + 1, left)) return true;
      if (stride == 0) break;
    }
    return false;
  }

 private:
  /// The longest distance that the axes from the `at`-th on can make.
  [[nodiscard]] int64_t reach(size_t at) const {
    int64_t sum = 0;
    for (; at < axes_.size(); ++at) {
      const size_t axis = axes_[at];
      sum += (std::max(a_.extent[axis], b_.extent[axis]) - 1) * std::abs(a_.stride[axis]);
    }
    return sum;
  }

  const View& a_;
  const View& b_;
  std::vector<size_t> axes_;
};

}  // namespace

bool may_overlap(const View& a, const View& b) {
  const ops::Range of_a = span_of(a), of_b = span_of(b);
  if (of_a.end <= of_b.begin || of_b.end <= of_a.begin) return false;
  return a.stride != b.stride || Meeting(a, b).exists(0, b.offset - a.offset);
}

}  // namespace tdc::schedule
