#include "soc/race_checker.h"

#include <bit>

namespace tdc::soc {

RaceChecker::RaceChecker(const Memory& l1, const Memory& l2)
    : l1_base_(l1.base), l2_base_(l2.base), l1_(l1.bytes.size() / 4), l2_(l2.bytes.size() / 4) {}

bool RaceChecker::access(uint32_t core, uint32_t address, uint32_t byte_enable, bool is_write,
                         Race& race) {
  const uint32_t l1_word = (address - l1_base_) / 4;
  Record& record =
      address >= l1_base_ && l1_word < l1_.size() ? l1_[l1_word] : l2_[(address - l2_base_) / 4];
  if (record.interval != interval_) {
    record = Record{.interval = interval_};
  } else if (record.writer == kSplit) {
    return access_split(core, address, byte_enable, is_write, race);
  }
  const uint32_t other_readers = record.readers & ~(1U << core);
  const bool others_wrote = record.writer != kNobody && record.writer != core;
  const bool fits =
      !others_wrote && (other_readers == 0 || (!is_write && record.read == byte_enable));
  if (!fits) {
    split(address, record);
    return access_split(core, address, byte_enable, is_write, race);
  }
  if (is_write) {
    record.writer = static_cast<uint8_t>(core);
    record.written = (record.written | byte_enable) & 15U;
  } else {
    record.readers = static_cast<uint16_t>(record.readers | 1U << core);
    record.read = (record.read | byte_enable) & 15U;
  }
  return false;
}

void RaceChecker::split(uint32_t address, Record& record) {
  SplitWord& word = split_words_[address & ~3U];
  word = SplitWord{};
  for (uint32_t i = 0; i < 4; ++i) {
    if (record.written >> i & 1) word.bytes[i].writers = 1U << record.writer;
    if (record.read >> i & 1) word.bytes[i].readers = record.readers;
  }
  record.writer = kSplit;
}

bool RaceChecker::access_split(uint32_t core, uint32_t address, uint32_t byte_enable, bool is_write,
                               Race& race) {
  SplitWord& word = split_words_[address & ~3U];
  for (uint32_t i = 0; i < 4; ++i) {
    if ((byte_enable >> i & 1) == 0) continue;
    ByteRecord& byte = word.bytes[i];
    const uint32_t self = 1U << core;
    const uint32_t writers = byte.writers & ~self;
    const uint32_t readers = is_write ? byte.readers & ~self : 0;
    if ((writers | readers) != 0) {
      race = {static_cast<uint32_t>(std::countr_zero(writers != 0 ? writers : readers)),
              writers != 0};
      return true;
    }
    (is_write ? byte.writers : byte.readers) |= self;
  }
  return false;
}

}  // namespace tdc::soc
