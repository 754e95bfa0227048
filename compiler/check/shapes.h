#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "check/elaboration.h"
#include "ir/types.h"
#include "ops/kernel.h"
#include "syntax/ast.h"

namespace tdc::check {

/// Elements of one tensor, at most: kernels count in 32 bits (limit-3).
inline constexpr int64_t kElementLimit = (int64_t{1} << 31) - 1;
/// Axes of one tensor, at most: kernels walk six, one of which is the batch (limit-5).
inline constexpr size_t kAxisLimit = ops::kKernelRank - 1;

/// A static extent, from 1 to `kElementLimit`; null: reported.
std::optional<int64_t> extent(Elaboration& in, const ast::Expr& expr);
/// A declared type all of whose extents are known; null: reported.
std::optional<ir::TensorType> concrete_type(Elaboration& in, const ast::Type& type);
/// Whether tensors may have this shape (limit-3, limit-5); false: reported.
bool check_limits(Elaboration& in, const ir::Dims& dims, SourceRange range);

/// A tensor that must have a declared type.
struct Declared {
  const ast::Type& type;
  std::string name;   // of the argument or result
  SourceRange place;  // of the declaration
  ir::ValueId value;
  SourceRange written;  // the expression that gives the value
};

/// Rank and element type, and the dims that stand alone in the shape and are new: the shape binds
/// them in the current frame, whose block is `block` (shape-1, shape-2). Extents are compared by
/// `check_shape`, once all dims are known. False: reported.
bool bind_shape(Elaboration& in, const Declared& declared, const ast::Block& block);
/// The same, and all extents that are written, once every dim and default is known (shape-3).
bool check_shape(Elaboration& in, const Declared& declared);

}  // namespace tdc::check
