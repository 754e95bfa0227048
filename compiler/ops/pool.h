#pragma once

// What poolings over windows of an image share: their geometry, spaces, and fields of kernels.

#include <string_view>
#include <vector>

#include "ops/op.h"
#include "ops/space.h"

namespace tdc::ops {

/// Extents of one pooling of planes; of a pair the first is along rows.
struct Pooling {
  int64_t height, width, out_height, out_width;
  int64_t kernel[2], stride[2], padding[2];
};
/// `x` is the shape of the images, whose last axes are height and width.
Pooling pooling(const ir::Dims& x, const ir::Attributes& attributes);

/// `kernel`, `stride`, `padding` and `ceil_mode`; what padding is in this pooling.
std::vector<AttributeDef> pooling_attributes(std::string_view padding);

/// The type rule of `op`: from images to one element for each window.
TypeResult infer_pooling(const Call& call, std::string_view op);

/// Shapes that every pooling is tested with.
std::vector<Sample> pooling_samples();

// ---- spaces ------------------------------------------------------------------------------------

/// Axes of the planes of an operand: those of images, merged, and of channels.
std::vector<size_t> add_planes(SpaceBuilder& builder, const ir::Dims& x);
/// An operand of planes whose rows and columns are reached so.
Access plane_access(const std::vector<size_t>& axes, Reach row, Reach column);

/// The positions of x in a window of y, and the windows of y that hold a position of x, along rows
/// (0) or columns (1).
Window positions_of_window(const Pooling& pooling, int along);
Window windows_of_position(const Pooling& pooling, int along);

/// The space of a pooling of input 0.
Space pooling_space(const Call& call);

// ---- kernels -----------------------------------------------------------------------------------

void add_pooling_fields(std::vector<KernelField>& fields);
/// `windows` is what lies like y. The padding of a piece is what its windows lack of x.
void bind_pooling(const KernelCall& call, const OperandLayout& windows, KernelScalars& scalars);
/// How many images and channels a layout of planes has.
void bind_plane_counts(const OperandLayout& layout, KernelScalars& scalars);
/// Strides of images, channels and rows; columns are dense.
void bind_planes(const OperandLayout& layout, std::string_view image, std::string_view channel,
                 std::string_view row, KernelScalars& scalars);

/// The fields of a pooling of input 0 to output 0.
void bind_pooling_kernel(const KernelCall& call, KernelScalars& scalars);
/// Its kernel.
KernelDef pooling_kernel(std::string_view name, std::string_view file);

}  // namespace tdc::ops
