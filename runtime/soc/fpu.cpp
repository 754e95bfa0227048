#include "soc/fpu.h"

#include <verilated.h>

#include "Vtdc_fpu___024root.h"
#include "soc/clock_edge.h"

namespace tdc::soc {

Fpu::Fpu(VerilatedContext& context) : model_(std::make_unique<Vtdc_fpu>(&context, "")) {
  reset_model(*model_);
}

Fpu::~Fpu() = default;
Fpu::Fpu(Fpu&&) noexcept = default;

void Fpu::offer(uint32_t core, const FpuOperation& operation) {
  model_->req_i = 1;
  model_->tag_i = static_cast<uint8_t>(core);
  for (uint32_t i = 0; i < 3; ++i) model_->operands_i[i] = operation.operands[i];
  model_->op_i = static_cast<uint8_t>(operation.operation);
  model_->flags_i = static_cast<uint16_t>(operation.flags);
}

FpuResult Fpu::result(FpuUnit unit) const {
  const auto port = static_cast<uint32_t>(unit);
  return {.core = model_->rtag_o >> 4 * port & 15U,
          .value = static_cast<uint32_t>(model_->result_o >> 32 * port),
          .flags = model_->rflags_o >> 5 * port & 31U};
}

void Fpu::clock() {
  raise_clock(*model_);
  model_->req_i = 0;
}

}  // namespace tdc::soc
