#pragma once

#include <array>
#include <bit>
#include <cstdint>

namespace tdc::soc {

/// Decides who uses each L1 bank in a cycle: at most one requester a bank, round robin among those
/// that ask, so that a requester waits for each other one at most once.
class BankArbiter {
 public:
  static constexpr uint32_t kMaximumBanks = 32;
  static constexpr uint32_t kMaximumRequesters = 32;

  /// Asks for one access of `requester` (below 32) to `bank` in this cycle.
  void request(uint32_t requester, uint32_t bank) {
    if (requests_[bank] == 0) touched_[touched_count_++] = bank;
    requests_[bank] |= 1U << requester;
  }

  /// Decides this cycle. Bit r of the result: requester r may go on. Forgets the requests.
  uint32_t arbitrate() {
    uint32_t granted = 0;
    for (uint32_t i = 0; i < touched_count_; ++i) {
      const uint32_t bank = touched_[i];
      uint32_t wanted = requests_[bank];
      requests_[bank] = 0;
      if ((wanted & (wanted - 1)) != 0) {
        // Those after the last winner come first; without any, start again from requester 0.
        const uint32_t later = wanted & ~((2U << last_[bank]) - 1U);
        if (later != 0) wanted = later;
      }
      const auto winner = static_cast<uint32_t>(std::countr_zero(wanted));
      last_[bank] = winner;
      granted |= 1U << winner;
    }
    touched_count_ = 0;
    return granted;
  }

 private:
  std::array<uint32_t, kMaximumBanks> requests_{};
  std::array<uint32_t, kMaximumBanks> last_{};
  std::array<uint32_t, kMaximumBanks> touched_{};
  uint32_t touched_count_ = 0;
};

}  // namespace tdc::soc
