#include "ops/strides.h"

#include <fmt/format.h>

#include "ops/bind.h"

namespace tdc::ops {

LoopNest merge_loops(const LoopNest& nest) {
  LoopNest result = {.extent = {}, .strides = std::vector<ir::Dims>(nest.strides.size())};
  for (size_t axis = 0; axis < nest.extent.size(); ++axis) {
    if (nest.extent[axis] == 1) continue;
    bool merges = !result.extent.empty();
    for (size_t i = 0; i < nest.strides.size() && merges; ++i)
      merges = result.strides[i].back() == nest.strides[i][axis] * nest.extent[axis];
    if (merges) {
      result.extent.back() *= nest.extent[axis];
      for (size_t i = 0; i < nest.strides.size(); ++i)
        result.strides[i].back() = nest.strides[i][axis];
    } else {
      result.extent.push_back(nest.extent[axis]);
      for (size_t i = 0; i < nest.strides.size(); ++i)
        result.strides[i].push_back(nest.strides[i][axis]);
    }
  }
  if (result.extent.empty()) {
    result.extent.push_back(1);
    for (ir::Dims& strides : result.strides) strides.push_back(1);
  }
  if (result.extent.size() > static_cast<size_t>(kKernelRank))
    refuse_layout(fmt::format("{} axes after merging", result.extent.size()));
  return result;
}

ir::Dims broadcast_strides(const OperandLayout& layout, size_t rank) {
  ir::Dims strides(rank, 0);
  const size_t missing = rank - layout.extent.size();
  for (size_t axis = 0; axis < layout.extent.size(); ++axis)
    if (layout.extent[axis] != 1) strides[missing + axis] = layout.stride[axis];
  return strides;
}

StridedAxis merge_axes(const OperandLayout& layout, size_t begin, size_t end) {
  StridedAxis result;
  for (size_t axis = begin; axis < end; ++axis) {
    if (layout.extent[axis] == 1) continue;
    if (result.extent != 1 && result.stride != layout.stride[axis] * layout.extent[axis])
      refuse_layout(fmt::format("axes {} to {} of an operand do not merge", begin, end));
    result.extent *= layout.extent[axis];
    result.stride = layout.stride[axis];
  }
  return result;
}

StridedAxis merge_leading(const OperandLayout& layout, size_t trailing) {
  StridedAxis result = merge_axes(layout, 0, layout.extent.size() - trailing);
  if (result.extent > 1) return result;
  result.stride = 1;
  for (size_t axis = layout.extent.size() - trailing; axis < layout.extent.size(); ++axis)
    result.stride *= layout.extent[axis];
  return result;
}

StridedAxis dense_rows(const OperandLayout& layout) {
  check_dense(layout, 1);
  return merge_leading(layout, 1);
}

void check_dense(const OperandLayout& layout) {
  check_dense(layout, layout.extent.size());
}

void check_dense(const OperandLayout& layout, size_t trailing) {
  int64_t stride = 1;
  for (size_t axis = layout.extent.size(); axis-- > layout.extent.size() - trailing;) {
    if (layout.extent[axis] != 1 && layout.stride[axis] != stride)
      refuse_layout(fmt::format("axis {} of an operand has gaps", axis));
    stride *= layout.extent[axis];
  }
}

}  // namespace tdc::ops
