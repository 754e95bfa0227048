#pragma once

#include <vector>

#include "ir/ir.h"

namespace tdc::autodiff {

/// The one-sample graph for `batch` samples at once: sample inputs, targets and everything that
/// depends on them get a leading axis of that extent; what depends on variables only, or on the
/// batch as a whole (`OpDef::of_batch`), has none. Each op's record says how its call is rewritten.
/// Statistics of the batch are taken in `training` only.
ir::Graph batch_graph(const ir::Module& module, const ir::Graph& sample, int64_t batch,
                      bool is_training = false);

/// Which values of a one-sample graph depend on the sample, and get that axis.
std::vector<bool> depends_on_sample(const ir::Graph& sample);

}  // namespace tdc::autodiff
