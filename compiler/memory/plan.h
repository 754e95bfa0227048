#pragma once

#include <string_view>
#include <vector>

#include "schedule/schedule.h"

namespace tdc::memory {

/// A moment in the replay of all entry points one after another: leaf steps, counted through. A
/// step inside a loop is one tick, however often it runs.
using Tick = int64_t;

/// Every buffer starts at a multiple of this, and so do arenas. 16 is the strictest alignment of
/// any C type on the targets (`max_align_t`), one SSE or NEON vector on hosts, and two beats of an
/// 8-byte DMA bus. 64, a cache line, would pad biases and norm scales of a few floats to several
/// times their size and gain nothing on cores without a data cache.
inline constexpr Bytes kAlignment = {16};

struct Placement {
  schedule::BufferId buffer;  ///< the root of its aliases
  Bytes offset, size, alignment;
  Tick first = 0, last = 0;  ///< occupied from the start of `first` to the end of `last`
  friend bool operator==(const Placement&, const Placement&) = default;
};

/// Which order of placing won, or how the plan came about. `empty`: nothing but variables, or
/// nothing at all, so there was nothing to choose.
enum class Method : uint8_t { empty, by_size, by_lifetime, by_area, by_start, local_search };

std::string_view to_text(Method method);

struct LevelPlan {
  LevelId level;
  Bytes capacity;   ///< budget if there is one, else what the chip has
  Bytes reserved;   ///< code and stacks set aside by the chip file
  Bytes constants;  ///< `const` data that lies here: frozen weights
  Bytes image;      ///< `const` data that lies here: initial values of trained weights, at most
                    ///< (weights that start at zero need none, which is not known here)
  Bytes peak;       ///< size of the arena
  Bytes max_live;   ///< lower bound of any placement of these lifetimes
  Method method = Method::empty;
  bool is_proved = false;             ///< peak equals max_live
  std::vector<Placement> placements;  ///< in the order of offsets, then of first ticks

  /// All that must lie in this level.
  [[nodiscard]] Bytes need() const { return reserved + constants + image + peak; }
};

struct MemoryPlan {
  IdVector<LevelId, LevelPlan> levels;
};

/// The placements occupied at `tick`, largest first, equals in the order of offsets.
std::vector<Placement> alive_at(const LevelPlan& plan, Tick tick);
/// The bytes of all placements occupied at `tick`, without what alignment adds.
Bytes live_bytes_at(const LevelPlan& plan, Tick tick);
/// The first of the ticks at which most bytes are live; 0 if nothing is placed.
Tick peak_tick(const LevelPlan& plan);

}  // namespace tdc::memory
