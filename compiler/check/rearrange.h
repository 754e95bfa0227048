#pragma once

// `rearrange("c h w -> (h w) c", h: 2)`: einops notation, read and checked while compiling. Every
// rearrangement is a reshape that splits axes, a transposition, and a reshape that merges axes.

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "ir/types.h"

namespace tdc::check {

/// The three steps; steps that change nothing are the caller's to skip.
struct Rearrangement {
  ir::Dims split;             ///< the shape with every axis of the left side on its own
  std::vector<int64_t> axes;  ///< for each axis after the transposition, which one it was
  ir::Dims merged;            ///< the final shape
  friend bool operator==(const Rearrangement&, const Rearrangement&) = default;
};

/// What is wrong with a pattern, in words for the user, and where: bytes [begin, end) of it.
struct RearrangeProblem {
  std::string text;
  size_t begin = 0;
  size_t end = 0;
  friend bool operator==(const RearrangeProblem&, const RearrangeProblem&) = default;
};

/// Applies `pattern` to a tensor of shape `dims`. `sizes` are the extents given by keywords; they
/// must all occur in the pattern. A leading `..` on both sides stands for any leading axes.
std::variant<Rearrangement, RearrangeProblem> plan_rearrangement(
    std::string_view pattern, const ir::Dims& dims, const std::map<std::string, int64_t>& sizes);

}  // namespace tdc::check
