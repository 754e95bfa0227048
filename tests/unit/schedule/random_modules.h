#pragma once

#include <cstdint>

#include "ir/ir.h"

namespace tdc::test {

/// Graphs `graph0` and so on over three variables. Operands are drawn so that chains of views,
/// operands used twice, variables read late, sums that continue and several results in one memory
/// all occur. The same seed gives the same module everywhere.
ir::Module random_module(uint64_t seed, int graphs = 2);

}  // namespace tdc::test
