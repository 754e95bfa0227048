#pragma once

// The iteration space of an op, and what follows from it for a piece: the one description from
// which regions, cuts, work, splits between cores and kernel calls are derived, for all ops.
//
//     conv2d, 3x3, padding 1        axes    row (parallel), ..., channel, kernel_row, kernel_column
//     (chains) box: rows 4 to 8              y       rows 4 to 8
//                                   x       rows 3 to 9 (4 - 1 to 7 + 1), clamped to the image
//
// A `Box` is a range on every axis. Bounds inference over boxes is what image compilers do (Halide,
// Ragan-Kelley et al. 2013); intervals are exact here, because indices are sums of axes and
// windows.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ir/types.h"

namespace tdc::ops {

/// Indices begin to end - 1.
struct Range {
  int64_t begin = 0, end = 0;
  [[nodiscard]] int64_t extent() const { return end - begin; }
  friend bool operator==(const Range&, const Range&) = default;
};

enum class AxisKind : uint8_t {
  parallel,  ///< every index computes outputs of its own
  chain,  ///< summed in ascending order, several chains lexicographically: the pieces of an output
          ///< are consecutive intervals of the chain, and each continues the one before
};

struct SpaceAxis {
  std::string name;
  int64_t extent = 1;
  AxisKind kind = AxisKind::parallel;
};

/// How an interval becomes another: [ceil((scale * first + low) / divisor),
/// floor((scale * last + high) / divisor)], clamped to 0 .. extent - 1. What was clamped away is
/// the kernel's own padding.
struct Window {
  int64_t scale = 1;
  int64_t low = 0, high = 0;
  int64_t divisor = 1;
  int64_t extent = 1;
};

/// Which indices of one dimension of an operand a box touches: the sum of coefficient * axis, then
/// windows one after another. The last window's extent is the dimension's; without windows nothing
/// can lie outside of it.
struct Reach {
  struct Term {
    size_t axis;
    int64_t coefficient;
  };
  std::vector<Term> terms;
  std::vector<Window> windows;
};

/// How the indices of an operand follow from the axes, dimension by dimension.
struct Access {
  std::vector<Reach> dims;
  /// Which elements are used depends on data (an index); the region is all that could be.
  bool is_indexed = false;
};

/// Axes, outermost first, that kernels walk as one, or in so many nested loops. An axis inside of
/// one that has several indices starts a loop of its own where it is cut.
struct MergedAxes {
  std::vector<size_t> axes;
  int64_t loops = 1;
};

/// The axes along which an op can be cut, the outermost first. What is never cut (rows of softmax
/// and of norms, sums in eight parts) is no axis: operands are needed whole along it.
struct Space {
  std::vector<SpaceAxis> axes;
  std::vector<MergedAxes> merged;
  std::vector<std::optional<Access>> inputs;  ///< nullopt where an optional operand is absent
  std::vector<Access> outputs;
};

/// A range on every axis of a space, in its order; none is empty.
using Box = std::vector<Range>;

/// A range on every dimension of an operand; empty ranges where nothing of it is touched.
using Region = std::vector<Range>;

// ---- building spaces ---------------------------------------------------------------------------

/// A space under construction: axes by name, then how operands follow from them.
class SpaceBuilder {
 public:
  /// Adds an axis and gives its index.
  size_t axis(std::string_view name, int64_t extent, AxisKind kind = AxisKind::parallel);

  /// The dimension that an axis runs along: index = axis.
  [[nodiscard]] static Reach along(size_t axis);
  /// A dimension that is needed whole whatever the box is (also one of extent 1 that is broadcast).
  [[nodiscard]] static Reach all(int64_t extent);
  /// The dimension in which `outer` and `inner` are one index: outer * extent of inner + inner. The
  /// two are merged.
  [[nodiscard]] Reach nested(size_t outer, size_t inner);
  /// Axes that kernels walk in `loops` nested loops, outermost first.
  void merge(std::vector<size_t> axes, int64_t loops = 1);

  /// Operands in the order of the record; nullopt for absent ones.
  SpaceBuilder& input(std::optional<Access> access);
  SpaceBuilder& output(Access access);

  [[nodiscard]] Space finish() const { return space_; }

 private:
  Space space_;
};

/// An axis of one kind for each dimension, named by its place.
std::vector<size_t> add_axes(SpaceBuilder& builder, const ir::Dims& dims,
                             AxisKind kind = AxisKind::parallel);
/// An operand of shape `own` that is broadcast to `dims`, whose axes are `axes` (trailing axes are
/// aligned): along them, but where its extent is 1.
Access broadcast_access(const ir::Dims& own, const ir::Dims& dims, const std::vector<size_t>& axes);
/// An operand that is needed whole.
Access whole_access(const ir::Dims& own);

// ---- what follows ------------------------------------------------------------------------------

/// The box of everything.
Box whole_box(const Space& space);
bool is_whole(const Space& space, const Box& box);

/// The elements of an operand that the box touches: the smallest box of indices that holds them.
Region region(const Access& access, const Box& box);
ir::Dims extents(const Region& region);

/// The part of the box whose indices of an operand all lie inside of it; nullopt if there is none.
/// For operands of which each dimension is one axis and a distance.
std::optional<Box> inside(const Access& access, Box box);

/// The range of the dimension before anything is clamped away, as the last window sees it; what
/// `region` leaves out on the low side is the padding of a kernel call on the piece.
Range unclamped(const Reach& reach, const Box& box);

/// Whether the box holds the first element of every chain, so that it starts from +0 or from the
/// accumulator; otherwise it continues what the piece before left in the output.
bool starts_chains(const Space& space, const Box& box);

/// What is wrong with computing the box as one call, or nullopt: a range outside of its axis, a cut
/// of a chain while an outer chain axis has several indices, or more cuts of merged axes inside of
/// others than the kernel has loops for.
std::optional<std::string> cut_problem(const Space& space, const Box& box);

/// The number of points (one index on every axis) of the box whose operands all lie inside of their
/// dimensions: multiply-accumulates of products and convolutions, without those on padding.
int64_t points(const Space& space, const Box& box);

/// Indices of the box along its chains: of how many terms each output is the sum.
int64_t chain_length(const Space& space, const Box& box);

/// Elements of all outputs that the box computes.
int64_t output_elements(const Space& space, const Box& box);

}  // namespace tdc::ops
