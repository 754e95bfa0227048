#include "soc/cluster.h"

#include <fmt/format.h>
#include <verilated.h>

#include <algorithm>

#include "rv32/pulp_cluster/chip.h"
#include "soc/fault.h"

namespace tdc::soc {

namespace {

/// A sleeping core's clock is stopped after this many cycles, when its pipeline has certainly come
/// to rest (a division takes 35). It would do nothing: stopping it only saves time.
constexpr uint64_t kRestCycles = 64;

constexpr uint32_t kNobody = UINT32_MAX;

/// The value of a guard word; start-up code stores it and nobody else.
constexpr uint32_t kGuardWord = 0x57AC6A7D;

/// Bit i of the index becomes byte i.
constexpr std::array<uint64_t, 256> kSpread = [] {
  std::array<uint64_t, 256> table{};
  for (uint32_t bits = 0; bits < 256; ++bits) {
    for (uint32_t i = 0; i < 8; ++i) {
      if (bits >> i & 1) table[bits] |= uint64_t{1} << (8 * i);
    }
  }
  return table;
}();

}  // namespace

const char* fault_name(FaultKind kind) {
  switch (kind) {
    case FaultKind::kWildAccess:
      return "wild access";
    case FaultKind::kMisaligned:
      return "misaligned access";
    case FaultKind::kIllegalInstruction:
      return "illegal instruction";
    case FaultKind::kStackOverflow:
      return "stack overflow";
    case FaultKind::kDmaRange:
      return "DMA out of range";
    case FaultKind::kDataRace:
      return "data race";
    case FaultKind::kDeadlock:
      return "deadlock";
    case FaultKind::kCycleLimit:
      return "cycle limit";
    case FaultKind::kEngineRange:
      return "matrix engine out of range";
  }
  return "";
}

Cluster::Cluster(const Parameters& parameters, HostPort& host, uint32_t entry)
    : parameters_(parameters),
      host_(host),
      context_(std::make_unique<VerilatedContext>()),
      memories_(parameters_),
      dma_(parameters_, memories_, banks_),
      engine_(parameters_.engine != 0
                  ? std::make_unique<MatrixEngine>(*context_, parameters_, memories_, banks_)
                  : nullptr),
      event_unit_(parameters_),
      caches_(parameters_),
      races_(memories_, parameters_.cores),
      bank_mask_(parameters_.l1_banks - 1) {
  for (uint32_t i = 0; i < parameters_.cores; ++i) {
    cores_.push_back(CoreState{.core = Core(*context_, i, entry), .dma_registers = {}});
  }
  for (uint32_t i = 0; i < fpu_count(parameters_); ++i) {
    fpus_.emplace_back(*context_);
    fpu_last_core_.push_back(i);
    fpu_waiting_core_.push_back(kNobody);
  }
}

Cluster::~Cluster() = default;

void Cluster::tick() {
  dma_.request();
  if (engine_) engine_->request();
  if (timeline_ != nullptr) record_units();
  for (uint32_t i = 0; i < cores_.size(); ++i) request_data(i);
  const uint32_t granted = banks_.arbitrate();
  dma_.advance(granted);
  if (engine_) engine_->advance(banks_.wide_grants());
  finish_l1(granted);
  accept_l2();
  retry_dma_start();
  retry_engine_start();
  event_unit_.tick(cycle_, dma_, engine_.get());
  if (timeline_ != nullptr) record_cores();
  for (uint32_t i = 0; i < cores_.size(); ++i) answer_data(i);
  for (uint32_t i = 0; i < cores_.size(); ++i) fetch(i);
  use_fpus();
  clock_cores();
  ++cycle_;
}

// ---- Data ----

void Cluster::request_data(uint32_t index) {
  CoreState& state = cores_[index];
  if (state.data != DataPort::kFree || !state.core.accesses_data()) return;
  const uint32_t address = state.core.data_address();
  if (memories_.l1.contains(address)) {
    state.data = DataPort::kWantsL1;
    wants_l1_ |= 1U << index;
    banks_.request(index, address / 4 & bank_mask_);
  } else if (memories_.l2.contains(address)) {
    state.data = DataPort::kWantsL2;
    wants_l2_ |= 1U << index;
  } else if (address - TD_CHIP_REGISTERS < TD_CHIP_REGISTERS_BYTES) {
    state.core.grant_data();
    access_register(index);
  } else if (memories_.l3.contains(address)) {
    throw data_fault(FaultKind::kWildAccess, index, "L3 is reached by DMA only");
  } else {
    check_stack(index);  // the stack of core 0 ends where L1 does
    throw data_fault(FaultKind::kWildAccess, index, "no memory is there");
  }
}

void Cluster::finish_l1(uint32_t granted) {
  for (uint32_t wanted = wants_l1_; wanted != 0; wanted &= wanted - 1) {
    const auto index = static_cast<uint32_t>(std::countr_zero(wanted));
    CoreState& state = cores_[index];
    state.data = DataPort::kFree;
    if (granted >> index & 1) {
      state.core.grant_data();
      state.core.answer_data(access_memory(index, memories_.l1));
    } else {
      ++state.counts[kEvent_bank_conflicts];
    }
  }
  wants_l1_ = 0;
}

void Cluster::accept_l2() {
  if (wants_l2_ == 0) return;
  for (uint32_t port = 0; port < parameters_.l2_ports && wants_l2_ != 0; ++port) {
    const uint32_t later = wants_l2_ & ~((2U << l2_last_core_) - 1U);
    const auto index = static_cast<uint32_t>(std::countr_zero(later != 0 ? later : wants_l2_));
    l2_last_core_ = index;
    wants_l2_ &= ~(1U << index);
    CoreState& state = cores_[index];
    state.core.grant_data();
    state.data = DataPort::kAnswer;
    state.answer = access_memory(index, memories_.l2);
    state.answer_cycle = cycle_ + parameters_.l2_cycles - 1;
    state.counts[kEvent_l2_wait] += parameters_.l2_cycles - 1;
  }
  for (uint32_t waiting = wants_l2_; waiting != 0; waiting &= waiting - 1) {
    ++cores_[static_cast<uint32_t>(std::countr_zero(waiting))].counts[kEvent_l2_wait];
  }
}

uint32_t Cluster::access_memory(uint32_t index, Memory& memory) {
  const Core& core = cores_[index].core;
  const uint32_t address = core.data_address();
  const bool is_write = core.data_is_write();
  if (core.data_is_misaligned()) {
    throw data_fault(FaultKind::kMisaligned, index, "the address is not a multiple of the size");
  }
  check_stack(index);
  const uint8_t attribute = memory.attribute(address);
  if ((attribute & kMapped) == 0) {
    throw data_fault(FaultKind::kWildAccess, index, "the program has nothing there");
  }
  if (is_write) {
    if ((attribute & kWritable) == 0) {
      throw data_fault(FaultKind::kWildAccess, index, "the program has code or constants there");
    }
    if ((attribute & kGuard) != 0 && core.data_to_write() != kGuardWord) {
      throw data_fault(FaultKind::kStackOverflow, index, "a store into the guard word of a stack");
    }
  }
  if (checks_races_) {
    RaceChecker::Race race;
    if (races_.access(index, memory, address, core.data_byte_enable(), is_write, race)) {
      throw race_fault(data_fault(FaultKind::kDataRace, index, describe_other(race)), race);
    }
  }
  if (!is_write) return memory.load_word(address);
  memory.store_word(address, core.data_to_write(), core.data_byte_enable());
  return 0;
}

std::string Cluster::describe_other(const RaceChecker::Race& race) {
  if (race.other_job != 0) {
    return fmt::format(
        "engine job {}, started by core {}, {} the same bytes and was not waited for",
        race.other_job, race.other_core, race.other_wrote ? "writes" : "reads");
  }
  if (race.other_transfer == 0) {
    return fmt::format("core {} {} the same bytes since the last barrier", race.other_core,
                       race.other_wrote ? "wrote" : "read");
  }
  return fmt::format("transfer {}, enqueued by core {}, {} the same bytes and was not waited for",
                     race.other_transfer, race.other_core, race.other_wrote ? "writes" : "reads");
}

void Cluster::check_stack(uint32_t index) {
  const uint32_t bytes = stacks_.bytes_of(index);
  if (bytes == 0) return;
  CoreState& state = cores_[index];
  const uint32_t begin = stacks_.begin_of(index);
  const uint32_t depth = begin + bytes - state.core.stack_pointer();
  // Start-up code runs before it has set the stack pointer.
  if (depth <= bytes - 4) {
    state.has_stack = true;
  } else if (state.has_stack) {
    throw data_fault(
        FaultKind::kStackOverflow, index,
        fmt::format("the stack pointer is {:#010x}, the stack of {} bytes begins at {:#010x}",
                    state.core.stack_pointer(), bytes, begin));
  }
}

void Cluster::answer_next(CoreState& state, uint32_t word) {
  state.data = DataPort::kFree;
  state.core.answer_data(word);
}

void Cluster::start_sleep(CoreState& state) {
  state.data = DataPort::kSleeps;
  state.blocked_since = cycle_;
}

void Cluster::answer_data(uint32_t index) {
  CoreState& state = cores_[index];
  if (state.data == DataPort::kAnswer || state.data == DataPort::kEngineStart) {
    if (cycle_ >= state.answer_cycle) answer_next(state, state.answer);
  } else if (state.data == DataPort::kSleeps) {
    const Sleep sleep = event_unit_.sleep(index);
    ++state.counts[sleep == Sleep::kBarrier  ? kEvent_barrier_wait
                   : sleep == Sleep::kJob    ? kEvent_job_wait
                   : sleep == Sleep::kEngine ? kEvent_engine_wait
                                             : kEvent_dma_wait];
    if (!event_unit_.is_due(index, cycle_)) return;
    if (checks_races_ && sleep == Sleep::kJob) races_.take_job(index);
    answer_next(state, event_unit_.wake(index));
    state.is_stopped = false;
  }
}

// ---- Registers ----

void Cluster::access_register(uint32_t index) {
  const Core& core = cores_[index].core;
  if (core.data_is_misaligned() || core.data_byte_enable() != 15) {
    throw data_fault(FaultKind::kMisaligned, index, "registers are accessed by words");
  }
  check_stack(index);
  const uint32_t offset = core.data_address() - TD_CHIP_REGISTERS;
  if (core.data_is_write()) {
    store_register(index, offset, core.data_to_write());
  } else {
    load_register(index, offset);
  }
}

bool Cluster::is_register(uint32_t offset) const {
  return engine_ != nullptr || offset < TD_CHIP_ENGINE_JOB || offset > TD_CHIP_ENGINE_WAIT;
}

void Cluster::load_register(uint32_t index, uint32_t offset) {
  CoreState& state = cores_[index];
  switch (is_register(offset) ? offset : UINT32_MAX) {
    case TD_CHIP_CORES:
      return answer_next(state, parameters_.cores);
    case TD_CHIP_BARRIER: {
      const uint64_t before = event_unit_.synchronisations();
      event_unit_.sleep_at_barrier(index, cycle_);
      if (checks_races_ && event_unit_.synchronisations() != before) races_.synchronise();
      return start_sleep(state);
    }
    case TD_CHIP_JOB:
      event_unit_.sleep_for_job(index, cycle_);
      return start_sleep(state);
    case TD_CHIP_JOB_ARGUMENT:
      return answer_next(state, event_unit_.job_argument());
    case TD_CHIP_DMA_START:
      state.data = DataPort::kDmaQueue;
      waits_for_dma_queue_ |= 1U << index;
      return;
    case TD_CHIP_DMA_WAIT:
      if (checks_races_) races_.wait_for(index, state.dma_ticket);
      if (dma_.is_done(state.dma_ticket)) return answer_next(state, 0);
      event_unit_.sleep_for_dma(index, state.dma_ticket, false);
      return start_sleep(state);
    case TD_CHIP_DMA_WAIT_ALL:
      if (checks_races_) races_.wait_for_all(index, dma_.last_ticket());
      if (dma_.is_idle()) return answer_next(state, 0);
      event_unit_.sleep_for_dma(index, dma_.last_ticket(), true);
      return start_sleep(state);
    case TD_CHIP_ENGINE_START:
      state.data = DataPort::kEngineQueue;
      waits_for_engine_queue_ |= 1U << index;
      return;
    case TD_CHIP_ENGINE_WAIT:
      if (checks_races_) races_.wait_for_engine(index, state.engine_ticket);
      if (engine_->is_done(state.engine_ticket)) return answer_next(state, 0);
      event_unit_.sleep_for_engine(index, state.engine_ticket);
      return start_sleep(state);
    case TD_CHIP_HOST_READ:
      return answer_next(state, state.host_count);
    case TD_CHIP_CYCLES_LOW:
      state.cycles_high = static_cast<uint32_t>(cycle_ >> 32);
      return answer_next(state, static_cast<uint32_t>(cycle_));
    case TD_CHIP_CYCLES_HIGH:
      return answer_next(state, state.cycles_high);
    default:
      break;
  }
  const uint32_t event = (offset - TD_CHIP_EVENTS) / 4;
  if (offset >= TD_CHIP_EVENTS && event < kEventCount) {
    flush_events(state);
    return answer_next(state, static_cast<uint32_t>(state.counts[event]));
  }
  throw data_fault(FaultKind::kWildAccess, index, "no register to load is there");
}

void Cluster::store_register(uint32_t index, uint32_t offset, uint32_t value) {
  CoreState& state = cores_[index];
  answer_next(state, 0);
  switch (is_register(offset) ? offset : UINT32_MAX) {
    case TD_CHIP_JOB:
      if (checks_races_) races_.start_job(index);
      return event_unit_.start_job(index, value, cycle_);
    case TD_CHIP_JOB_ARGUMENT:
      return event_unit_.set_job_argument(value);
    case TD_CHIP_DMA_TO:
      state.dma_registers.to = value;
      return;
    case TD_CHIP_DMA_FROM:
      state.dma_registers.from = value;
      return;
    case TD_CHIP_DMA_ROW_BYTES:
      state.dma_registers.row_bytes = value;
      return;
    case TD_CHIP_DMA_ROWS:
      state.dma_registers.rows = value;
      return;
    case TD_CHIP_DMA_TO_STRIDE:
      state.dma_registers.to_stride = value;
      return;
    case TD_CHIP_DMA_FROM_STRIDE:
      state.dma_registers.from_stride = value;
      return;
    case TD_CHIP_DMA_TICKET:
      state.dma_ticket = value;
      return;
    case TD_CHIP_ENGINE_JOB:
      state.engine_job = value;
      return;
    case TD_CHIP_ENGINE_TICKET:
      state.engine_ticket = value;
      return;
    case TD_CHIP_HOST_ADDRESS:
      state.host_address = value;
      return;
    case TD_CHIP_HOST_READ:
    case TD_CHIP_HOST_WRITE: {
      const bool is_read = offset == TD_CHIP_HOST_READ;
      const auto attributes = static_cast<uint8_t>(is_read ? kMapped | kWritable : kMapped);
      uint8_t* data = memories_.range(state.host_address, value);
      if (value != 0 &&
          (data == nullptr || !memories_.range_has(state.host_address, value, attributes))) {
        Fault fault =
            data_fault(FaultKind::kWildAccess, index,
                       fmt::format("the host port's {} of {} bytes leaves the program's memory",
                                   is_read ? "reading" : "writing", value));
        fault.address = state.host_address;
        throw fault;
      }
      check_host_race(index, value, is_read);
      if (is_read) {
        state.host_count = host_.read(data, value);
      } else if (!host_.write(data, value)) {
        exit_status_ = 1;
      }
      return;
    }
    case TD_CHIP_HOST_EXIT:
      exit_status_ = value & 255;
      return;
    case TD_CHIP_HOST_CONSOLE:
      return host_.put(static_cast<char>(value));
    case TD_CHIP_HOST_MARK:
      return mark(value);
    default:
      throw data_fault(FaultKind::kWildAccess, index, "no register to store to is there");
  }
}

Fault Cluster::race_fault(Fault fault, const RaceChecker::Race& race) {
  fault.has_address = true;
  fault.address = race.address;
  fault.other_transfer = race.other_transfer;
  fault.other_job = race.other_job;
  fault.other_place = race.other_place;
  return fault;
}

void Cluster::check_host_race(uint32_t index, uint32_t bytes, bool is_read) {
  RaceChecker::Race race;
  const uint32_t address = cores_[index].host_address;
  if (!checks_races_ || bytes == 0 ||
      !races_.access_range(index, *memories_.find(address), address, bytes, is_read, race)) {
    return;
  }
  Fault fault(FaultKind::kDataRace,
              fmt::format("the host port {} memory, and {}", is_read ? "writes" : "reads",
                          describe_other(race)));
  fault.core = index;
  fault.place = cores_[index].core.place();
  throw race_fault(fault, race);
}

void Cluster::start_dma(uint32_t index) {
  CoreState& state = cores_[index];
  const DmaTransfer& transfer = state.dma_registers;
  const CodePlace place = state.core.place();
  try {
    const uint32_t ticket = dma_.start(transfer);
    answer_next(state, ticket);
    const uint64_t bytes = uint64_t{transfer.rows} * transfer.row_bytes;
    if (memories_.l1.contains(transfer.to)) steps_[step_].dma_in_bytes += bytes;
    if (memories_.l1.contains(transfer.from)) steps_[step_].dma_out_bytes += bytes;
    RaceChecker::Race race;
    if (!checks_races_ || transfer.rows == 0 || transfer.row_bytes == 0 ||
        !races_.start_transfer(index, place, ticket, transfer, *memories_.find(transfer.from),
                               *memories_.find(transfer.to), race)) {
      return;
    }
    const std::string detail =
        race.other_transfer == ticket
            ? fmt::format("transfer {} writes what it reads", ticket)
            : fmt::format("transfer {} {} bytes, and {}", ticket,
                          race.is_write ? "writes" : "reads", describe_other(race));
    throw race_fault(Fault(FaultKind::kDataRace, detail), race);
  } catch (Fault& fault) {
    fault.core = index;
    fault.place = place;
    throw;
  }
}

void Cluster::retry_dma_start() {
  // Lower cores first: the queue empties at least as often as the slowest of them asks.
  for (uint32_t waiting = waits_for_dma_queue_; waiting != 0; waiting &= waiting - 1) {
    const auto index = static_cast<uint32_t>(std::countr_zero(waiting));
    CoreState& state = cores_[index];
    if (dma_.is_full()) {
      ++state.counts[kEvent_dma_wait];
      continue;
    }
    waits_for_dma_queue_ &= ~(1U << index);
    start_dma(index);
  }
}

void Cluster::start_engine(uint32_t index) {
  CoreState& state = cores_[index];
  const CodePlace place = state.core.place();
  try {
    RaceChecker::Race race;
    const MatrixEngine::Start start = engine_->start(state.engine_job, steps_[step_].engine_cycles);
    state.data = DataPort::kEngineStart;
    state.answer = start.ticket;
    state.answer_cycle = cycle_ + parameters_.engine_start_cycles - 1;
    if (!checks_races_) return;
    if (races_.access_range(index, memories_.l1, state.engine_job, sizeof(EngineJob), false,
                            race)) {
      throw race_fault(
          Fault(FaultKind::kDataRace, "the engine reads a job, and " + describe_other(race)), race);
    }
    if (!races_.start_engine_job(index, place, start.ticket, start.footprint, race)) return;
    const std::string detail =
        race.other_job == start.ticket
            ? fmt::format("engine job {} writes what it reads", start.ticket)
            : fmt::format("engine job {} {} bytes, and {}", start.ticket,
                          race.is_write ? "writes" : "reads", describe_other(race));
    throw race_fault(Fault(FaultKind::kDataRace, detail), race);
  } catch (Fault& fault) {
    fault.core = index;
    fault.place = place;
    throw;
  }
}

void Cluster::retry_engine_start() {
  // The lowest core first, as at the DMA's queue.
  for (uint32_t waiting = waits_for_engine_queue_; waiting != 0; waiting &= waiting - 1) {
    const auto index = static_cast<uint32_t>(std::countr_zero(waiting));
    if (engine_->is_full()) {
      ++cores_[index].counts[kEvent_engine_wait];
      continue;
    }
    waits_for_engine_queue_ &= ~(1U << index);
    cores_[index].counts[kEvent_engine_wait] += parameters_.engine_start_cycles - 1;
    start_engine(index);
  }
}

// ---- Instructions ----

void Cluster::fetch(uint32_t index) {
  CoreState& state = cores_[index];
  if (state.is_stopped) return;
  if (!state.fetch_pending) {
    if (!state.core.fetches()) return;
    const uint32_t address = state.core.fetch_address();
    const Memory* memory = memories_.l2.contains(address) ? &memories_.l2 : memories_.find(address);
    // The prefetcher may run past the end of the code; what is no code is an illegal instruction.
    state.fetched = memory != nullptr && (memory->attribute(address) & kCode) != 0
                        ? memory->load_word(address)
                        : 0;
    state.fetch_cycle = caches_.fetch(index, address, cycle_);
    state.core.grant_fetch();
    state.fetch_pending = true;
  }
  if (state.fetch_cycle > cycle_ + 1) {
    ++state.counts[kEvent_icache_wait];
    return;
  }
  state.core.answer_fetch(state.fetched);
  state.fetch_pending = false;
}

// ---- FPUs ----

void Cluster::use_fpus() {
  const auto fpu_total = static_cast<uint32_t>(fpus_.size());
  uint32_t granted = 0;
  for (uint32_t f = 0; f < fpu_total; ++f) {
    Fpu& fpu = fpus_[f];
    uint32_t chosen = fpu_waiting_core_[f];
    // Cores f, f + fpu_total, ... in a ring, beginning after the one that was offered last.
    uint32_t index = fpu_last_core_[f];
    for (uint32_t step = 0; chosen == kNobody && step < parameters_.cores_per_fpu; ++step) {
      index = index + fpu_total < cores_.size() ? index + fpu_total : f;
      const CoreState& state = cores_[index];
      if (!state.is_stopped && state.core.uses_fpu()) chosen = index;
    }
    if (chosen == kNobody && fpu.is_idle()) continue;
    if (chosen != kNobody) fpu.offer(chosen, cores_[chosen].core.fpu_operation());
    fpu.clock();
    if (chosen != kNobody) {
      CoreState& state = cores_[chosen];
      fpu_last_core_[f] = chosen;
      if (fpu.has_accepted()) {
        state.core.grant_fpu();
        granted |= 1U << chosen;
        ++state.fpu_in_flight;
        fpu_waiting_core_[f] = kNobody;
      } else {
        // The divider looks at an operation for two cycles before it accepts it: no one else in
        // between.
        fpu_waiting_core_[f] = chosen;
      }
    }
    for (const FpuUnit unit : {FpuUnit::kPipeline, FpuUnit::kDivider}) {
      if (!fpu.has_result(unit)) continue;
      const FpuResult result = fpu.result(unit);
      --cores_[result.core].fpu_in_flight;
      cores_[result.core].core.answer_fpu(result);
    }
  }
  for (uint32_t i = 0; i < cores_.size(); ++i) {
    CoreState& state = cores_[i];
    if (!state.is_stopped && state.core.uses_fpu() && (granted >> i & 1) == 0) {
      ++state.counts[kEvent_fpu_contention];
    }
  }
}

// ---- Clock ----

void Cluster::clock_cores() {
  if (++lane_cycles_ == 255) {
    for (CoreState& state : cores_) flush_events(state);
    lane_cycles_ = 0;
  }
  bool any_runs = false;
  for (uint32_t i = 0; i < cores_.size(); ++i) {
    CoreState& state = cores_[i];
    if (state.is_stopped) continue;
    any_runs = true;
    if (state.data == DataPort::kSleeps && cycle_ - state.blocked_since >= kRestCycles &&
        !state.fetch_pending && !state.core.fetches() && state.fpu_in_flight == 0 &&
        !state.core.uses_fpu()) {
      state.is_stopped = true;
      continue;
    }
    state.core.clock();
    const uint32_t events = state.core.events();
    state.lanes[0] += kSpread[events & 255];
    state.lanes[1] += kSpread[events >> 8];
    if (trace_ && (events & 1) != 0) trace_(i, state.core.execute_pc());
    if (state.core.traps()) {
      const uint32_t cause = state.core.trap_cause();
      const uint32_t pc = state.core.decode_pc();
      const Memory* memory = memories_.find(pc);
      const bool is_code = memory != nullptr && (memory->attribute(pc) & kCode) != 0;
      Fault fault(is_code ? FaultKind::kIllegalInstruction : FaultKind::kWildAccess,
                  !is_code     ? "jump: the program has no code there"
                  : cause == 2 ? "the core does not know it"
                  : cause == 3 ? "a breakpoint (ebreak)"
                               : fmt::format("a trap with cause {}", cause));
      fault.core = i;
      fault.place = {pc, state.core.return_address()};
      throw fault;
    }
  }
  if (!any_runs) check_deadlock();
}

void Cluster::check_deadlock() const {
  if (!dma_.is_idle() || (engine_ && !engine_->is_idle())) return;
  for (uint32_t i = 0; i < cores_.size(); ++i) {
    if (event_unit_.is_waking(i)) return;
  }
  Fault fault(FaultKind::kDeadlock, "all cores are asleep: " + describe_cores());
  fault.core = 0;
  fault.place = cores_[0].core.place();
  throw fault;
}

std::string Cluster::describe_cores() const {
  std::string text;
  for (uint32_t i = 0; i < cores_.size(); ++i) {
    const Sleep sleep = event_unit_.sleep(i);
    text += fmt::format("{}core {} {} at {:#010x}", i == 0 ? "" : ", ", i,
                        sleep == Sleep::kNone      ? "runs"
                        : sleep == Sleep::kBarrier ? "at a barrier"
                        : sleep == Sleep::kJob     ? "without a job"
                        : sleep == Sleep::kEngine  ? "waiting for an engine job"
                                                   : "waiting for a DMA transfer",
                        cores_[i].core.execute_pc());
  }
  return text;
}

// ---- Timeline ----

void Cluster::record_units() {
  for (const Dma::Channel channel : {Dma::kIntoL1, Dma::kOutOfL1, Dma::kExternal}) {
    const Dma::UnderWay transfer = dma_.under_way(channel);
    timeline_->transfer(channel, transfer.ticket, transfer.bytes, cycle_);
  }
  if (!engine_) return;
  const MatrixEngine::UnderWay job = engine_->under_way();
  timeline_->engine_job(job.ticket, job.flop, cycle_);
}

void Cluster::record_cores() {
  for (uint32_t i = 0; i < cores_.size(); ++i) {
    const CoreState& state = cores_[i];
    const Sleep sleep = event_unit_.sleep(i);
    CoreActivity activity = CoreActivity::kWorking;
    if (state.data == DataPort::kSleeps) {
      activity = sleep == Sleep::kBarrier  ? CoreActivity::kBarrierWait
                 : sleep == Sleep::kJob    ? CoreActivity::kJobWait
                 : sleep == Sleep::kEngine ? CoreActivity::kEngineWait
                                           : CoreActivity::kDmaWait;
    } else if (state.data == DataPort::kDmaQueue) {
      activity = CoreActivity::kDmaWait;
    } else if (state.data == DataPort::kEngineQueue ||
               (state.data == DataPort::kEngineStart && cycle_ < state.answer_cycle)) {
      activity = CoreActivity::kEngineWait;
    }
    timeline_->core(i, activity, cycle_);
  }
}

// ---- Counters ----

void Cluster::flush_events(CoreState& state) {
  for (uint32_t event = 0; event < Core::kRtlEvents; ++event) {
    state.counts[event] += state.lanes[event / 8] >> (8 * (event % 8)) & 255;
  }
  state.lanes[0] = 0;
  state.lanes[1] = 0;
}

EventCounts Cluster::events(uint32_t core) {
  flush_events(cores_[core]);
  return cores_[core].counts;
}

void Cluster::mark(uint32_t value) {
  const uint32_t step = value & ~TD_CHIP_MARKS_TRANSFERS;
  if (timeline_ != nullptr) timeline_->mark(step, value == step, cycle_);
  EventCounts total{};
  for (uint32_t i = 0; i < cores_.size(); ++i) {
    const EventCounts counts = events(i);
    for (uint32_t event = 0; event < kEventCount; ++event) total[event] += counts[event];
  }
  StepCounts& ended = steps_[step_];
  ended.cycles += cycle_ - step_cycle_;
  for (uint32_t event = 0; event < kEventCount; ++event) {
    ended.events[event] += total[event] - step_events_[event];
  }
  step_ = step;
  step_cycle_ = cycle_;
  step_events_ = total;
  if (value == step) ++steps_[step].visits;
}

const std::map<uint32_t, StepCounts>& Cluster::finish_steps() {
  mark(step_ | TD_CHIP_MARKS_TRANSFERS);
  return steps_;
}

Fault Cluster::data_fault(FaultKind kind, uint32_t index, std::string detail) const {
  const Core& core = cores_[index].core;
  Fault fault(kind, fmt::format("{}{}",
                                kind == FaultKind::kDataRace || kind == FaultKind::kWildAccess
                                    ? core.data_is_write() ? "store: " : "load: "
                                    : "",
                                detail));
  fault.core = index;
  fault.place = core.place();
  fault.has_address = true;
  fault.address = core.data_address();
  return fault;
}

}  // namespace tdc::soc
