#pragma once

// What a box takes and which boxes make a whole, for the validator: reckoned from the declared axes
// and accesses of a space alone, by arithmetic that is not that of `ops/space.h`.

#include <optional>
#include <string>
#include <vector>

#include "ops/space.h"

namespace tdc::memory {

/// The indices that a box takes of each dimension of an operand, by the extreme corners of the box;
/// 0..0 where it takes none.
std::vector<ops::Range> taken(const ops::Access& access, const ops::Box& box);

/// The positions of the chain that the box sums, of `chain_length` of them; 0..1 without chains.
/// The box is sound.
ops::Range chain_positions(const ops::Space& space, const ops::Box& box);
int64_t chain_length(const ops::Space& space);

/// What is wrong with a box by itself: a range outside of its axis, or indices of chains or of
/// merged axes that do not follow each other.
std::optional<std::string> box_problem(const ops::Space& space, const ops::Box& box);

/// Which part of the space several boxes compute, or none; nullopt if each point is in exactly one.
/// The boxes are sound. Takes n log n steps where their ranges on an axis are equal or apart.
std::optional<std::string> cover_problem(const ops::Space& space,
                                         const std::vector<const ops::Box*>& boxes);

}  // namespace tdc::memory
