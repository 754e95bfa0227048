#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>

#include "soc/bank_arbiter.h"
#include "soc/memories.h"
#include "soc/parameters.h"

namespace tdc::soc {

/// `rows` rows of `row_bytes` bytes; addresses and strides in bytes.
struct DmaTransfer {
  uint32_t to = 0;
  uint32_t from = 0;
  uint32_t row_bytes = 0;
  uint32_t rows = 0;
  uint32_t to_stride = 0;
  uint32_t from_stride = 0;
};

/// The DMA engine of the cluster: a queue, and three channels that work at the same time.
///
///              +--> into L1   (L2 or L1 to L1):   2 words a cycle into the banks
///   queue of --+--> out of L1 (to L2, L2 to L2):  2 words a cycle from the banks
///   transfers  +--> external  (L3 on one side):   rate of the external bus
///
/// A channel takes the oldest transfer that is its own, waits the start-up time, then moves up to
/// two chunks a cycle. A chunk never crosses a word of L1, so each needs one bank access on every
/// side that is L1; it competes for the bank like a core's access.
class Dma {
 public:
  /// The first requester number of the DMA at the banks; cores use those below.
  static constexpr uint32_t kFirstRequester = 16;

  Dma(const Parameters& parameters, Memories& memories, BankArbiter& banks);

  [[nodiscard]] bool is_full() const { return in_flight_ >= parameters_.dma_queue; }
  [[nodiscard]] bool is_idle() const { return in_flight_ == 0; }

  /// Queues a transfer and returns its ticket. Not to be called while full. Throws a Fault
  /// (kDmaRange) if a byte of it is outside the memories or outside what the program mapped.
  uint32_t start(const DmaTransfer& transfer);

  /// Whether the transfer with this ticket, or all before and including it, are complete.
  [[nodiscard]] bool is_done(uint32_t ticket) const;
  [[nodiscard]] bool are_done_until(uint32_t ticket) const;
  /// The ticket of the transfer started last; 0 if none was.
  [[nodiscard]] uint32_t last_ticket() const { return last_ticket_; }

  /// First half of a cycle: asks the banks for what this cycle would move.
  void request();
  /// Second half: moves what the banks granted (bit r: requester r).
  void advance(uint32_t granted);

  enum Channel : uint32_t { kIntoL1, kOutOfL1, kExternal, kChannels };
  /// The transfer that a channel has begun and not ended.
  struct UnderWay {
    uint32_t ticket = 0;  ///< 0: none
    uint64_t bytes = 0;   ///< all of its rows
  };
  [[nodiscard]] UnderWay under_way(Channel channel) const;

  [[nodiscard]] uint64_t bytes_moved() const { return bytes_moved_; }
  [[nodiscard]] uint64_t busy_cycles() const { return busy_cycles_; }
  [[nodiscard]] uint64_t transfers() const { return transfers_; }

 private:
  struct Job {
    DmaTransfer transfer;
    uint32_t ticket = 0;
    Level to_level = Level::kNone;
    Level from_level = Level::kNone;
  };
  /// Bytes that move together once each side that is L1 has had its bank. The two sides may need
  /// the same bank, so they are granted one by one.
  struct Chunk {
    uint32_t to = 0;
    uint32_t from = 0;
    uint32_t bytes = 0;
    bool waits_to = false;
    bool waits_from = false;
  };
  struct ChannelState {
    std::optional<Job> job;
    uint32_t wait_cycles = 0;
    uint32_t row = 0;
    uint32_t column = 0;          ///< bytes of the row that were moved
    uint32_t credit = 0;          ///< external bus: hundredths of a byte that may move
    std::array<Chunk, 2> chunks;  ///< under way, in order
    uint32_t chunk_count = 0;
  };

  static Channel channel_of(const Job& job);
  void begin_row(ChannelState& channel) const;
  void plan_chunks(uint32_t index, ChannelState& channel) const;
  /// The requester numbers of a chunk's two sides.
  static uint32_t requester_to(uint32_t channel, uint32_t chunk) {
    return kFirstRequester + 4 * channel + 2 * chunk;
  }
  static uint32_t requester_from(uint32_t channel, uint32_t chunk) {
    return requester_to(channel, chunk) + 1;
  }
  [[nodiscard]] uint32_t chunk_limit(const Job& job, uint32_t to, uint32_t from) const;

  const Parameters& parameters_;
  Memories& memories_;
  BankArbiter& banks_;
  std::deque<Job> queue_;
  std::array<ChannelState, kChannels> channels_;
  uint32_t in_flight_ = 0;
  uint32_t last_ticket_ = 0;
  uint64_t bytes_moved_ = 0;
  uint64_t busy_cycles_ = 0;
  uint64_t transfers_ = 0;
};

}  // namespace tdc::soc
