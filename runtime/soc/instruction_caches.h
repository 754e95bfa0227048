#pragma once

#include <cstdint>
#include <vector>

#include "soc/parameters.h"

namespace tdc::soc {

/// Two levels of instruction caches: one small one for each core, and banks that all cores share.
/// They hold tags only; the instructions themselves come from memory, which a program cannot change
/// where it executes.
///
///   fetch in cycle t --private hit--> answer in t + 1
///     miss: look-up in shared bank (line mod banks), one look-up a cycle and bank
///       hit --> + private_miss     miss --> + private_miss + shared_miss, line is filled
class InstructionCaches {
 public:
  static constexpr uint32_t kLineBytes = 16;
  static constexpr uint32_t kWays = 4;

  explicit InstructionCaches(const Parameters& parameters);

  /// A fetch by `core` in `cycle`: the cycle in which the core sees the instruction.
  uint64_t fetch(uint32_t core, uint32_t address, uint64_t cycle) {
    if (address / kLineBytes == last_line_[core]) return cycle + 1;
    return look_up(core, address / kLineBytes, cycle);
  }

  [[nodiscard]] uint64_t private_misses(uint32_t core) const { return private_misses_[core]; }
  [[nodiscard]] uint64_t shared_misses(uint32_t core) const { return shared_misses_[core]; }

 private:
  static constexpr uint32_t kNoLine = UINT32_MAX;

  struct Line {
    uint32_t number = kNoLine;
    uint64_t ready_cycle = 0;  ///< the refill ends then
  };
  /// A set-associative cache with pseudo-random replacement from a fixed seed.
  class Cache {
   public:
    Cache(uint32_t bytes, uint32_t seed);
    Line* find(uint32_t set_index, uint32_t line);
    Line& replace(uint32_t set_index, uint32_t line);
    [[nodiscard]] uint32_t sets() const { return static_cast<uint32_t>(lines_.size()) / kWays; }

   private:
    std::vector<Line> lines_;
    uint32_t random_;
  };

  uint64_t look_up(uint32_t core, uint32_t line, uint64_t cycle);

  const Parameters& parameters_;
  std::vector<Cache> private_;
  std::vector<Cache> shared_;
  std::vector<uint64_t> bank_free_cycle_;
  std::vector<uint32_t> last_line_;  ///< per core; certain to be in its private cache
  std::vector<uint64_t> private_misses_;
  std::vector<uint64_t> shared_misses_;
};

}  // namespace tdc::soc
