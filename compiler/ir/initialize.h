#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "ir/variables.h"

// Random numbers that depend on seed, parameter path and element index, and on nothing else: not on
// the order of declarations, the machine, or the library's version of `log`. The generator is
// counter-based (Salmon et al., Parallel Random Numbers: As Easy as 1, 2, 3, SC 2011): element i is
// a hash of (key, i).
//
//   key     = mix(seed + 0x9E3779B97F4A7C15 * FNV-1a-64(path))
//   bits(i) = mix(key + 0x9E3779B97F4A7C15 * (i + 1))       mix: SplitMix64's finaliser
//
// uniform: b * ((bits >> 40) * 2^-23 - 1), the 24 upper bits, so every value is exact in fp32
// before the scaling. normal: the inverse of the normal distribution (Acklam's rational
// approximation, relative error 1.2e-9) of (upper 32 bits + 0.5) * 2^-32, computed with +, *, / and
// sqrt in double precision and an own logarithm, so that it rounds alike everywhere.

namespace tdc::ir {

/// The 64 bits for element `index` of the variable `path`.
uint64_t random_bits(uint64_t seed, std::string_view path, uint64_t index);

/// The variable's first elements: its initializer, rounded to fp32 once.
std::vector<float> initial_values(const Variable& variable, uint64_t seed);

}  // namespace tdc::ir
