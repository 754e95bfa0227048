#pragma once

// How values move when something is added to a parameter, as far as it can be told from shapes:
// by the same number along some of their dims. Norms and softmax take such a shift away again, so
// that the parameter has no gradient (autodiff/structural_zeros.h).

#include <optional>
#include <vector>

namespace tdc::ops {

struct Call;

struct Shift {
  bool is_known = true;       ///< false: the value changes in some other way
  bool is_of_sample = false;  ///< what is added differs from sample to sample
  std::vector<bool> varies;   ///< for each dim: whether what is added differs along it
};

/// How an operand moves.
struct ShiftOperand {
  std::optional<Shift> shift;  ///< nullopt: it stays
  bool is_of_sample = false;   ///< the operand itself depends on the sample
};
/// At least one of them moves, and all that do in a known way.
using ShiftOperands = std::vector<ShiftOperand>;

/// Sums, differences and what adds numbers of its own: as the broadcast operands move.
std::optional<Shift> shift_of_sum(const Call& call, const ShiftOperands& operands);
/// Products element by element, of which one factor moves.
std::optional<Shift> shift_of_product(const Call& call, const ShiftOperands& operands);
/// y = a @ b, of which one factor moves.
std::optional<Shift> shift_of_matmul(const Call& call, const ShiftOperands& operands);
/// The same elements under another shape.
std::optional<Shift> shift_of_reshape(const Call& call, const ShiftOperands& operands);
/// Sums or means over axes (`reduction_attributes`).
std::optional<Shift> shift_of_reduction(const Call& call, const ShiftOperands& operands);
/// Results that do not depend on what is added to a whole row of operand 0: along `axis`, or the
/// last one.
std::optional<Shift> shift_of_rows(const Call& call, const ShiftOperands& operands);

}  // namespace tdc::ops
