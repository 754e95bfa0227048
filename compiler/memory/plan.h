#pragma once

#include <string_view>
#include <vector>

#include "schedule/lifetimes.h"

namespace tdc::memory {

using schedule::EntryTicks;
using schedule::kAlignment;
using schedule::Lifetime;
using schedule::Lifetimes;
using schedule::Tick;

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

/// What the generated program holds beside weights and tensors, counted by the emitter
/// (`emit/program_data.h`).
struct ProgramData {
  Bytes constants;              ///< argument structs and tables: in the chip's level of constants
  Bytes buffers;                ///< inputs, results, counters: in the chip's level of tensors
  bool has_weight_file = false; /**< every trained weight starts from an image, even if it is of
                                     zeros; without a file those that start at zero need none */
};

/// What lies in a level beside its arena. All but the reserves are exact: what the linker places.
struct Beside {
  Bytes code, stacks;  ///< reserved by the chip file; the linker script asserts that they suffice
  Bytes constants;     ///< argument structs and tables of the program
  Bytes frozen;        ///< weights that no entry point writes
  Bytes image;         ///< initial values of those that are written
  Bytes buffers;       ///< inputs, results, counters
  [[nodiscard]] Bytes total() const { return code + stacks + constants + frozen + image + buffers; }
  friend bool operator==(const Beside&, const Beside&) = default;
};

struct LevelPlan {
  LevelId level;
  Bytes capacity;  ///< budget if there is one, else what the chip has
  Beside beside;
  Bytes peak;      ///< size of the arena
  Bytes max_live;  ///< lower bound of any placement of these lifetimes
  Method method = Method::empty;
  bool is_proved = false;             ///< peak equals max_live
  std::vector<Placement> placements;  ///< in the order of offsets, then of first ticks

  /// All that must lie in this level.
  [[nodiscard]] Bytes need() const { return beside.total() + align_up(peak, kAlignment); }
};

struct MemoryPlan {
  IdVector<LevelId, LevelPlan> levels;
  ProgramData program_data;  ///< what `levels` were reckoned with
};

/// Whether the initial values of a trained variable are stored. Those of optimizer slots and sums
/// never are: they start at zero.
bool has_image(const ir::Variable& variable, const ProgramData& program_data);

/// The placements occupied at `tick`, largest first, equals in the order of offsets.
std::vector<Placement> alive_at(const LevelPlan& plan, Tick tick);
/// For each tick up to the last at which anything is placed, the bytes of all placements occupied
/// then, without what alignment adds.
std::vector<Bytes> live_bytes(const LevelPlan& plan);
/// The first of the ticks at which most bytes are live; 0 if nothing is placed.
Tick peak_tick(const std::vector<Bytes>& live_bytes);

}  // namespace tdc::memory
