#pragma once

#include <string>

#include "unit/schedule/schedules.h"

// Runs of launches around convolutions that hand one tensor on, in the entry point that is being
// built.

namespace tdc::test {

struct ConvDims {
  int64_t channels, outputs, height, width, kernel, stride, padding, dilation, groups;
};

/// Small ones of every kind: strided, dilated, padded, grouped.
ConvDims random_conv(Random& random);

int64_t extent_after(int64_t extent, int64_t kernel, int64_t stride, int64_t padding,
                     int64_t dilation);

/// y = max_pool2d(relu(conv2d(x))), the relu in place.
void add_conv_relu_pool(ScheduleBuilder& b, const ConvDims& d, int64_t kernel, int64_t stride,
                        int64_t padding);
/// The same with any numbers.
void add_random_conv_relu_pool(ScheduleBuilder& b, Random& random);

/// y = conv2d(conv2d(conv2d(x))).
void add_three_convs(ScheduleBuilder& b, ConvDims d);

/// The gradient of pooling and of relu, to a weight gradient.
void add_conv_backward(ScheduleBuilder& b, const ConvDims& d);

}  // namespace tdc::test
