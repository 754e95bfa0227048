#pragma once

#include <cstdint>
#include <cstring>
#include <vector>

#include "soc/parameters.h"

namespace tdc::soc {

enum class Level : uint8_t { kL1, kL2, kL3, kNone };

/// The bytes [address, address + bytes).
struct MemoryRange {
  uint32_t address = 0;
  uint32_t bytes = 0;
};

/// What the program's ELF file says about a word of memory.
enum WordAttribute : uint8_t {
  kMapped = 1,    ///< belongs to a section
  kWritable = 2,  ///< ... that may be written
  kGuard = 4,     ///< lowest word of a stack
  kCode = 8,      ///< belongs to an executable section
};

/// One memory: its bytes, and for each word what the program may do with it.
struct Memory {
  Memory(Level level_, uint32_t base_, uint32_t size_bytes)
      : level(level_), base(base_), bytes(size_bytes, kNoise), attributes(size_bytes / 4) {}

  [[nodiscard]] bool contains(uint32_t address) const { return address - base < bytes.size(); }
  /// All of [address, address + count) lies in this memory; count may be 0.
  [[nodiscard]] bool contains(uint32_t address, uint64_t count) const {
    return address >= base && address - base <= bytes.size() &&
           count <= bytes.size() - (address - base);
  }
  [[nodiscard]] uint8_t attribute(uint32_t address) const {
    return attributes[(address - base) / 4];
  }
  [[nodiscard]] uint32_t load_word(uint32_t address) const {
    uint32_t word = 0;
    std::memcpy(&word, &bytes[(address - base) & ~3U], 4);
    return word;
  }
  /// Writes the bytes of `word` that `byte_enable` names (bit i: byte i of the word).
  void store_word(uint32_t address, uint32_t word, uint32_t byte_enable) {
    uint8_t* place = &bytes[(address - base) & ~3U];
    if (byte_enable == 15) {
      std::memcpy(place, &word, 4);
      return;
    }
    for (uint32_t i = 0; i < 4; ++i) {
      if (byte_enable >> i & 1) place[i] = static_cast<uint8_t>(word >> (8 * i));
    }
  }

  /// What memory holds before anything is written: not zero, so that nobody relies on it.
  static constexpr uint8_t kNoise = 0xA5;

  Level level;
  uint32_t base;
  std::vector<uint8_t> bytes;
  std::vector<uint8_t> attributes;
};

/// The three memories of the chip, at first with no word mapped.
class Memories {
 public:
  explicit Memories(const Parameters& parameters);

  /// The memory that holds `address`, or null.
  [[nodiscard]] Memory* find(uint32_t address);

  /// The bytes [address, address + count), or null unless one memory holds them all.
  [[nodiscard]] uint8_t* range(uint32_t address, uint64_t count);

  /// Whether all words of a range inside one memory have all of `attributes`.
  [[nodiscard]] bool range_has(uint32_t address, uint64_t count, uint8_t attributes);

  /// Adds `attributes` to all words that [address, address + count) touches.
  void mark(uint32_t address, uint64_t count, uint8_t attributes);

  Memory l1;
  Memory l2;
  Memory l3;
};

/// Where the stacks are, so that an overflow is seen; bytes 0 if the program did not say.
struct StackLayout {
  uint32_t begin = 0;
  uint32_t main_bytes = 0;    ///< of core 0, which comes first
  uint32_t worker_bytes = 0;  ///< of each other one

  [[nodiscard]] uint32_t bytes_of(uint32_t core) const {
    return core == 0 ? main_bytes : worker_bytes;
  }
  [[nodiscard]] uint32_t begin_of(uint32_t core) const {
    return core == 0 ? begin : begin + main_bytes + (core - 1) * worker_bytes;
  }
};

}  // namespace tdc::soc
