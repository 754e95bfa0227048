#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "ops/registry.h"
#include "unit/schedule/schedules.h"

// Calls of ops, and random pieces of them.

namespace tdc::test {

/// The axes that must have one index in each piece for `axis` to be cut.
std::vector<size_t> outside_of(const ops::Space& space, size_t axis);

/// The boxes that cut `axes` raggedly, parallel and chain loops nested in the order of the space.
/// Axes outside of them are cut to single indices where that is the rule.
std::vector<ops::Box> boxes(const ops::Space& space, const std::vector<size_t>& axes,
                            Random& random);

using CheckCall = std::function<void(
    const ops::Call&, const std::vector<std::optional<ops::Tensor>>& operands, uint64_t seed)>;
/// Every sample of a record with operands drawn, and once more with an accumulator if the op has
/// one.
void for_each_call(const ops::OpDef& op, const CheckCall& check);

}  // namespace tdc::test
