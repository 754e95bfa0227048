#include "schedule/relocate.h"

#include <vector>

namespace tdc::schedule {
namespace {

/// Axes of the place that are one in memory: positions of the buffer go up by `flat` for a step of
/// it, elements of the place's buffer by `stride`.
struct Digit {
  int64_t extent, flat, stride;
  int64_t last = 0;  ///< the largest index that the view reaches
};

/// Outermost first, without axes of extent 1.
std::vector<Digit> digits_of(const View& place) {
  std::vector<Digit> digits;
  const ir::Dims flat = ir::dense_strides(place.extent);
  for (size_t axis = 0; axis < place.extent.size(); ++axis) {
    const Digit digit = {place.extent[axis], flat[axis], place.stride[axis]};
    if (digit.extent == 1) continue;
    if (!digits.empty() && digits.back().stride == digit.stride * digit.extent)
      digits.back() = {digits.back().extent * digit.extent, digit.flat, digit.stride};
    else
      digits.push_back(digit);
  }
  return digits;
}

/// The digit that a step of `stride` positions moves; null: none alone.
Digit* digit_of(std::vector<Digit>& digits, int64_t stride) {
  for (Digit& digit : digits)
    if (stride % digit.flat == 0) return &digit;
  return nullptr;
}

}  // namespace

Runs runs_of(const View& view) {
  Runs runs = {.outer = view.extent.size()};
  while (runs.outer > 0 &&
         (view.extent[runs.outer - 1] == 1 || view.stride[runs.outer - 1] == runs.length))
    runs.length *= view.extent[--runs.outer];
  return runs;
}

View with_plain_strides(View view) {
  const ir::Dims dense = ir::dense_strides(view.extent);
  for (size_t axis = 0; axis < view.extent.size(); ++axis)
    if (view.extent[axis] == 1) view.stride[axis] = dense[axis];
  return view;
}

std::optional<View> relocate(const View& view, const View& place) {
  std::vector<Digit> digits = digits_of(place);
  View result = {
      .buffer = place.buffer, .offset = place.offset, .extent = view.extent, .stride = view.stride};
  int64_t rest = view.offset;
  for (Digit& digit : digits) {
    digit.last = rest / digit.flat;
    rest %= digit.flat;
    result.offset += digit.last * digit.stride;
  }
  for (size_t axis = 0; axis < view.extent.size(); ++axis) {
    if (view.extent[axis] < 1 || view.stride[axis] < 0) return std::nullopt;
    if (view.extent[axis] == 1 || view.stride[axis] == 0) continue;
    Digit* digit = digit_of(digits, view.stride[axis]);
    if (digit == nullptr) return std::nullopt;
    const int64_t step = view.stride[axis] / digit->flat;
    digit->last += (view.extent[axis] - 1) * step;
    result.stride[axis] = step * digit->stride;
  }
  for (const Digit& digit : digits)
    if (digit.last >= digit.extent) return std::nullopt;
  return with_plain_strides(std::move(result));
}

}  // namespace tdc::schedule
