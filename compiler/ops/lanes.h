#pragma once

// Sums in eight parts as ops of their own, for `OpDef::spread`.

#include <string_view>

#include "ops/rules.h"

namespace tdc::ops {

/// Parts of a sum, by index modulo (kernels/numerics.md).
constexpr int64_t kLanes = 8;

/// The value under other dims; itself if it has them.
ir::ValueId reshaped(Builder& builder, ir::ValueId value, const ir::Dims& dims);

/// Whether cores should share the parts of results: there are fewer of them than parts of a sum,
/// each of many elements.
bool is_worth_parts(int64_t results, int64_t elements);

/// The sums of the operands over `axes` (negative, ascending), divided by `divisor`; `lanes_op`
/// makes their parts.
ir::ValueId sum_in_lanes(Builder& builder, std::string_view lanes_op, const ir::ValueIds& operands,
                         const std::vector<int64_t>& axes, int64_t divisor);

/// The mean of the numbers of each sample's rows, as a value of dims `result`: a number for each
/// sample.
ir::ValueId mean_of_rows(Builder& builder, ir::ValueId values, const ir::Dims& result);

/// `OpDef::spread` of a mean over the rows of a sample (inputs: logits, label). `rows_op` makes a
/// number of each row, which cores share; their mean follows. Nullopt for one row.
std::optional<ir::ValueId> spread_rows(Builder& builder, const ir::Node& node,
                                       std::string_view rows_op, ir::Attributes attributes);

}  // namespace tdc::ops
