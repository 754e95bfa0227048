#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "soc/bank_arbiter.h"
#include "soc/core.h"
#include "soc/dma.h"
#include "soc/engine.h"
#include "soc/event_unit.h"
#include "soc/events.h"
#include "soc/fault.h"
#include "soc/fpu.h"
#include "soc/host_port.h"
#include "soc/instruction_caches.h"
#include "soc/memories.h"
#include "soc/parameters.h"
#include "soc/race_checker.h"
#include "soc/timeline.h"

class VerilatedContext;

namespace tdc::soc {

/// What a step of the model took, from one marker to the next; events summed over all cores.
struct StepCounts {
  uint64_t visits = 0;
  uint64_t cycles = 0;
  uint64_t dma_in_bytes = 0;   ///< of transfers to L1 that were started
  uint64_t dma_out_bytes = 0;  ///< of those from L1
  uint64_t engine_cycles = 0;  ///< that the matrix engine spent on jobs that were started
  EventCounts events{};
};

/// The whole chip. `tick` is its one clock; everything that happens in a cycle is called there, in
/// order.
class Cluster {
 public:
  Cluster(const Parameters& parameters, HostPort& host, uint32_t entry);
  ~Cluster();

  [[nodiscard]] Memories& memories() { return memories_; }
  void set_stacks(StackLayout stacks) { stacks_ = stacks; }
  void check_races(bool is_on) { checks_races_ = is_on; }
  /// Called for each instruction that enters execution: core, pc.
  void set_trace(std::function<void(uint32_t, uint32_t)> trace) { trace_ = std::move(trace); }

  /// Records what every part does; null: nothing is recorded. Not owned.
  void set_timeline(Timeline* timeline) { timeline_ = timeline; }

  /// One clock cycle. Throws a Fault.
  void tick();

  /// The status the program ended with.
  [[nodiscard]] std::optional<uint32_t> exit_status() const { return exit_status_; }
  [[nodiscard]] uint64_t cycles() const { return cycle_; }
  /// Where each core is and what it waits for, for messages.
  [[nodiscard]] std::string describe_cores() const;
  [[nodiscard]] EventCounts events(uint32_t core);
  [[nodiscard]] const Dma& dma() const { return dma_; }
  /// Null on a chip without one.
  [[nodiscard]] const MatrixEngine* engine() const { return engine_.get(); }
  [[nodiscard]] const InstructionCaches& caches() const { return caches_; }
  /// Ends the current step and returns all by number; step 0 is what comes before the first marker.
  const std::map<uint32_t, StepCounts>& finish_steps();

 private:
  enum class DataPort : uint8_t {
    kFree,
    kWantsL1,      ///< this cycle's request to a bank
    kWantsL2,      ///< waits for the path to L2
    kAnswer,       ///< answered in `answer_cycle`
    kSleeps,       ///< answered by the event unit
    kDmaQueue,     ///< waits for room in the DMA queue
    kEngineQueue,  ///< waits for room in the engine's queue
    kEngineStart,  ///< the engine takes its job until `answer_cycle`
  };

  struct CoreState {
    Core core;
    DataPort data = DataPort::kFree;
    uint64_t answer_cycle = 0;
    uint32_t answer = 0;
    uint64_t blocked_since = 0;
    bool is_stopped = false;  ///< asleep for long enough that its clock stands still

    bool fetch_pending = false;
    uint64_t fetch_cycle = 0;
    uint32_t fetched = 0;

    uint32_t fpu_in_flight = 0;

    bool has_stack = false;
    DmaTransfer dma_registers;
    uint32_t dma_ticket = 0;
    uint32_t engine_job = 0;
    uint32_t engine_ticket = 0;
    uint32_t host_address = 0;
    uint32_t host_count = 0;
    uint32_t cycles_high = 0;

    uint64_t lanes[2] = {0, 0};  ///< RTL events since the last flush, a byte each
    EventCounts counts{};
  };

  // The steps of a cycle, in the order of `tick`.
  void request_data(uint32_t index);
  void finish_l1(uint32_t granted);
  void accept_l2();
  void retry_dma_start();
  void retry_engine_start();
  void answer_data(uint32_t index);
  void fetch(uint32_t index);
  void use_fpus();
  void record_units();
  void record_cores();
  void clock_cores();
  void check_deadlock() const;

  uint32_t access_memory(uint32_t index, Memory& memory);
  [[nodiscard]] static std::string describe_other(const RaceChecker::Race& race);
  [[nodiscard]] static Fault race_fault(Fault fault, const RaceChecker::Race& race);
  void check_host_race(uint32_t index, uint32_t bytes, bool is_read);
  void start_dma(uint32_t index);
  void start_engine(uint32_t index);
  void check_stack(uint32_t index);
  void access_register(uint32_t index);
  /// Whether there is such a register on this chip.
  [[nodiscard]] bool is_register(uint32_t offset) const;
  void load_register(uint32_t index, uint32_t offset);
  void store_register(uint32_t index, uint32_t offset, uint32_t value);
  void answer_next(CoreState& state, uint32_t word);
  void start_sleep(CoreState& state);
  void flush_events(CoreState& state);
  /// `value` as it is stored to TD_CHIP_HOST_MARK.
  void mark(uint32_t value);
  [[nodiscard]] Fault data_fault(FaultKind kind, uint32_t index, std::string detail) const;

  Parameters parameters_;
  HostPort& host_;
  std::unique_ptr<VerilatedContext> context_;
  Memories memories_;
  BankArbiter banks_;
  Dma dma_;
  std::unique_ptr<MatrixEngine> engine_;
  EventUnit event_unit_;
  InstructionCaches caches_;
  RaceChecker races_;
  std::vector<CoreState> cores_;
  std::vector<Fpu> fpus_;
  std::vector<uint32_t> fpu_last_core_;     ///< offered last
  std::vector<uint32_t> fpu_waiting_core_;  ///< offered and not yet accepted
  StackLayout stacks_;
  bool checks_races_ = true;
  std::function<void(uint32_t, uint32_t)> trace_;
  Timeline* timeline_ = nullptr;

  uint64_t cycle_ = 0;
  uint32_t bank_mask_;
  uint32_t wants_l1_ = 0;  ///< bit per core
  uint32_t wants_l2_ = 0;
  uint32_t l2_last_core_ = 0;
  uint32_t waits_for_dma_queue_ = 0;
  uint32_t waits_for_engine_queue_ = 0;
  uint32_t lane_cycles_ = 0;
  std::optional<uint32_t> exit_status_;

  std::map<uint32_t, StepCounts> steps_;
  uint32_t step_ = 0;
  uint64_t step_cycle_ = 0;
  EventCounts step_events_{};
};

}  // namespace tdc::soc
