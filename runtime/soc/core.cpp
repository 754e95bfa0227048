#include "soc/core.h"

#include <verilated.h>

namespace tdc::soc {

Core::Core(VerilatedContext& context, uint32_t hart, uint32_t boot_address)
    : model_(std::make_unique<Vtdc_core>(&context, "")) {
  model_->boot_addr_i = boot_address;
  model_->mtvec_addr_i = boot_address;
  model_->hart_id_i = hart;
  model_->rst_ni = 0;
  clock();
  model_->rst_ni = 1;
}

Core::~Core() = default;
Core::Core(Core&&) noexcept = default;

void Core::clock() {
  model_->clk_i = 1;
  model_->eval();
  model_->instr_gnt_i = 0;
  model_->instr_rvalid_next_i = 0;
  model_->data_gnt_i = 0;
  model_->data_rvalid_next_i = 0;
  model_->apu_gnt_i = 0;
  model_->apu_rvalid_next_i = 0;
  model_->clk_i = 0;
  model_->eval();
}

}  // namespace tdc::soc
