#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "soc/memories.h"

namespace tdc::soc {

/// Finds data races: between two synchronisations of all cores (a barrier, a job handed out) a byte
/// that one core writes may not be touched by another.
///
/// Each word has one record of what happened to it in the current interval: one writer, and readers
/// that all read the same bytes of it. A word that is used otherwise (its bytes belong to different
/// cores) moves to a table with a record per byte.
class RaceChecker {
 public:
  RaceChecker(const Memory& l1, const Memory& l2);

  /// All later accesses are ordered after all earlier ones.
  void synchronise() { ++interval_; }

  struct Race {
    uint32_t other_core = 0;
    bool other_wrote = false;
  };

  /// Records an access of `core` to the bytes of the word at `address` that `byte_enable` names.
  /// Returns true, and fills `race`, if it conflicts with an earlier one.
  bool access(uint32_t core, uint32_t address, uint32_t byte_enable, bool is_write, Race& race);

 private:
  static constexpr uint8_t kNobody = 0xFF;
  static constexpr uint8_t kSplit = 0xFE;

  /// Eight bytes, because every access of every core looks at one.
  struct Record {
    uint32_t interval = 0;
    uint16_t readers = 0;      ///< bit per core
    uint8_t writer = kNobody;  ///< core, or kSplit
    uint8_t written : 4 = 0;   ///< bytes
    uint8_t read : 4 = 0;      ///< bytes, the same for all readers
  };
  struct ByteRecord {
    uint32_t readers = 0;  ///< bit per core
    uint32_t writers = 0;
  };
  struct SplitWord {
    ByteRecord bytes[4];
  };

  bool access_split(uint32_t core, uint32_t address, uint32_t byte_enable, bool is_write,
                    Race& race);
  void split(uint32_t address, Record& record);

  uint32_t interval_ = 1;
  uint32_t l1_base_;
  uint32_t l2_base_;
  std::vector<Record> l1_;
  std::vector<Record> l2_;
  std::unordered_map<uint32_t, SplitWord> split_words_;
};

}  // namespace tdc::soc
