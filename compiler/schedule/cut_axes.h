#pragma once

// How the axes of a launch and the dimensions of its operands hang together, for passes that cut
// several launches alike.

#include <optional>

#include "ops/op.h"

namespace tdc::schedule {

/// The dimension of an operand that depends on `axis`, if it is one alone. Axes of extent 1 say
/// nothing.
std::optional<size_t> dimension_along(const ops::Access& access, size_t axis);

/// The parallel axis whose index is the index of the dimension of the (first) output, if there is
/// one.
std::optional<size_t> axis_of_dimension(const ops::Space& space, size_t dimension);

/// Whether two operands of a launch are touched alike, element for element.
bool are_alike(const ops::Access& a, const ops::Access& b);

}  // namespace tdc::schedule
