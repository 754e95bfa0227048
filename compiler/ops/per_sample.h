#pragma once

// Losses and metrics give one number per sample: a mean over all that the sample holds (learn-3).
// In the graph of one sample that is a mean over everything; batched, the leading axis stays, which
// the attribute `per_sample` says.

#include "ops/rules.h"

namespace tdc::ops {

/// The attribute, internal.
AttributeDef per_sample_attribute();

/// The shape of the result for an operand of this shape: `[batch]`, or a scalar.
ir::Dims per_sample_dims(const ir::Dims& operand, const ir::Attributes& attributes);

/// Operands that all samples share are repeated; `per_sample` is set.
ir::ValueIds batch_per_sample(const BatchContext& context);

/// Samples are an axis, the leading one of every operand; all else is needed whole.
Space per_sample_space(const Call& call);

}  // namespace tdc::ops
