#include "ops/shift.h"

#include <algorithm>

#include "ops/op.h"
#include "ops/reduction.h"

namespace tdc::ops {
namespace {

using ir::Dims;

Shift unknown() {
  return {.is_known = false, .varies = {}};
}

/// The flags of an operand's dims as those of the result, trailing ones aligned.
std::vector<bool> aligned(const std::vector<bool>& varies, size_t rank) {
  std::vector<bool> result(rank - varies.size(), false);
  result.insert(result.end(), varies.begin(), varies.end());
  return result;
}

std::vector<bool> either(std::vector<bool> a, const std::vector<bool>& b) {
  for (size_t i = 0; i < a.size(); ++i) a[i] = a[i] || b[i];
  return a;
}

size_t moving(const Shifts& shifts) {
  return static_cast<size_t>(std::count_if(shifts.begin(), shifts.end(),
                                           [](const auto& shift) { return shift.has_value(); }));
}

}  // namespace

std::optional<Shift> shift_of_sum(const Call& call, const Shifts& shifts) {
  const size_t rank = call.output(0).dims.size();
  Shift result = {.is_known = true, .varies = std::vector<bool>(rank, false)};
  for (const std::optional<Shift>& shift : shifts)
    if (shift) result.varies = either(result.varies, aligned(shift->varies, rank));
  return result;
}

std::optional<Shift> shift_of_product(const Call& call, const Shifts& shifts) {
  if (moving(shifts) != 1) return unknown();
  const size_t rank = call.output(0).dims.size();
  Shift result = {.is_known = true, .varies = std::vector<bool>(rank, false)};
  for (size_t i = 0; i < shifts.size(); ++i) {
    std::vector<bool> own;
    for (const int64_t extent : call.input(i).dims) own.push_back(extent > 1);
    result.varies = either(result.varies, aligned(shifts[i] ? shifts[i]->varies : own, rank));
  }
  return result;
}

std::optional<Shift> shift_of_matmul(const Call& call, const Shifts& shifts) {
  if (moving(shifts) != 1 || !(shifts[0] || shifts[1])) return unknown();
  // The other factor has other numbers in each of its rows or columns, and products.
  Shift result = {.is_known = true, .varies = std::vector<bool>(call.output(0).dims.size(), true)};
  const size_t factor = shifts[0] ? 0 : 1;
  const size_t rank = shifts[factor]->varies.size();
  const bool is_transposed = call.attributes.boolean(factor == 0 ? "transpose_a" : "transpose_b");
  // The dim of the factor that is not summed over, and where it is in the result.
  const size_t kept = is_transposed == (factor == 0) ? rank - 1 : rank - 2;
  result.varies[result.varies.size() - (factor == 0 ? 2 : 1)] = shifts[factor]->varies[kept];
  return result;
}

std::optional<Shift> shift_of_reshape(const Call& call, const Shifts& shifts) {
  const Dims& from = call.input(0).dims;
  const Dims& to = call.output(0).dims;
  Shift result = {.is_known = true, .varies = std::vector<bool>(to.size(), false)};
  // Groups of dims of the same number of elements: what varies along one dim of a group may vary
  // along all of its others.
  size_t i = 0, k = 0;
  while (i < from.size() && k < to.size()) {
    const size_t first_from = i, first_to = k;
    int64_t left = from[i++], right = to[k++];
    while (left != right) (left < right ? left *= from[i++] : right *= to[k++]);
    const auto varies = shifts[0]->varies.begin();
    const bool any =
        std::find(varies + static_cast<ptrdiff_t>(first_from), varies + static_cast<ptrdiff_t>(i),
                  true) != varies + static_cast<ptrdiff_t>(i);
    for (size_t dim = first_to; dim < k; ++dim) result.varies[dim] = any && to[dim] > 1;
  }
  return result;  // what is left on either side has extent 1
}

std::optional<Shift> shift_of_reduction(const Call& call, const Shifts& shifts) {
  const std::vector<bool> is_reduced = reduced_axes(call.input(0).dims, call.attributes);
  Shift result;
  for (size_t dim = 0; dim < is_reduced.size(); ++dim)
    if (!is_reduced[dim] || call.attributes.boolean("keep"))
      result.varies.push_back(!is_reduced[dim] && shifts[0]->varies[dim]);
  return result;
}

std::optional<Shift> shift_of_rows(const Call&, const Shifts& shifts) {
  if (moving(shifts) != 1 || !shifts[0] || shifts[0]->varies.back()) return unknown();
  return std::nullopt;
}

}  // namespace tdc::ops
