#pragma once

#include <array>
#include <bit>
#include <cstdint>

namespace tdc::soc {

/// Decides who uses each L1 bank in a cycle: at most one requester a bank, round robin.
///
/// As in the published clusters, each bank has a binary tree of two-way choices and a counter of
/// its grants; a bit of the counter says which side of a choice goes first at each level. So among
/// requesters that keep asking, every one of 2^k neighbours is served once in 2^k grants, and
/// nobody waits for more than 32.
class BankArbiter {
 public:
  static constexpr uint32_t kMaximumBanks = 32;
  static constexpr uint32_t kMaximumRequesters = 32;

  /// The one requester that may ask for several banks in a cycle: see `wide_grants`.
  static constexpr uint32_t kWideRequester = 28;

  /// Asks for one access of `requester` (below 32) to `bank` in this cycle.
  void request(uint32_t requester, uint32_t bank) {
    if (requests_[bank] == 0) touched_[touched_count_++] = bank;
    requests_[bank] |= 1U << requester;
  }

  /// Decides this cycle. Bit r of the result: requester r may go on. Forgets the requests.
  uint32_t arbitrate() {
    uint32_t granted = 0;
    wide_grants_ = 0;
    for (uint32_t i = 0; i < touched_count_; ++i) {
      const uint32_t bank = touched_[i];
      uint32_t wanted = requests_[bank];
      requests_[bank] = 0;
      const uint32_t ports = wanted & kOtherPorts;
      if (ports != 0 && ports != wanted) {
        wanted = others_are_next_ >> bank & 1 ? ports : wanted & ~kOtherPorts;
        others_are_next_ ^= 1U << bank;
      }
      // A counter for each side: with one for both, a side that wins every other grant would see
      // the same lowest bit for ever.
      const uint32_t counter = grants_[(wanted & kOtherPorts) != 0][bank]++;
      for (const Level& level : kLevels) {
        const uint32_t upper = wanted & level.upper_half;
        const uint32_t lower = wanted & ~level.upper_half;
        if (upper != 0 && lower != 0) wanted = counter & level.bit ? upper : lower;
      }
      granted |= wanted;
      wide_grants_ |= (wanted >> kWideRequester & 1) << bank;
    }
    touched_count_ = 0;
    return granted;
  }

  /// Bit b: the last decision gave bank b to `kWideRequester`.
  [[nodiscard]] uint32_t wide_grants() const { return wide_grants_; }

 private:
  /// Requesters 16 to 31 are the DMA's and the engine's; where they meet the cores, the two sides
  /// take turns.
  static constexpr uint32_t kOtherPorts = 0xFFFF0000;

  struct Level {
    uint32_t upper_half;  ///< requesters whose number has this bit
    uint32_t bit;
  };
  static constexpr std::array<Level, 4> kLevels = {
      {{0xFF00FF00, 8}, {0xF0F0F0F0, 4}, {0xCCCCCCCC, 2}, {0xAAAAAAAA, 1}}};

  std::array<uint32_t, kMaximumBanks> requests_{};
  std::array<std::array<uint32_t, kMaximumBanks>, 2> grants_{};  ///< of cores, of the others
  std::array<uint32_t, kMaximumBanks> touched_{};
  uint32_t touched_count_ = 0;
  uint32_t wide_grants_ = 0;
  uint32_t others_are_next_ = 0;  ///< bit per bank
};

}  // namespace tdc::soc
