#include "soc/core.h"

#include <verilated.h>

#include "Vtdc_core___024root.h"
#include "soc/clock_edge.h"

namespace tdc::soc {

Core::Core(VerilatedContext& context, uint32_t hart, uint32_t boot_address)
    : model_(std::make_unique<Vtdc_core>(&context, "")) {
  model_->boot_addr_i = boot_address;
  model_->mtvec_addr_i = boot_address;
  model_->hart_id_i = hart;
  reset_model(*model_);
}

Core::~Core() = default;
Core::Core(Core&&) noexcept = default;

void Core::clock() {
  raise_clock(*model_);
  model_->instr_gnt_i = 0;
  model_->instr_rvalid_next_i = 0;
  model_->data_gnt_i = 0;
  model_->data_rvalid_next_i = 0;
  model_->apu_gnt_i = 0;
  model_->apu_rvalid_next_i = 0;
}

}  // namespace tdc::soc
