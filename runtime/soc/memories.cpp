#include "soc/memories.h"

#include "rv32/pulp_cluster/chip.h"

namespace tdc::soc {

Memories::Memories(const Parameters& parameters)
    : l1(Level::kL1, TD_CHIP_L1, parameters.l1_bytes),
      l2(Level::kL2, TD_CHIP_L2, parameters.l2_bytes),
      l3(Level::kL3, TD_CHIP_L3, parameters.l3_bytes) {}

Memory* Memories::find(uint32_t address) {
  for (Memory* memory : {&l1, &l2, &l3}) {
    if (memory->contains(address)) return memory;
  }
  return nullptr;
}

uint8_t* Memories::range(uint32_t address, uint64_t count) {
  for (Memory* memory : {&l1, &l2, &l3}) {
    if (memory->contains(address, count)) return memory->bytes.data() + (address - memory->base);
  }
  return nullptr;
}

bool Memories::range_has(uint32_t address, uint64_t count, uint8_t attributes) {
  if (count == 0) return true;
  Memory* memory = find(address);
  if (memory == nullptr || !memory->contains(address, count)) return false;
  const uint64_t first = (address - memory->base) / 4;
  const uint64_t last = (address - memory->base + count - 1) / 4;
  for (uint64_t word = first; word <= last; ++word) {
    if ((memory->attributes[word] & attributes) != attributes) return false;
  }
  return true;
}

void Memories::mark(uint32_t address, uint64_t count, uint8_t attributes) {
  if (count == 0) return;
  Memory* memory = find(address);
  if (memory == nullptr || !memory->contains(address, count)) return;
  const uint64_t first = (address - memory->base) / 4;
  const uint64_t last = (address - memory->base + count - 1) / 4;
  for (uint64_t word = first; word <= last; ++word) memory->attributes[word] |= attributes;
}

}  // namespace tdc::soc
