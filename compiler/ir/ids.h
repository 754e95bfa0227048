#pragma once

// What schedules, plans and reports say of a graph without looking into it.

#include <cstdint>
#include <string_view>
#include <vector>

#include "support/ids.h"

namespace tdc::ir {

using ValueId = Id<struct ValueTag>;
using NodeId = Id<struct NodeTag>;
using VariableId = Id<struct VariableTag>;
using RepeatId = Id<struct RepeatTag>;
using ValueIds = std::vector<ValueId>;

enum class Phase : uint8_t { forward, loss, backward, update };
std::string_view to_text(Phase phase);

/// A node was made in turn `turn` of a `repeat`, as number `position` of the nodes of that turn.
/// Both count from 0.
struct Turn {
  RepeatId repeat;
  int64_t turn = 0;
  int64_t position = 0;
  friend bool operator==(const Turn&, const Turn&) = default;
};

}  // namespace tdc::ir
