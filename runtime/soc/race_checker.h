#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <unordered_map>
#include <vector>

#include "soc/dma.h"
#include "soc/engine_job.h"
#include "soc/fault.h"
#include "soc/memories.h"

namespace tdc::soc {

/// Finds data races: two accesses to a byte, one of them a write, of which neither happens before
/// the other. Accesses are made by agents: cores, transfers of the DMA, and jobs of the matrix
/// engine.
///
/// What happens before what is known by vector clocks:
///
///   core:  a  |  enqueue  |  b           |  wait  |  c        a before T, T before c; b beside T
///                  \                        /
///   transfer T:     +---- reads, writes ---+
///
/// and a barrier orders everything before it, except transfers that nobody has waited for, before
/// everything after it. A job of the engine is as a transfer, and comes after each job that was
/// started before it. Transfers that wait for each other share an agent, so the number of agents
/// is that of the cores and of the transfers that are beside each other.
///
/// A cell keeps the last write of a word and the reads since. Where bytes of one word have
/// different histories it moves to a table with a cell for each byte. Cells of the time before the
/// last barrier are recognised by their interval and forgotten when next touched.
class RaceChecker {
 public:
  RaceChecker(const Memories& memories, uint32_t cores);

  /// The earlier of the two accesses, and where they meet.
  struct Race {
    uint32_t address = 0;
    bool is_write = false;  ///< the later access
    bool other_wrote = false;
    uint32_t other_core = 0;      ///< it, or the core that enqueued the transfer or started the job
    uint32_t other_transfer = 0;  ///< ticket of a transfer; 0 if none made the access
    uint32_t other_job = 0;       ///< ticket of a job of the engine; 0 if none made the access
    CodePlace other_place;        ///< where that transfer was enqueued, or that job started
  };

  /// Records an access of `core` to the bytes of the word at `address` that `byte_enable` names.
  /// Returns true, and fills `race`, if it conflicts with an earlier one.
  bool access(uint32_t core, const Memory& memory, uint32_t address, uint32_t byte_enable,
              bool is_write, Race& race) {
    return touch_word(cells(memory.level).at(address), address, byte_enable, is_write,
                      Epoch{core, clocks_[core]}, seen_[core], race);
  }

  /// The same for `count` bytes inside `memory`.
  bool access_range(uint32_t core, const Memory& memory, uint32_t address, uint64_t count,
                    bool is_write, Race& race);

  /// Records what a transfer that `core` enqueues at `place` will read and write. Its rows lie
  /// inside `from` and `to`.
  bool start_transfer(uint32_t core, CodePlace place, uint32_t ticket, const DmaTransfer& transfer,
                      const Memory& from, const Memory& to, Race& race);

  /// Records what a job of the engine that `core` starts at `place` will read and write in L1.
  bool start_engine_job(uint32_t core, CodePlace place, uint32_t ticket,
                        const EngineFootprint& footprint, Race& race);

  /// `core` has waited for one transfer, or for all up to and including `ticket`.
  void wait_for(uint32_t core, uint32_t ticket);
  void wait_for_all(uint32_t core, uint32_t ticket);
  /// `core` has waited for a job of the engine, and so for all before it.
  void wait_for_engine(uint32_t core, uint32_t ticket);

  /// `core` hands a job to all others; one of them takes it.
  void start_job(uint32_t core);
  void take_job(uint32_t core);

  /// All cores have met at a barrier.
  void synchronise();

 private:
  using VectorClock =
      std::vector<uint32_t>;  ///< per agent: the latest epoch that is ordered before

  struct Epoch {
    uint32_t agent = 0;  ///< core, or number of cores + chain of transfers and engine jobs
    uint32_t clock = 0;
    bool operator==(const Epoch&) const = default;
  };
  struct Cell {
    uint32_t interval = 0;
    uint8_t written : 4 = 0;  ///< bytes that `write` is about
    uint8_t read : 4 = 0;     ///< bytes that every reader has read
    bool is_split = false;    ///< see `split_words_`
    bool has_reader_set = false;
    Epoch write;
    Epoch reader;  ///< or, in `agent`, the index of a reader set
  };
  enum class Outcome : uint8_t { kFits, kRace, kSplits };
  struct Conflict {
    Epoch other;
    bool other_wrote = false;
    uint32_t bytes = 0;  ///< those that both touch
  };

  /// The cells of one memory; pages are made when first touched.
  class Cells {
   public:
    explicit Cells(const Memory& memory)
        : base_(memory.base), pages_(memory.bytes.size() / kPageBytes + 1) {}
    Cell& at(uint32_t address) {
      auto& page = pages_[(address - base_) / kPageBytes];
      if (page == nullptr) page = std::make_unique<std::array<Cell, kPageBytes / 4>>();
      return (*page)[(address - base_) % kPageBytes / 4];
    }

   private:
    static constexpr uint32_t kPageBytes = 4096;
    uint32_t base_;
    std::vector<std::unique_ptr<std::array<Cell, kPageBytes / 4>>> pages_;
  };

  /// A transfer or a job that not all cores are ordered after, as far as is known without looking.
  struct Transfer {
    uint32_t ticket = 0;
    uint32_t core = 0;
    CodePlace place;
    Level from = Level::kNone;
    Level to = Level::kNone;
    std::vector<MemoryRange> reads;
    std::vector<MemoryRange> writes;
    Epoch epoch;
    VectorClock seen;
    bool is_waited_for = false;
  };

  Cells& cells(Level level) { return cells_[static_cast<uint32_t>(level)]; }
  bool touch_word(Cell& cell, uint32_t address, uint32_t bytes, bool is_write, Epoch self,
                  const VectorClock& seen, Race& race);
  bool touch_range(Cells& cells, uint32_t address, uint64_t count, bool is_write, Epoch self,
                   const VectorClock& seen, Race& race);
  bool start(Transfer& transfer, Race& race);
  bool touch_anew(Transfer& transfer, Race& race);
  void keep_behind(const Transfer& job);
  Outcome touch(Cell& cell, uint32_t bytes, bool is_write, Epoch self, const VectorClock& seen,
                Conflict& conflict);
  [[nodiscard]] Race describe(uint32_t address, bool is_write, const Conflict& conflict) const;
  void add_reader(Cell& cell, Epoch self, const VectorClock& seen);
  void forget_readers(Cell& cell);
  void split(uint32_t address, Cell& cell);
  uint32_t new_reader_set();
  Epoch next_transfer_epoch(const VectorClock& seen);
  void release(uint32_t core);
  void join(uint32_t core, Transfer& transfer);
  void wait_until(uint32_t core, std::deque<Transfer>& transfers, uint32_t ticket);
  static void join(VectorClock& into, const VectorClock& from);
  static bool is_before(Epoch epoch, const VectorClock& seen) {
    return epoch.clock <= seen[epoch.agent];
  }

  uint32_t cores_;
  uint32_t interval_ = 1;
  std::array<Cells, 3> cells_;
  VectorClock clocks_;              ///< per agent: of its latest epoch
  std::vector<VectorClock> seen_;   ///< per core
  VectorClock job_;                 ///< what the core that handed out the job had seen
  std::deque<Transfer> transfers_;  ///< of the DMA, by ticket
  std::deque<Transfer> jobs_;       ///< of the engine, by ticket
  VectorClock behind_jobs_;         ///< what comes before the engine's next job because others do
  std::unordered_map<uint32_t, std::array<Cell, 4>> split_words_;
  std::vector<std::vector<Epoch>> reader_sets_;
  std::vector<uint32_t> free_reader_sets_;
  uint32_t used_reader_sets_ = 0;
};

}  // namespace tdc::soc
