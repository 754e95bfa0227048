#include "ops/shift.h"

#include <algorithm>
#include <utility>

#include "ops/elementwise.h"
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

bool is_moved(const ShiftOperand& operand) {
  return operand.shift.has_value();
}

size_t moving(const ShiftOperands& operands) {
  return static_cast<size_t>(std::count_if(operands.begin(), operands.end(), is_moved));
}

/// What a factor that moves adds differs with each sample if the other factor does.
bool is_of_sample(const ShiftOperands& operands) {
  return std::any_of(operands.begin(), operands.end(), [](const ShiftOperand& operand) {
    return operand.shift ? operand.shift->is_of_sample : operand.is_of_sample;
  });
}

}  // namespace

std::optional<Shift> shift_of_sum(const Call& call, const ShiftOperands& operands) {
  const size_t rank = call.output(0).dims.size();
  Shift result = {.varies = std::vector<bool>(rank, false)};
  for (const ShiftOperand& operand : operands) {
    if (!operand.shift) continue;
    result.is_of_sample = result.is_of_sample || operand.shift->is_of_sample;
    result.varies = either(result.varies, aligned(operand.shift->varies, rank));
  }
  return result;
}

std::optional<Shift> shift_of_product(const Call& call, const ShiftOperands& operands) {
  if (moving(operands) != 1) return unknown();
  const size_t rank = call.output(0).dims.size();
  Shift result = {.is_of_sample = is_of_sample(operands), .varies = std::vector<bool>(rank, false)};
  for (size_t i = 0; i < operands.size(); ++i) {
    std::vector<bool> own;
    for (const int64_t extent : call.input(i).dims) own.push_back(extent > 1);
    const std::optional<Shift>& shift = operands[i].shift;
    result.varies = either(result.varies, aligned(shift ? shift->varies : own, rank));
  }
  return result;
}

std::optional<Shift> shift_of_matmul(const Call& call, const ShiftOperands& operands) {
  const size_t factor = operands[0].shift ? 0 : 1;
  if (moving(operands) != 1 || !operands[factor].shift) return unknown();
  // The other factor has other numbers in each of its rows or columns, and products.
  Shift result = {.is_of_sample = is_of_sample(operands),
                  .varies = std::vector<bool>(call.output(0).dims.size(), true)};
  const std::vector<bool>& varies = operands[factor].shift->varies;
  const bool is_transposed = call.attributes.boolean(factor == 0 ? "transpose_a" : "transpose_b");
  // The dim of the factor that is not summed over, and where it is in the result.
  const size_t kept = varies.size() - (is_transposed == (factor == 0) ? 1 : 2);
  result.varies[result.varies.size() - (factor == 0 ? 2 : 1)] = varies[kept];
  return result;
}

std::optional<Shift> shift_of_reshape(const Call& call, const ShiftOperands& operands) {
  const Dims& from = call.input(0).dims;
  const Dims& to = call.output(0).dims;
  Shift result = *operands[0].shift;
  const std::vector<bool> varies =
      std::exchange(result.varies, std::vector<bool>(to.size(), false));
  // Groups of dims of the same number of elements: what varies along one dim of a group may vary
  // along all of its others.
  size_t i = 0, k = 0;
  while (i < from.size() && k < to.size()) {
    const size_t first_from = i, first_to = k;
    int64_t left = from[i++], right = to[k++];
    while (left != right) (left < right ? left *= from[i++] : right *= to[k++]);
    const auto begin = varies.begin() + static_cast<ptrdiff_t>(first_from);
    const auto end = varies.begin() + static_cast<ptrdiff_t>(i);
    const bool any = std::find(begin, end, true) != end;
    for (size_t dim = first_to; dim < k; ++dim) result.varies[dim] = any && to[dim] > 1;
  }
  return result;  // what is left on either side has extent 1
}

std::optional<Shift> shift_of_reduction(const Call& call, const ShiftOperands& operands) {
  const std::vector<bool> is_reduced = reduced_axes(call.input(0).dims, call.attributes);
  const Shift& shift = *operands[0].shift;
  Shift result = {.is_of_sample = shift.is_of_sample, .varies = {}};
  for (size_t dim = 0; dim < is_reduced.size(); ++dim)
    if (!is_reduced[dim] || call.attributes.boolean("keep"))
      result.varies.push_back(!is_reduced[dim] && shift.varies[dim]);
  return result;
}

std::optional<Shift> shift_of_rows(const Call& call, const ShiftOperands& operands) {
  size_t axis = call.input(0).dims.size() - 1;
  if (call.attributes.has("axis")) axis = axis_of(call.input(0).dims, call.attributes);
  if (moving(operands) != 1 || !operands[0].shift || operands[0].shift->varies[axis])
    return unknown();
  return std::nullopt;
}

}  // namespace tdc::ops
