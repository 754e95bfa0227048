#include "soc/fpu.h"

#include <verilated.h>

namespace tdc::soc {

Fpu::Fpu(VerilatedContext& context) : model_(std::make_unique<Vtdc_fpu>(&context, "")) {
  model_->rst_ni = 0;
  clock();
  model_->rst_ni = 1;
}

Fpu::~Fpu() = default;
Fpu::Fpu(Fpu&&) noexcept = default;

bool Fpu::offer(uint32_t core, const FpuOperation& operation) {
  model_->req_i = 1;
  model_->tag_i = static_cast<uint8_t>(core);
  for (uint32_t i = 0; i < 3; ++i) model_->operands_i[i] = operation.operands[i];
  model_->op_i = static_cast<uint8_t>(operation.operation);
  model_->flags_i = static_cast<uint16_t>(operation.flags);
  model_->clk_i = 0;
  model_->eval();
  clock_is_low_ = true;
  return model_->gnt_o != 0;
}

void Fpu::clock() {
  if (!clock_is_low_) {
    model_->clk_i = 0;
    model_->eval();
  }
  model_->clk_i = 1;
  model_->eval();
  model_->req_i = 0;
  clock_is_low_ = false;
}

}  // namespace tdc::soc
