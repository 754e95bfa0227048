// Operations are counted in closed form; here they are counted one by one, and where that would
// take days, by hand.

#include <doctest/doctest.h>

#include "ops/registry.h"

namespace tdc::ops {
namespace {

struct Axis {
  int64_t extent, kernel, stride, padding, dilation;
};

int64_t outputs_of(const Axis& a) {
  const int64_t span = a.extent + 2 * a.padding - a.dilation * (a.kernel - 1) - 1;
  return span < 0 ? 0 : span / a.stride + 1;
}

int64_t taps_one_by_one(const Axis& a) {
  int64_t count = 0;
  for (int64_t i = 0; i < outputs_of(a); ++i)
    for (int64_t p = 0; p < a.kernel; ++p) {
      const int64_t at = i * a.stride + p * a.dilation - a.padding;
      if (at >= 0 && at < a.extent) ++count;
    }
  return count;
}

/// Of a convolution along columns: one row, one channel, one output.
int64_t counted(const Axis& a) {
  const OpDef& conv2d = op("conv2d");
  Call call = {.inputs = {ir::TensorType{.dims = {1, 1, a.extent}},
                          ir::TensorType{.dims = {1, 1, 1, a.kernel}}},
               .attributes = complete_attributes(
                   conv2d, {{"stride", std::vector<int64_t>{1, a.stride}},
                            {"padding", std::vector<int64_t>{0, a.padding}},
                            {"dilation", std::vector<int64_t>{1, a.dilation}}})};
  call.outputs = {ir::TensorType{.dims = {1, 1, outputs_of(a)}}};
  return flop(conv2d, call);
}

TEST_CASE("the FLOP of convolutions are those of the taps inside the image") {
  for (int64_t extent = 1; extent <= 9; ++extent)
    for (int64_t kernel = 1; kernel <= 5; ++kernel)
      for (int64_t stride = 1; stride <= 4; ++stride)
        for (int64_t padding = 0; padding <= 6; ++padding)
          for (int64_t dilation = 1; dilation <= 4; ++dilation) {
            const Axis axis = {extent, kernel, stride, padding, dilation};
            if (outputs_of(axis) == 0) continue;
            CAPTURE(extent);
            CAPTURE(kernel);
            CAPTURE(stride);
            CAPTURE(padding);
            CAPTURE(dilation);
            CHECK(counted(axis) == 2 * taps_one_by_one(axis));
          }
}

TEST_CASE("the FLOP of convolutions are not counted tap by tap") {
  // Every tap lies inside: one by one these would be 1.9e11.
  CHECK(
      counted({.extent = 2'000'000, .kernel = 100'000, .stride = 1, .padding = 0, .dilation = 1}) ==
      2 * int64_t{1'900'001} * 100'000);
  // Padded by one on both sides, the first and the last output lose one tap each.
  CHECK(
      counted({.extent = 2'000'000, .kernel = 100'000, .stride = 1, .padding = 1, .dilation = 1}) ==
      2 * (int64_t{1'900'003} * 100'000 - 2));
}

}  // namespace
}  // namespace tdc::ops
