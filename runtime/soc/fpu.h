#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "Vtdc_fpu.h"

namespace tdc::soc {

/// An operation as the core's APU port carries it.
struct FpuOperation {
  std::array<uint32_t, 3> operands{};
  uint32_t operation = 0;
  uint32_t flags = 0;
};

struct FpuResult {
  uint32_t core = 0;
  uint32_t value = 0;
  uint32_t flags = 0;
};

/// What results come from. The pipeline takes an operation in each cycle and has its result one
/// cycle later; cores rely on it. The divider divides and takes square roots, one at a time.
enum class FpuUnit : uint8_t { kPipeline, kDivider };

/// A pipeline and a divider. In a cycle: `offer` at most one operation, then `clock`, then ask
/// whether it was taken.
class Fpu {
 public:
  explicit Fpu(VerilatedContext& context);
  ~Fpu();
  Fpu(Fpu&&) noexcept;

  /// Offers an operation of `core` in this cycle.
  void offer(uint32_t core, const FpuOperation& operation);

  /// Ends the cycle.
  void clock();

  /// Whether the operation offered in the cycle that ended was taken; that depends on what is in
  /// flight.
  [[nodiscard]] bool has_accepted() const { return model_->accepted_o != 0; }

  /// Whether a result leaves `unit` in the cycle that began with the last edge. Results of both
  /// units may leave in one cycle, for two cores.
  [[nodiscard]] bool has_result(FpuUnit unit) const {
    return (model_->rvalid_o >> static_cast<uint32_t>(unit) & 1) != 0;
  }
  [[nodiscard]] FpuResult result(FpuUnit unit) const;
  /// Nothing is in flight: without an offer the next edge may be left out.
  [[nodiscard]] bool is_idle() const { return model_->busy_o == 0; }

 private:
  std::unique_ptr<Vtdc_fpu> model_;
};

}  // namespace tdc::soc
