#pragma once

#include <array>
#include <cstdint>

#include "soc/dma.h"
#include "soc/engine.h"
#include "soc/parameters.h"

namespace tdc::soc {

/// What a core waits for inside a load whose answer is withheld.
enum class Sleep : uint8_t { kNone, kBarrier, kJob, kDmaTicket, kDmaAll, kEngine };

/// Puts cores to sleep and wakes them: barrier, hand-out of jobs, ends of DMA transfers
/// and of the matrix engine's jobs.
///
/// A core calls one of `sleep_...` in the cycle of its load; once `is_due` the cluster answers the
/// load and calls `wake`. `tick` is called once a cycle, after DMA and engine have advanced. An
/// event in cycle t with a wake-up time of n lets the core see its answer in cycle t + n.
class EventUnit {
 public:
  explicit EventUnit(const Parameters& parameters) : parameters_(parameters) {}

  void sleep_at_barrier(uint32_t core, uint64_t cycle);
  void sleep_for_job(uint32_t core, uint64_t cycle);
  /// Until the transfer `ticket` is complete, or all up to and including it.
  void sleep_for_dma(uint32_t core, uint32_t ticket, bool all);
  /// Until the engine's job `ticket` is complete.
  void sleep_for_engine(uint32_t core, uint32_t ticket);

  /// Hands a job to every core but `core`; cores that sleep for one start to wake up.
  void start_job(uint32_t core, uint32_t function, uint64_t cycle);

  /// One word that travels with a job; kept until the next one is set.
  void set_job_argument(uint32_t argument) { job_argument_ = argument; }
  [[nodiscard]] uint32_t job_argument() const { return job_argument_; }

  /// `engine`: null on a chip without one.
  void tick(uint64_t cycle, const Dma& dma, const MatrixEngine* engine);

  [[nodiscard]] Sleep sleep(uint32_t core) const { return states_[core].sleep; }
  /// Whether the event of a sleeping core has happened.
  [[nodiscard]] bool is_waking(uint32_t core) const { return states_[core].wake_cycle != kNever; }
  /// Whether the load of a sleeping core is answered with the edge that ends `cycle`.
  [[nodiscard]] bool is_due(uint32_t core, uint64_t cycle) const {
    return states_[core].wake_cycle <= cycle;
  }
  /// Ends the sleep; returns what the load gives: the function of the job, else 0.
  uint32_t wake(uint32_t core);

  /// Completed barriers and handed-out jobs: memory accesses on both sides of one are ordered.
  [[nodiscard]] uint64_t synchronisations() const { return synchronisations_; }

 private:
  static constexpr uint64_t kNever = UINT64_MAX;

  struct State {
    Sleep sleep = Sleep::kNone;
    uint64_t wake_cycle = kNever;
    uint32_t ticket = 0;
    bool has_job = false;
  };

  void sleep_until_done(uint32_t core, uint32_t ticket);

  const Parameters& parameters_;
  std::array<State, 16> states_{};
  uint32_t at_barrier_ = 0;
  uint32_t waiting_ = 0;  ///< cores, for DMA or engine
  uint32_t function_ = 0;
  uint32_t job_argument_ = 0;
  uint64_t synchronisations_ = 0;
};

}  // namespace tdc::soc
