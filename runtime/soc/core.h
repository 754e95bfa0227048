#pragma once

#include <cstdint>
#include <memory>

#include "Vtdc_core.h"
#include "soc/events.h"
#include "soc/fault.h"
#include "soc/fpu.h"

namespace tdc::soc {

/// One CV32E40P. In a cycle it shows its requests; `clock` ends the cycle with the grants of this
/// cycle and the answers for the next.
class Core {
 public:
  /// Bits of `events` that come from the RTL.
  static constexpr uint32_t kRtlEvents = 12;

  /// A core in reset that begins at `boot_address`; traps go to the same place and are never
  /// reached, because a trap ends the run.
  Core(VerilatedContext& context, uint32_t hart, uint32_t boot_address);
  ~Core();
  Core(Core&&) noexcept;

  // Requests of this cycle.
  [[nodiscard]] bool fetches() const { return model_->instr_req_o != 0; }
  [[nodiscard]] uint32_t fetch_address() const { return model_->instr_addr_o; }
  [[nodiscard]] bool accesses_data() const { return model_->data_req_o != 0; }
  [[nodiscard]] bool data_is_write() const { return model_->data_we_o != 0; }
  /// Bit i: byte i of the word is accessed.
  [[nodiscard]] uint32_t data_byte_enable() const { return model_->data_be_o; }
  [[nodiscard]] uint32_t data_address() const { return model_->data_addr_o; }
  [[nodiscard]] uint32_t data_to_write() const { return model_->data_wdata_o; }
  [[nodiscard]] bool data_is_misaligned() const { return model_->data_misaligned_o != 0; }
  [[nodiscard]] bool uses_fpu() const { return model_->apu_req_o != 0; }
  [[nodiscard]] FpuOperation fpu_operation() const {
    return {{model_->apu_operands_o[0], model_->apu_operands_o[1], model_->apu_operands_o[2]},
            model_->apu_op_o,
            model_->apu_flags_o};
  }

  // What to hand over with the edge; forgotten after it. Requests and events of the next cycle do
  // not depend on it but through registers, so that they are right before it is cleared.
  void grant_fetch() { model_->instr_gnt_i = 1; }
  void answer_fetch(uint32_t instruction) {
    model_->instr_rvalid_next_i = 1;
    model_->instr_rdata_next_i = instruction;
  }
  void grant_data() { model_->data_gnt_i = 1; }
  void answer_data(uint32_t word) {
    model_->data_rvalid_next_i = 1;
    model_->data_rdata_next_i = word;
  }
  void grant_fpu() { model_->apu_gnt_i = 1; }
  void answer_fpu(const FpuResult& result) {
    model_->apu_rvalid_next_i = 1;
    model_->apu_result_next_i = result.value;
    model_->apu_flags_next_i = static_cast<uint8_t>(result.flags);
  }

  void clock();

  // About the cycle that began with the last edge.
  /// Bit e: RTL event e happens in it.
  [[nodiscard]] uint32_t events() const { return model_->events_o; }
  /// The instruction that makes the data request.
  [[nodiscard]] uint32_t execute_pc() const { return model_->execute_pc_o; }
  [[nodiscard]] CodePlace place() const { return {execute_pc(), return_address()}; }
  /// The instruction that traps.
  [[nodiscard]] uint32_t decode_pc() const { return model_->decode_pc_o; }
  [[nodiscard]] uint32_t stack_pointer() const { return model_->stack_pointer_o; }
  [[nodiscard]] uint32_t return_address() const { return model_->return_address_o; }
  [[nodiscard]] bool traps() const { return model_->trap_o != 0; }
  /// As in `mcause`.
  [[nodiscard]] uint32_t trap_cause() const { return model_->trap_cause_o; }

 private:
  std::unique_ptr<Vtdc_core> model_;
};

}  // namespace tdc::soc
