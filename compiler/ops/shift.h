#pragma once

// How values move when something is added to a parameter, as far as it can be told from shapes:
// by the same number along some of their dims. Norms and softmax take such a shift away again, so
// that the parameter has no gradient (autodiff/structural_zeros.h).

#include <optional>
#include <vector>

namespace tdc::ops {

struct Call;

struct Shift {
  bool is_known = true;      ///< false: the value changes in some other way
  std::vector<bool> varies;  ///< for each dim: whether what is added differs along it
};

/// One for each operand; nullopt: it stays.
using Shifts = std::vector<std::optional<Shift>>;

/// Sums, differences and what adds numbers of its own: as the broadcast operands move.
std::optional<Shift> shift_of_sum(const Call& call, const Shifts& shifts);
/// Products element by element, of which one factor moves.
std::optional<Shift> shift_of_product(const Call& call, const Shifts& shifts);
/// y = a @ b, of which one factor moves.
std::optional<Shift> shift_of_matmul(const Call& call, const Shifts& shifts);
/// The same elements under another shape.
std::optional<Shift> shift_of_reshape(const Call& call, const Shifts& shifts);
/// Sums or means over axes (`reduction_attributes`).
std::optional<Shift> shift_of_reduction(const Call& call, const Shifts& shifts);
/// Results that do not depend on what is added to a whole row of operand 0.
std::optional<Shift> shift_of_rows(const Call& call, const Shifts& shifts);

}  // namespace tdc::ops
