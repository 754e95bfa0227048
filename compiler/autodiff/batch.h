#pragma once

#include "ir/ir.h"

namespace tdc::autodiff {

/// The one-sample graph for `batch` samples at once: sample inputs, targets and everything that
/// depends on them get a leading axis of that extent; what depends on variables only stays as it
/// is. Each op's record says how its call is rewritten.
ir::Graph batch_graph(const ir::Module& module, const ir::Graph& sample, int64_t batch);

}  // namespace tdc::autodiff
