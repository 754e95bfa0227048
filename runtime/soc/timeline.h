#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

namespace tdc::soc {

/// What a core does in a cycle. Each wait is what the event of its name counts: events.def.
enum class CoreActivity : uint8_t { kWorking, kBarrierWait, kJobWait, kDmaWait, kEngineWait };

/// Writes what every part of the chip did, an interval a line, in the order of their ends:
///
///     LANE WHAT BEGIN END             in cycles from BEGIN to before END
///
///     step 5 1200 4821                step 5 of the model, from its marker to the next one
///     transfers 6 4821 4830           only transfers of step 6 were started
///     core3 barrier_wait 1200 1242    a core: working, barrier_wait, job_wait, dma_wait,
///     engine_wait dma_in 2048 1180 1453           a transfer, its bytes; also dma_out,
///     dma_external engine 49152 1210 1840          a job of the matrix engine, its FLOP end 4830
///     the last line: all before this cycle was recorded
///
/// Of each lane the intervals follow one another; between those of DMA and engine nothing is done.
/// Nothing is kept in memory but the interval that each lane is in.
class Timeline {
 public:
  /// The most lines of a file, some 60 MB: it ends with the cycle in which there are as many.
  static constexpr uint64_t kMostLines = uint64_t{1} << 21;

  Timeline(std::ostream& file, uint32_t cores, uint64_t most_lines = kMostLines);

  // From `cycle` on; the same as in the cycle before goes on. Cycles do not decrease.
  void core(uint32_t core, CoreActivity activity, uint64_t cycle);
  /// The transfer of a channel, as in `Dma::Channel`; ticket 0: none.
  void transfer(uint32_t channel, uint32_t ticket, uint64_t bytes, uint64_t cycle);
  /// Ticket 0: none.
  void engine_job(uint32_t ticket, uint64_t flop, uint64_t cycle);
  /// Each marker begins an interval, also one with the number of the last.
  void mark(uint32_t step, bool is_visit, uint64_t cycle);

  /// Ends all intervals; later ones are not recorded.
  void finish(uint64_t cycle);

 private:
  struct Lane {
    uint64_t activity = 0;  ///< differs between neighbouring intervals; 0: not to be written
    std::string text;       ///< LANE WHAT
    uint64_t begin = 0;
  };

  /// Whether the lane does something else from `cycle` on, whose `text` is then to be set.
  bool changes(Lane& lane, uint64_t activity, uint64_t cycle);
  void write(const Lane& lane, uint64_t end);

  std::ostream& file_;
  uint64_t lines_left_;
  bool is_finished_ = false;
  std::vector<Lane> lanes_;  ///< markers, engine, channels of the DMA, cores
  uint64_t marks_ = 0;
};

}  // namespace tdc::soc
