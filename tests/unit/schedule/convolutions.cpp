#include "unit/schedule/convolutions.h"

#include <algorithm>

namespace tdc::test {

using schedule::BufferId;

namespace {

BufferId add_conv(ScheduleBuilder& b, BufferId x, const ConvDims& d, const std::string& name,
                  bool is_output) {
  const BufferId w = b.input("w_" + name, {d.outputs, d.channels / d.groups, d.kernel, d.kernel});
  const ir::Dims dims = {d.outputs,
                         extent_after(d.height, d.kernel, d.stride, d.padding, d.dilation),
                         extent_after(d.width, d.kernel, d.stride, d.padding, d.dilation)};
  const BufferId y = is_output ? b.output(name, dims) : b.temporary(name, dims);
  b.launch("conv2d", {x, w}, {y},
           {{"stride", ir::Dims{d.stride, d.stride}},
            {"padding", ir::Dims{d.padding, d.padding}},
            {"dilation", ir::Dims{d.dilation, d.dilation}},
            {"groups", d.groups}});
  return y;
}

}  // namespace

ConvDims random_conv(Random& random) {
  ConvDims d = {};
  d.groups = random.chance(40) ? 2 : 1;
  d.channels = d.groups * random.between(1, 3);
  d.outputs = d.groups * random.between(1, 3);
  d.height = random.between(7, 13);
  d.width = random.between(7, 11);
  d.kernel = random.between(1, 3);
  d.stride = random.between(1, 2);
  d.padding = random.between(0, d.kernel - 1);
  d.dilation = random.between(1, 2);
  return d;
}

int64_t extent_after(int64_t extent, int64_t kernel, int64_t stride, int64_t padding,
                     int64_t dilation) {
  return (extent + 2 * padding - dilation * (kernel - 1) - 1) / stride + 1;
}

void add_conv_relu_pool(ScheduleBuilder& b, const ConvDims& d, int64_t kernel, int64_t stride,
                        int64_t padding) {
  const BufferId x = b.input("x", {d.channels, d.height, d.width});
  const BufferId t = add_conv(b, x, d, "t", false);
  const BufferId r = b.alias("r", t);
  b.launch("relu", {t}, {r});
  const ir::Dims dims = b.schedule().buffers[t].type.dims;
  const BufferId y = b.output("y", {dims[0], extent_after(dims[1], kernel, stride, padding, 1),
                                    extent_after(dims[2], kernel, stride, padding, 1)});
  b.launch("max_pool2d", {r}, {y},
           {{"kernel", ir::Dims{kernel, kernel}},
            {"stride", ir::Dims{stride, stride}},
            {"padding", ir::Dims{padding, padding}}});
}

void add_random_conv_relu_pool(ScheduleBuilder& b, Random& random) {
  const ConvDims d = random_conv(random);
  const int64_t rows = extent_after(d.height, d.kernel, d.stride, d.padding, d.dilation);
  const int64_t columns = extent_after(d.width, d.kernel, d.stride, d.padding, d.dilation);
  const int64_t kernel = random.between(1, std::min<int64_t>({3, rows, columns}));
  const int64_t stride = random.between(1, 3);
  add_conv_relu_pool(b, d, kernel, stride, random.between(0, kernel / 2));
}

void add_three_convs(ScheduleBuilder& b, ConvDims d) {
  const BufferId x = b.input("x", {d.channels, d.height, d.width});
  const BufferId t = add_conv(b, x, d, "t", false);
  const ir::Dims& dims = b.schedule().buffers[t].type.dims;
  ConvDims next = {.channels = dims[0],
                   .outputs = 2,
                   .height = dims[1],
                   .width = dims[2],
                   .kernel = 3,
                   .stride = 1,
                   .padding = 1,
                   .dilation = 1,
                   .groups = 1};
  const BufferId s = add_conv(b, t, next, "s", false);
  next.channels = 2;
  add_conv(b, s, next, "y", true);
}

void add_conv_backward(ScheduleBuilder& b, const ConvDims& d) {
  const ir::Dims dims = {d.outputs,
                         extent_after(d.height, d.kernel, d.stride, d.padding, d.dilation),
                         extent_after(d.width, d.kernel, d.stride, d.padding, d.dilation)};
  const int64_t kernel = 3, stride = 2, padding = 1;
  const BufferId x = b.input("x", {1, d.channels, d.height, d.width});
  const BufferId saved = b.input("saved", {1, dims[0], dims[1], dims[2]});
  const BufferId dy = b.input("dy", {1, dims[0], extent_after(dims[1], kernel, stride, padding, 1),
                                     extent_after(dims[2], kernel, stride, padding, 1)});
  const BufferId dp = b.temporary("dp", {1, dims[0], dims[1], dims[2]});
  b.launch("max_pool2d_grad", {saved, dy}, {dp},
           {{"kernel", ir::Dims{kernel, kernel}},
            {"stride", ir::Dims{stride, stride}},
            {"padding", ir::Dims{padding, padding}}});
  const BufferId dr = b.alias("dr", dp);
  b.launch("relu_grad", {saved, dp}, {dr});
  const BufferId dw = b.output("dw", {d.outputs, d.channels / d.groups, d.kernel, d.kernel});
  b.launch("conv2d_weight_grad", {x, dr, {}}, {dw},
           {{"stride", ir::Dims{d.stride, d.stride}},
            {"padding", ir::Dims{d.padding, d.padding}},
            {"dilation", ir::Dims{d.dilation, d.dilation}},
            {"groups", d.groups},
            {"dims", b.schedule().buffers[dw].type.dims}});
}

}  // namespace tdc::test
