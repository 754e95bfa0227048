#pragma once

// What the cycles of a kernel are a sum of: a launch in a few numbers, from its box, its views and
// the record's `Division`, and how many cycles each of them takes. The model is linear, as in
// Roofline-like models with measured coefficients; `tests/bench/fit_cycles.py` measures them.

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "chip/chip.h"
#include "schedule/schedule.h"

namespace tdc::schedule {

/// Amounts of a launch, for the core that has the most to do.
enum class Amount : uint8_t {
  calls,         ///< of the kernel: arguments, fork and join, code that is not in the cache
  outputs,       ///< elements that it computes
  inputs,        ///< elements of inputs that are its share
  rows,          ///< runs of an innermost loop over outputs, if several, or over what is gathered
  items,         ///< blocks, or indices of the parallel axes
  steps,         ///< of chains, by full blocks; by elements: of each index
  single_steps,  ///< of chains, by single rows of blocks; by rows: straight from the image
  edge_steps,    ///< of both, those of rows that miss taps
  gathered,      ///< elements that it copies to panels
  panels,        ///< times that a block is taken up after another panel was filled
  continued,     ///< outputs that go on from what was there
};
inline constexpr size_t kAmounts = 11;
/// In the order of `Amount`.
const std::array<std::string_view, kAmounts>& amount_names();

using Amounts = std::array<double, kAmounts>;

/// What the cycles of a launch depend on.
struct KernelWork {
  std::string_view kernel;
  ops::Division division = ops::Division::elements;
  Amounts amounts = {};
  double far = 0;  ///< loads and stores outside of the scratchpad, which the chip file has costs of
};
/// Cycles of loads and stores outside of the scratchpad, beyond those in it.
double far_cycles(const KernelWork& work, const chip::Chip& chip);

KernelWork work_of(const Schedule& schedule, const chip::Chip& chip, const Launch& launch);

/// The same of a launch that is in no schedule yet; `is_far` says which buffers the cores would
/// reach outside of the scratchpad.
KernelWork work_of(const Launch& launch, int64_t cores,
                   const std::function<bool(BufferId)>& is_far);

/// `elements`, `blocks`, `rows`.
std::string_view name_of(ops::Division division);

/// What kernels take on a platform, as its `cycles.txt` says:
///
///     # anything behind a number sign
///     kernel         division  calls  outputs  ...  continued
///     td_matmul_f32  blocks    1700   0        ...  25
///     *              elements  1000   8        ...  4         kernels without a line of their own
class CycleTable {
 public:
  /// Asserts that the text is as above: tables are files of `tdc`.
  static CycleTable parse(std::string_view text);

  /// For platforms whose kernels nobody measured: what cores take that issue one instruction a
  /// cycle, with a floating point unit. Good enough to choose between pieces, and not to be shown.
  static const CycleTable& rough();

  [[nodiscard]] double cycles(const KernelWork& work, const chip::Chip& chip) const;

 private:
  std::map<std::pair<std::string, std::string>, Amounts> lines_;  ///< by kernel and division
};

}  // namespace tdc::schedule
