#include "soc/engine.h"

#include <fmt/format.h>
#include <verilated.h>

#include <cstring>

#include "Vtdc_engine.h"
#include "Vtdc_engine___024root.h"
#include "soc/clock_edge.h"
#include "soc/fault.h"

namespace tdc::soc {

MatrixEngine::MatrixEngine(VerilatedContext& context, const Parameters& parameters,
                           Memories& memories, BankArbiter& banks)
    : parameters_(parameters),
      memories_(memories),
      banks_(banks),
      model_(std::make_unique<Vtdc_engine>(&context, "")) {
  reset_model(*model_);
}

MatrixEngine::~MatrixEngine() = default;

bool MatrixEngine::is_full() const {
  return start_wait_ > 0 || model_->full_o != 0;
}

MatrixEngine::Start MatrixEngine::start(uint32_t descriptor, uint64_t& charged) {
  EngineJob job;
  if (descriptor % 4 != 0 || !memories_.l1.contains(descriptor, sizeof(job)) ||
      !memories_.range_has(descriptor, sizeof(job), kMapped)) {
    Fault fault(FaultKind::kEngineRange,
                "the job itself is not in words that the program has in L1");
    fault.has_address = true;
    fault.address = descriptor;
    throw fault;
  }
  std::memcpy(&job, memories_.range(descriptor, sizeof(job)), sizeof(job));
  Start start{.ticket = last_ticket_ + 1,
              .footprint = engine_footprint(job, descriptor, memories_)};
  ++last_ticket_;
  const uint64_t flop = engine_flop(job);
  flop_ += flop;
  std::memcpy(model_->job_i.data(), &job, sizeof(job));
  start_wait_ = parameters_.engine_start_cycles;
  jobs_.push_back({.charged = &charged, .flop = flop});
  return start;
}

void MatrixEngine::request() {
  if (is_idle()) return;
  for (uint32_t words = model_->request_o; words != 0; words &= words - 1) {
    banks_.request(BankArbiter::kWideRequester,
                   bank(model_->address_o[static_cast<uint32_t>(std::countr_zero(words))]));
  }
}

MatrixEngine::UnderWay MatrixEngine::under_way() const {
  if (is_idle()) return {};
  return {.ticket = last_ticket_ - static_cast<uint32_t>(jobs_.size()) + 1,
          .flop = jobs_.front().flop};
}

uint32_t MatrixEngine::peak_flop_per_cycle() const {
  return 2 * model_->units_o;
}

void MatrixEngine::advance(uint32_t granted_banks) {
  if (is_idle()) return;
  ++busy_cycles_;
  ++*jobs_.front().charged;
  uint32_t granted = 0;
  for (uint32_t words = model_->request_o; words != 0; words &= words - 1) {
    const auto word = static_cast<uint32_t>(std::countr_zero(words));
    const uint32_t address = model_->address_o[word];
    const uint32_t own_bank = 1U << bank(address);
    if ((granted_banks & own_bank) == 0) continue;
    granted_banks &= ~own_bank;  // a bank gives one word a cycle
    granted |= 1U << word;
    ++words_;
    if (model_->write_o != 0) {
      memories_.l1.store_word(address, model_->wdata_o[word], 15);
    } else {
      model_->rdata_next_i[word] = memories_.l1.load_word(address);
    }
  }
  if (granted != model_->request_o) ++bank_waits_;
  model_->grant_i = static_cast<uint8_t>(granted);
  model_->start_i = start_wait_ == 1;
  if (start_wait_ > 0) --start_wait_;
  raise_clock(*model_);
  if (model_->completed_o == completed_) return;
  completed_ = model_->completed_o;
  jobs_.pop_front();
}

}  // namespace tdc::soc
