#pragma once

#include <string>
#include <vector>

#include "schedule/schedule.h"

namespace tdc::memory {

/// A moment in the replay of all entry points one after another: step indices, counted through.
using Tick = int64_t;

struct Placement {
  schedule::BufferId buffer;  ///< the root of its aliases
  Bytes offset, size, alignment;
  Tick first = 0, last = 0;  ///< occupied from the start of `first` to the end of `last`
};

/// Which order of placing won, or how the plan came about.
enum class Method : uint8_t { empty, by_size, by_lifetime, by_area, by_start, local_search };

struct LevelPlan {
  LevelId level;
  Bytes capacity;   ///< budget if there is one, else what the chip has
  Bytes reserved;   ///< code and stacks set aside by the chip file
  Bytes constants;  ///< `const` data that lies here
  Bytes peak;       ///< size of the arena
  Bytes max_live;   ///< lower bound of any placement of these lifetimes
  Method method = Method::empty;
  bool is_proved = false;  ///< peak equals max_live
  std::vector<Placement> placements;
};

struct MemoryPlan {
  IdVector<LevelId, LevelPlan> levels;
};

}  // namespace tdc::memory
