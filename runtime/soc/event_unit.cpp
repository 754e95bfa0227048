#include "soc/event_unit.h"

namespace tdc::soc {

void EventUnit::sleep_at_barrier(uint32_t core, uint64_t cycle) {
  states_[core].sleep = Sleep::kBarrier;
  states_[core].wake_cycle = kNever;
  if (++at_barrier_ < parameters_.cores) return;
  at_barrier_ = 0;
  ++synchronisations_;
  for (uint32_t i = 0; i < parameters_.cores; ++i) {
    states_[i].wake_cycle = cycle + parameters_.barrier_wake_cycles - 1;
  }
}

void EventUnit::sleep_for_job(uint32_t core, uint64_t cycle) {
  State& state = states_[core];
  state.sleep = Sleep::kJob;
  // One that comes late finds its job waiting and does not fall asleep at all.
  state.wake_cycle = state.has_job ? cycle : kNever;
}

void EventUnit::sleep_for_dma(uint32_t core, uint32_t ticket, bool all) {
  states_[core].sleep = all ? Sleep::kDmaAll : Sleep::kDmaTicket;
  sleep_until_done(core, ticket);
}

void EventUnit::sleep_for_engine(uint32_t core, uint32_t ticket) {
  states_[core].sleep = Sleep::kEngine;
  sleep_until_done(core, ticket);
}

void EventUnit::sleep_until_done(uint32_t core, uint32_t ticket) {
  states_[core].wake_cycle = kNever;
  states_[core].ticket = ticket;
  ++waiting_;
}

void EventUnit::start_job(uint32_t core, uint32_t function, uint64_t cycle) {
  function_ = function;
  ++synchronisations_;
  for (uint32_t i = 0; i < parameters_.cores; ++i) {
    if (i == core) continue;
    states_[i].has_job = true;
    if (states_[i].sleep == Sleep::kJob) {
      states_[i].wake_cycle = cycle + parameters_.job_wake_cycles - 1;
    }
  }
}

void EventUnit::tick(uint64_t cycle, const Dma& dma, const MatrixEngine* engine) {
  if (waiting_ == 0) return;
  for (uint32_t i = 0; i < parameters_.cores; ++i) {
    State& state = states_[i];
    if (state.wake_cycle != kNever) continue;
    const bool is_over = state.sleep == Sleep::kDmaTicket ? dma.is_done(state.ticket)
                         : state.sleep == Sleep::kDmaAll  ? dma.are_done_until(state.ticket)
                         : state.sleep == Sleep::kEngine  ? engine->is_done(state.ticket)
                                                          : false;
    if (!is_over) continue;
    state.wake_cycle = cycle - 1 +
                       (state.sleep == Sleep::kEngine ? parameters_.engine_wake_cycles
                                                      : parameters_.dma_wake_cycles);
    --waiting_;
  }
}

uint32_t EventUnit::wake(uint32_t core) {
  State& state = states_[core];
  const bool is_job = state.sleep == Sleep::kJob;
  state.sleep = Sleep::kNone;
  state.wake_cycle = kNever;
  if (!is_job) return 0;
  state.has_job = false;
  return function_;
}

}  // namespace tdc::soc
