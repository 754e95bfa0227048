#pragma once

#include <cstdint>
#include <deque>
#include <memory>

#include "soc/bank_arbiter.h"
#include "soc/engine_job.h"
#include "soc/memories.h"
#include "soc/parameters.h"

class VerilatedContext;
class Vtdc_engine;

namespace tdc::soc {

/// The matrix engine of the cluster: its RTL (tdc_engine.sv), and what it has to do with the rest:
/// jobs, banks and memory. Jobs are computed in the order of their starts, one at a time.
class MatrixEngine {
 public:
  MatrixEngine(VerilatedContext& context, const Parameters& parameters, Memories& memories,
               BankArbiter& banks);
  ~MatrixEngine();

  [[nodiscard]] bool is_full() const;
  [[nodiscard]] bool is_idle() const { return jobs_.empty(); }

  struct Start {
    uint32_t ticket = 0;
    EngineFootprint footprint;
  };
  /// Queues the job that lies at `descriptor`. Not to be called while full. The cycles that it
  /// computes are added to `charged` as they pass. Throws a Fault (kEngineRange).
  Start start(uint32_t descriptor, uint64_t& charged);

  /// Whether the job with this ticket, and so each before it, is complete.
  [[nodiscard]] bool is_done(uint32_t ticket) const {
    return ticket <= last_ticket_ - jobs_.size() || ticket > last_ticket_;
  }

  /// First half of a cycle: asks the banks for the words that it would access.
  void request();
  /// Second half: reads and writes what the banks granted (bit b: bank b), and ends the cycle.
  void advance(uint32_t granted_banks);

  /// The job that is computed.
  struct UnderWay {
    uint32_t ticket = 0;  ///< 0: none
    uint64_t flop = 0;
  };
  [[nodiscard]] UnderWay under_way() const;

  /// A multiply-add of each unit.
  [[nodiscard]] uint32_t peak_flop_per_cycle() const;
  [[nodiscard]] uint64_t jobs() const { return last_ticket_; }
  [[nodiscard]] uint64_t busy_cycles() const { return busy_cycles_; }
  /// Cycles in which words of an access were left without their bank.
  [[nodiscard]] uint64_t bank_waits() const { return bank_waits_; }
  [[nodiscard]] uint64_t words() const { return words_; }
  [[nodiscard]] uint64_t flop() const { return flop_; }

 private:
  [[nodiscard]] uint32_t bank(uint32_t address) const { return address / 4 % parameters_.l1_banks; }

  const Parameters& parameters_;
  Memories& memories_;
  BankArbiter& banks_;
  std::unique_ptr<Vtdc_engine> model_;
  struct Job {
    uint64_t* charged;  ///< what its cycles are added to
    uint64_t flop;
  };
  std::deque<Job> jobs_;     ///< not complete, in order
  uint32_t start_wait_ = 0;  ///< cycles until the RTL has the job that was started last
  uint32_t completed_ = 0;   ///< as the RTL counts
  uint32_t last_ticket_ = 0;
  uint64_t busy_cycles_ = 0;
  uint64_t bank_waits_ = 0;
  uint64_t words_ = 0;
  uint64_t flop_ = 0;
};

}  // namespace tdc::soc
