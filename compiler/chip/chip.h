#pragma once

#include <optional>
#include <string>
#include <vector>

#include "support/ids.h"
#include "support/source.h"
#include "support/units.h"

namespace tdc {
using LevelId = Id<struct LevelTag>;
}

namespace tdc::chip {

/// One memory of a chip, as its chip file describes it.
struct MemoryLevel {
  std::string name;  ///< `L2`
  Bytes capacity;
  std::optional<Bytes> budget;  ///< from the `deploy` block
  SourceRange budget_origin;
  Bytes reserved_code;              ///< what the chip file sets aside for code here
  Bytes reserved_stack;             ///< and for stacks and scratch, all cores together
  std::optional<Bytes> main_stack;  ///< core 0's part of that; none: as much as any other's

  /// What is left for buffers in the budget, or in the capacity if there is none; below zero if the
  /// budget is less than what is set aside.
  [[nodiscard]] Bytes room() const {
    return {budget.value_or(capacity).count - reserved_stack.count - reserved_code.count};
  }
};

/// The level that cores work in, and what it costs to bring operands there, all in cycles.
struct Scratchpad {
  LevelId level;
  int64_t transfer = 0;   ///< to start a transfer and to wait for it
  int64_t bandwidth = 1;  ///< bytes a cycle of a transfer
  int64_t row = 0;        ///< more for each row of a transfer
  int64_t load = 1;       ///< a core's load from where tensors lie; one from here takes 1
};

/// A memory, and what transfers between it and the scratchpad cost, in cycles. As `Chip::stream`:
/// one that only transfers reach; weights that do not fit where cores reach them lie there.
struct Stream {
  LevelId level;
  int64_t transfer = 0;   ///< to start a transfer and to wait for it
  int64_t bandwidth = 1;  ///< bytes a cycle
  int64_t row = 0;        ///< more for each row of a transfer
};

/// A matrix engine beside the cores, which works in the scratchpad: an array of units, each a row of
/// one operand by a column of the other, that computes a block of so many outputs at a time.
struct Engine {
  int64_t rows = 1, columns = 1;  ///< of the array
  int64_t blocks = 1;             ///< as large as the array, that are computed together
  int64_t latency = 1;            ///< cycles until an output can go on: fewer blocks wait
  int64_t job = 0;                ///< cycles of a job beside its work: to describe, start and drain
};

/// A target: what the compiler knows of a chip. Only chip files name chips.
struct Chip {
  std::string name;  ///< `pulp_cluster`; `host` for the built-in one
  int64_t cores = 1;
  IdVector<LevelId, MemoryLevel> levels;
  LevelId tensors;                       ///< where temporaries and live variables are planned
  LevelId constants;                     ///< where frozen weights lie
  LevelId image;                         ///< where the initial image of trained weights lies
  std::optional<Scratchpad> scratchpad;  ///< near memory that operands are brought to, if any
  std::optional<Stream> stream;          ///< only with a scratchpad
  std::optional<Engine> engine;          ///< only with a scratchpad
  bool has_budget = false;               ///< false: the built-in host, nothing can fail to fit
  std::string platform;  ///< folder of runtime files, a plain name: `qemu_user`, `host`
  SourceRange platform_origin;

  /// Whether only transfers reach a level.
  [[nodiscard]] bool streams_from(LevelId level) const { return stream && stream->level == level; }

  /// What transfers between a level and the scratchpad, which there is, cost.
  [[nodiscard]] Stream transfers_with(LevelId level) const {
    if (streams_from(level)) return *stream;
    return {.level = level,
            .transfer = scratchpad->transfer,
            .bandwidth = scratchpad->bandwidth,
            .row = scratchpad->row};
  }

  /// The stack of core 0 in a level, where `main` and the entry points run; a multiple of 16.
  [[nodiscard]] Bytes main_stack_bytes(LevelId level) const {
    const MemoryLevel& memory = levels[level];
    const Bytes share = {memory.reserved_stack.count / cores};
    return {(cores > 1 ? memory.main_stack.value_or(share) : share).count / 16 * 16};
  }

  /// The stack of every other core: what core 0's leaves, in equal shares, a multiple of 16.
  [[nodiscard]] Bytes worker_stack_bytes(LevelId level) const {
    if (cores == 1) return {0};
    const Bytes rest = levels[level].reserved_stack - main_stack_bytes(level);
    return {rest.count / (cores - 1) / 16 * 16};
  }

  /// All stacks in a level.
  [[nodiscard]] Bytes stack_bytes(LevelId level) const {
    return main_stack_bytes(level) + worker_stack_bytes(level) * (cores - 1);
  }
};

}  // namespace tdc::chip
