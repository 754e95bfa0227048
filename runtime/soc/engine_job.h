#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "soc/memories.h"

namespace tdc::soc {

/// A job of the matrix engine as it lies in memory: `td_engine_job` of td_platform.h, which says
/// what it means. Addresses in bytes, strides in words.
struct EngineJob {
  uint32_t y, a, b;
  uint32_t rows, columns[2], depth[3];
  uint32_t y_row, y_column[2];
  uint32_t a_row, a_depth[3];
  uint32_t b_column[2], b_depth[3];
  uint32_t window_begin, window_column, window_depth, window;
  uint32_t accumulate;
  uint32_t row_groups, column_groups;
};
inline constexpr uint32_t kEngineJobWords = sizeof(EngineJob) / 4;
static_assert(kEngineJobWords == 28);

/// What a job touches: each word once, in order. What it writes it may read before.
struct EngineFootprint {
  std::vector<MemoryRange> reads;
  std::vector<MemoryRange> writes;
};

/// Throws a Fault (kEngineRange) if the job at `descriptor` is none: an extent of 0, an address
/// that is no word's, a word outside of what the program has in L1, or an output that is written
/// twice.
EngineFootprint engine_footprint(const EngineJob& job, uint32_t descriptor, Memories& memories);

/// A multiplication and an addition for each element of the depth of each output.
uint64_t engine_flop(const EngineJob& job);

}  // namespace tdc::soc
