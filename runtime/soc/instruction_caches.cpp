#include "soc/instruction_caches.h"

#include <algorithm>

namespace tdc::soc {

InstructionCaches::Cache::Cache(uint32_t bytes, uint32_t seed)
    : lines_(std::max(bytes / kLineBytes, kWays)), random_(seed) {}

InstructionCaches::Line* InstructionCaches::Cache::find(uint32_t set_index, uint32_t line) {
  for (uint32_t way = 0; way < kWays; ++way) {
    Line& candidate = lines_[set_index * kWays + way];
    if (candidate.number == line) return &candidate;
  }
  return nullptr;
}

InstructionCaches::Line& InstructionCaches::Cache::replace(uint32_t set_index, uint32_t line) {
  // Empty ways first; then xorshift32.
  Line* victim = find(set_index, kNoLine);
  if (victim == nullptr) {
    random_ ^= random_ << 13;
    random_ ^= random_ >> 17;
    random_ ^= random_ << 5;
    victim = &lines_[set_index * kWays + random_ % kWays];
  }
  victim->number = line;
  return *victim;
}

InstructionCaches::InstructionCaches(const Parameters& parameters)
    : parameters_(parameters),
      bank_free_cycle_(parameters.icache_shared_banks),
      last_line_(parameters.cores, kNoLine),
      private_misses_(parameters.cores),
      shared_misses_(parameters.cores) {
  for (uint32_t i = 0; i < parameters.cores; ++i) {
    private_.emplace_back(parameters.icache_private_bytes, 0x9E3779B9U + i);
  }
  for (uint32_t i = 0; i < parameters.icache_shared_banks; ++i) {
    shared_.emplace_back(parameters.icache_shared_bytes, 0x85EBCA6BU + i);
  }
}

uint64_t InstructionCaches::look_up(uint32_t core, uint32_t line, uint64_t cycle) {
  if (parameters_.icache_ideal != 0) return cycle + 1;
  last_line_[core] = line;
  Cache& own = private_[core];
  const uint32_t own_set = line % own.sets();
  if (own.find(own_set, line) != nullptr) return cycle + 1;
  ++private_misses_[core];
  own.replace(own_set, line);

  const uint32_t bank = line % parameters_.icache_shared_banks;
  const uint64_t start = std::max(cycle, bank_free_cycle_[bank]);
  bank_free_cycle_[bank] = start + 1;
  const uint64_t seen = start + 1 + parameters_.icache_private_miss_cycles;
  Cache& shared = shared_[bank];
  const uint32_t set = line / parameters_.icache_shared_banks % shared.sets();
  if (Line* found = shared.find(set, line)) {
    // Another core's refill of this line may still be on its way.
    return std::max(seen, found->ready_cycle);
  }
  ++shared_misses_[core];
  const uint64_t refilled = seen + parameters_.icache_shared_miss_cycles;
  shared.replace(set, line).ready_cycle = refilled;
  return refilled;
}

}  // namespace tdc::soc
